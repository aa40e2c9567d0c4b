"""Each buyer's uses of an offer, numbered while there is a limit: a unique key lets one order have
each number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError

from storefront.db.hot import read, table_of
from storefront.db.upsert import insert_if_new
from storefront.models import Offer, OfferUse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

_use = table_of(OfferUse)
SLOTS = select(_use.c.slot).where(
    _use.c.merchant_id == bindparam("merchant_id"),
    _use.c.offer_id == bindparam("offer_id"),
    _use.c.buyer_key == bindparam("buyer_key"),
    _use.c.released_at.is_(None),
)
LET_GO = select(_use.c.id).where(
    _use.c.order_id == bindparam("order_id"),
    _use.c.released_at.is_not(None),
    _use.c.taken_at.is_(None),
    _use.c.slot.is_(None),
)


def write_in_a_slot(session: Session, row: Mapping[str, Any], *, limit: int | None) -> bool:
    """Insert a use under the first number that the buyer has free; False when there is none.

    Two orders of one buyer at one moment: the unique key lets one of them have the number.
    """
    if limit is None:
        return insert_if_new(session, OfferUse, **row, slot=None) is not None
    taken = slots(session, row["merchant_id"], row["offer_id"], buyer_key=row["buyer_key"])
    if len(taken) >= limit:
        return False
    free = (slot for slot in range(1, limit + 1) if slot not in taken)
    return any(insert_if_new(session, OfferUse, **row, slot=slot) for slot in free)


def slots(
    session: Session, merchant_id: int, offer_id: int, *, buyer_key: str
) -> Sequence[int | None]:
    """Return the numbers of a buyer's uses of an offer, open orders included."""
    own = {"merchant_id": merchant_id, "offer_id": offer_id, "buyer_key": buyer_key}
    return [row.slot for row in read(session, SLOTS, **own)]


def claim_slots(session: Session, order_id: int) -> None:
    """Give an order that let go of its uses its numbers back, as far as its buyer has any free.

    They are unique, so somebody else's insert may make us wait: call it before any lock.
    """
    if not read(session, LET_GO, order_id=order_id):
        return
    rows = session.execute(
        select(OfferUse, Offer)
        .join(Offer, Offer.id == OfferUse.offer_id)
        .where(
            OfferUse.order_id == order_id,
            OfferUse.released_at.is_not(None),
            OfferUse.taken_at.is_(None),
            OfferUse.slot.is_(None),
        )
        .order_by(OfferUse.offer_id)
    ).all()
    for use, offer in rows:
        limit = offer.terms.per_buyer_limit
        if limit is not None:
            claim_slot(session, use, limit)


def claim_slot(session: Session, use: OfferUse, limit: int) -> bool:
    """Give a use the first number that its buyer has free; say whether there was one."""
    taken = slots(session, use.merchant_id, use.offer_id, buyer_key=use.buyer_key)
    if len(taken) >= limit:
        return False
    for slot in range(1, limit + 1):
        point = session.begin_nested()
        try:
            session.execute(
                update(OfferUse)
                .where(OfferUse.id == use.id)
                .values(slot=slot)
                .execution_options(synchronize_session=False)
            )
        except IntegrityError:
            point.rollback()
        else:
            point.commit()
            return True
    return False

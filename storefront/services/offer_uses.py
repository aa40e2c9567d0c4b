"""Uses of offers that an order wants: why one is refused, written down, and held. What payments do
with them is in `paid_uses.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from storefront.domain.offers import Reason, why_not_running
from storefront.errors import Conflict, Ended, Invalid, StorefrontError
from storefront.models import Offer, OfferUse, Order
from storefront.services.free_uses import is_free_for
from storefront.services.offer_counters import (
    Use,
    free_expired,
    hold_code,
    hold_one,
    lock_offers,
)
from storefront.services.offer_slots import write_in_a_slot

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.services.free_uses import Asker


def refusal(reason: Reason, *, field: str | None = None) -> StorefrontError:
    """Return the error that says why an offer does not count for an order."""
    if reason is Reason.ENDED:
        return Ended(reason.value, field=field)
    if reason is Reason.CODE_UNKNOWN:
        return Invalid(reason.value, field=field)
    return Conflict(reason.value, field=field)


def uses_of(
    session: Session, merchant_id: int, buyer_key: str, *, offer_ids: Iterable[int], asker: Asker
) -> dict[int, int]:
    """Return how often a buyer has used each offer, open orders included but those whose holds
    are free for who asks."""
    rows = session.execute(
        select(OfferUse.offer_id, func.count())
        .join(Order, Order.id == OfferUse.order_id)
        .where(
            OfferUse.merchant_id == merchant_id,
            OfferUse.buyer_key == buyer_key,
            OfferUse.offer_id.in_(list(offer_ids)),
            OfferUse.released_at.is_(None),
            or_(OfferUse.taken_at.is_not(None), ~is_free_for(asker)),
        )
        .group_by(OfferUse.offer_id)
    )
    return {row[0]: row[1] for row in rows}


def is_first_order(session: Session, merchant_id: int, buyer_key: str) -> bool:
    """Return whether this buyer has no paid order yet."""
    earlier = select(Order.id).where(
        Order.merchant_id == merchant_id, Order.buyer_key == buyer_key, Order.paid_at.is_not(None)
    )
    return session.scalar(earlier.limit(1)) is None


def write(
    session: Session,
    merchant_id: int,
    order_id: int,
    *,
    buyer_key: str,
    uses: Sequence[Use],
    now: datetime,
) -> None:
    """Write down what an order uses, before any hot row is touched; `hold` makes it count.

    Raises `Conflict` limit_reached when the buyer has no use left.
    """
    for use in sorted(uses, key=lambda use: use.offer_id):
        row = {
            "merchant_id": merchant_id,
            "order_id": order_id,
            "offer_id": use.offer_id,
            "code_id": use.code_id,
            "buyer_key": buyer_key,
            "amount_minor": use.amount_minor,
            "held_at": now,
        }
        if not write_in_a_slot(session, row, limit=use.per_buyer_limit):
            raise Conflict(Reason.LIMIT_REACHED.value, field="email")


def hold(session: Session, uses: Iterable[Use], *, now: datetime) -> None:
    """Make the counters say what was written, or raise why an offer does not count any more."""
    for use in sorted(uses, key=lambda use: use.offer_id):
        if not hold_one(session, use, running_at=now):
            # The offer is locked before its uses, as everywhere; then what ended is free.
            lock_offers(session, [use.offer_id])
            free_expired(session, use.offer_id, now=now)
            if not hold_one(session, use, running_at=now):
                _refuse(session, use.offer_id, now=now)
        if use.code_id is not None and not hold_code(session, use.code_id):
            free_expired(session, use.offer_id, now=now)
            if not hold_code(session, use.code_id):
                raise Conflict(Reason.GONE.value, field="codes")


def _refuse(session: Session, offer_id: int, *, now: datetime) -> None:
    offer = session.get_one(Offer, offer_id, populate_existing=True)
    # What is left of a budget may be less than it was when this order was priced.
    raise refusal(why_not_running(offer.terms, now) or Reason.GONE)

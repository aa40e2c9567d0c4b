"""The counters of offers and codes, which many want to change at once: every change is one
conditional update, in the order of the offers' ids. Whose use it is, `offer_uses.py` knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, bindparam, or_, select, update

from storefront.db.hot import read, read_one, run, table_of
from storefront.db.types import UtcDateTime
from storefront.models import Offer, OfferCode, OfferUse, Order
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session


_use, _offer, _code = map(table_of, (OfferUse, Offer, OfferCode))
USED_BY = select(_use.c.offer_id).where(_use.c.order_id == bindparam("order_id"))
LOCK = (
    select(_offer.c.id)
    .where(_offer.c.id.in_(bindparam("offers", expanding=True)))
    .order_by(_offer.c.id)
    .with_for_update(key_share=True)
)
_moment = bindparam("moment", type_=UtcDateTime())
_running = (
    _offer.c.published_at.is_not(None),
    _offer.c.paused_at.is_(None),
    _offer.c.ended_at.is_(None),
    or_(_offer.c.starts_at.is_(None), _offer.c.starts_at <= _moment),
    or_(_offer.c.ends_at.is_(None), _offer.c.ends_at > _moment),
)
RUNNING = select(_offer.c.id).where(_offer.c.id == bindparam("offer_id"), *_running)
_spent = _offer.c.spent_minor + bindparam("minor")
_this = update(_offer).where(_offer.c.id == bindparam("offer_id"))
_this_code = update(_code).where(_code.c.id == bindparam("code_id"))
HOLD = (
    _this.where(
        or_(_offer.c.quota.is_(None), _offer.c.held + _offer.c.used < _offer.c.quota),
        or_(_offer.c.budget_minor.is_(None), _spent <= _offer.c.budget_minor),
    )
    .values(held=_offer.c.held + 1, spent_minor=_spent)
    .returning(_offer.c.id)
)
HOLD_RUNNING = HOLD.where(*_running)
HOLD_CODE = (
    _this_code.where(
        _code.c.withdrawn_at.is_(None),
        or_(_code.c.max_uses.is_(None), _code.c.held + _code.c.used < _code.c.max_uses),
    )
    .values(held=_code.c.held + 1)
    .returning(_code.c.id)
)
TAKE = _this.values(held=_offer.c.held - 1, used=_offer.c.used + 1)
TAKE_CODE = _this_code.values(held=_code.c.held - 1, used=_code.c.used + 1)


@frozen
class Use:
    """One offer that an order wants to use: what it takes off in all, by which code, and how
    many uses each buyer has."""

    offer_id: int
    amount_minor: int
    code_id: int | None = None
    per_buyer_limit: int | None = None


def hold_one(session: Session, use: Use, *, running_at: datetime | None) -> bool:
    """Count one use as held while its offer has one left and, unless None, anybody may use it at
    that moment; say whether."""
    asked = {"offer_id": use.offer_id, "minor": use.amount_minor}
    if running_at is None:
        return read_one(session, HOLD, **asked) is not None
    return read_one(session, HOLD_RUNNING, **asked, moment=running_at) is not None


def is_running(session: Session, offer_id: int, moment: datetime) -> bool:
    """Return whether anybody may use an offer at that moment. Lock it first."""
    return read_one(session, RUNNING, offer_id=offer_id, moment=moment) is not None


def hold_code(session: Session, code_id: int) -> bool:
    """Count one use of a code as held while it has one left; say whether."""
    return read_one(session, HOLD_CODE, code_id=code_id) is not None


def take_one(session: Session, offer_id: int, code_id: int | None) -> None:
    """Count a use that is held as taken."""
    run(session, TAKE, offer_id=offer_id)
    if code_id is not None:
        run(session, TAKE_CODE, code_id=code_id)


def change(
    session: Session,
    table: type[Offer | OfferCode],
    row_id: int,
    *conditions: ColumnElement[bool],
    **values: Any,
) -> bool:
    """Change one row where the conditions hold; return whether they did."""
    changed = session.execute(
        update(table)
        .where(table.id == row_id, *conditions)
        .values(**values)
        .returning(table.id)
        .execution_options(synchronize_session=False)
    ).first()
    return changed is not None


def free_expired(session: Session, offer_id: int, *, now: datetime) -> None:
    """Release what expired orders still hold of an offer. Lock the offer first.

    An order whose payment is being processed keeps its hold: the bank has not decided.
    """
    expired = select(Order.id).where(
        Order.id == OfferUse.order_id,
        Order.held_until <= now,
        Order.paid_at.is_(None),
        Order.processing_at.is_(None),
    )
    _release(session, [OfferUse.offer_id == offer_id, expired.exists()], now=now)


def lock(session: Session, order_id: int) -> None:
    """Lock the offers that an order uses, in the order of their ids."""
    used = read(session, USED_BY, order_id=order_id)
    if used:
        lock_offers(session, [row.offer_id for row in used])


def lock_offers(session: Session, offer_ids: Sequence[int]) -> None:
    """Lock these offers, in the order of their ids."""
    read(session, LOCK, offers=list(offer_ids))


def release(session: Session, order_id: int, *, now: datetime) -> None:
    """Give back whatever the order still holds. Call `lock` first."""
    _release(session, [OfferUse.order_id == order_id], now=now)


def _release(session: Session, conditions: Iterable[ColumnElement[bool]], *, now: datetime) -> None:
    freed = session.execute(
        update(OfferUse)
        .where(OfferUse.taken_at.is_(None), OfferUse.released_at.is_(None), *conditions)
        .values(released_at=now, slot=None)
        .returning(OfferUse.offer_id, OfferUse.code_id, OfferUse.amount_minor)
        .execution_options(synchronize_session=False)
    ).all()
    for offer_id, code_id, minor in sorted(freed, key=lambda row: (row[0], row[1] or 0)):
        change(
            session,
            Offer,
            offer_id,
            held=Offer.held - 1,
            spent_minor=Offer.spent_minor - minor,
        )
        if code_id is not None:
            change(session, OfferCode, code_id, held=OfferCode.held - 1)

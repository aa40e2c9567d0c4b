"""Uses of offers once money has come or gone back: taken, taken again, given back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, update

from storefront.db.hot import read, table_of
from storefront.models import Offer, OfferCode, OfferUse, Order
from storefront.services.offer_counters import (
    Use,
    change,
    free_expired,
    hold_code,
    hold_one,
    is_running,
    take_one,
)
from storefront.services.offer_slots import claim_slot

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.db.hot import AnyRow

RETURNED_WITHIN = timedelta(days=90)
"""So long after it was paid, an order that is given back gives back its uses too."""

_use = table_of(OfferUse)
UNTAKEN = (
    select(
        _use.c.id,
        _use.c.offer_id,
        _use.c.code_id,
        _use.c.amount_minor,
        _use.c.slot,
        _use.c.released_at,
    )
    .where(_use.c.order_id == bindparam("order_id"), _use.c.taken_at.is_(None))
    .order_by(_use.c.offer_id)
)
TAKE_USES = (
    update(_use)
    .where(
        _use.c.order_id == bindparam("whose"),
        _use.c.taken_at.is_(None),
        _use.c.released_at.is_(None),
    )
    .values(taken_at=bindparam("now"))
    .returning(_use.c.offer_id, _use.c.code_id)
)


def regain(session: Session, order: AnyRow, *, charged_at: datetime, now: datetime) -> bool:
    """Make sure that a paid order holds its uses, taking again what was let go meanwhile.

    Money that was charged before the hold ended is in time. Later money counts only while each
    offer still runs. Returns False, with nothing changed, when an offer does not count any more.
    Call `claim_slots` and `lock` first.
    """
    uses = read(session, UNTAKEN, order_id=order.id)
    in_time = order.processing_at is not None or charged_at < order.held_until
    moment = None if in_time else charged_at
    if in_time and all(use.released_at is None for use in uses):
        return True
    point = session.begin_nested()
    if all(_regain_one(session, use, moment, now=now) for use in uses):
        point.commit()
        return True
    point.rollback()
    return False


def _regain_one(session: Session, use: AnyRow, moment: datetime | None, *, now: datetime) -> bool:
    """Hold a use again that was let go; one that is still held counts while its offer runs, if
    that is asked for a moment."""
    if use.released_at is None:
        return moment is None or is_running(session, use.offer_id, moment)
    limit = session.get_one(Offer, use.offer_id).terms.per_buyer_limit
    if limit is not None and use.slot is None:
        return False
    wanted = Use(use.offer_id, use.amount_minor, use.code_id, limit)
    if not hold_one(session, wanted, running_at=moment):
        free_expired(session, use.offer_id, now=now)
        if not hold_one(session, wanted, running_at=moment):
            return False
    if use.code_id is not None and not hold_code(session, use.code_id):
        return False
    session.execute(
        update(OfferUse)
        .where(OfferUse.id == use.id)
        .values(released_at=None)
        .execution_options(synchronize_session=False)
    )
    return True


def take(session: Session, order_id: int, *, now: datetime) -> None:
    """Turn the uses that an order holds into taken ones: it is paid. Call `regain` first."""
    taken = read(session, TAKE_USES, whose=order_id, now=now)
    for offer_id, code_id in sorted(taken, key=lambda row: row.offer_id):
        take_one(session, offer_id, code_id)


def give_back(session: Session, order_id: int, *, now: datetime) -> None:
    """Give back the uses of an order whose money went back as a whole, where its offers' terms
    say so. Call `lock` first.
    """
    is_whole = select(Order.id).where(
        Order.id == order_id, Order.refunded_minor == Order.total_minor
    )
    returning = select(Offer.id).where(Offer.returns_use.is_(True))
    freed = session.execute(
        update(OfferUse)
        .where(
            OfferUse.order_id == order_id,
            is_whole.exists(),
            OfferUse.taken_at > now - RETURNED_WITHIN,
            OfferUse.released_at.is_(None),
            OfferUse.offer_id.in_(returning),
        )
        .values(released_at=now, slot=None)
        .returning(OfferUse.offer_id, OfferUse.code_id, OfferUse.amount_minor)
        .execution_options(synchronize_session=False)
    ).all()
    for offer_id, code_id, minor in sorted(freed, key=lambda row: row[0]):
        change(session, Offer, offer_id, used=Offer.used - 1, spent_minor=Offer.spent_minor - minor)
        if code_id is not None:
            change(session, OfferCode, code_id, used=OfferCode.used - 1)


def take_back(session: Session, order_id: int, *, now: datetime) -> None:
    """Take again what `give_back` gave: the refund has failed. What is gone by now stays gone.

    Call `lock` first.
    """
    rows = session.scalars(
        select(OfferUse)
        .where(
            OfferUse.order_id == order_id,
            OfferUse.taken_at.is_not(None),
            OfferUse.released_at.is_not(None),
        )
        .order_by(OfferUse.offer_id)
        .execution_options(populate_existing=True)
    ).all()
    for use in rows:
        limit = session.get_one(Offer, use.offer_id).terms.per_buyer_limit
        point = session.begin_nested()
        if (limit is None or claim_slot(session, use, limit)) and _use_again(session, use, now=now):
            point.commit()
        else:
            point.rollback()


def _use_again(session: Session, use: OfferUse, *, now: datetime) -> bool:
    wanted = Use(use.offer_id, use.amount_minor)
    if not hold_one(session, wanted, running_at=None):
        free_expired(session, use.offer_id, now=now)
        if not hold_one(session, wanted, running_at=None):
            return False
    if use.code_id is not None and not hold_code(session, use.code_id):
        return False
    take_one(session, use.offer_id, use.code_id)
    session.execute(
        update(OfferUse)
        .where(OfferUse.id == use.id)
        .values(released_at=None)
        .execution_options(synchronize_session=False)
    )
    return True

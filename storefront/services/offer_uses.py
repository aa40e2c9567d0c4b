"""Uses of offers, which many want at once: held with an order, taken by its payment, given back.
Every change of a counter is one conditional update, in the order of the offers' ids."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from storefront.db.upsert import insert_if_new
from storefront.domain.offers import Reason, why_not_running
from storefront.errors import Conflict, Ended, Invalid, StorefrontError
from storefront.models import Offer, OfferCode, OfferUse, Order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

RETURNED_WITHIN = timedelta(days=90)
"""So long after it was paid, an order that is given back gives back its uses too."""


@dataclass(frozen=True)
class Use:
    """One offer that an order wants to use: what it takes off in all, by which code, and how
    many uses each buyer has."""

    offer_id: int
    amount_minor: int
    code_id: int | None = None
    per_buyer_limit: int | None = None


def refusal(reason: Reason, *, field: str | None = None) -> StorefrontError:
    """Return the error that says why an offer does not count for an order."""
    if reason is Reason.ENDED:
        return Ended(reason.value, field=field)
    if reason is Reason.CODE_UNKNOWN:
        return Invalid(reason.value, field=field)
    return Conflict(reason.value, field=field)


def uses_of(
    session: Session, merchant_id: int, buyer_key: str, *, offer_ids: Iterable[int]
) -> dict[int, int]:
    """Return how often a buyer has used each offer, open orders included."""
    rows = session.execute(
        select(OfferUse.offer_id, func.count())
        .where(
            OfferUse.merchant_id == merchant_id,
            OfferUse.buyer_key == buyer_key,
            OfferUse.offer_id.in_(list(offer_ids)),
            OfferUse.released_at.is_(None),
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
        if not _write_in_a_slot(session, row, limit=use.per_buyer_limit):
            raise Conflict(Reason.LIMIT_REACHED.value, field="email")


def _write_in_a_slot(session: Session, row: Mapping[str, Any], *, limit: int | None) -> bool:
    """Insert a use under the first number that the buyer has free; False when there is none.

    Two orders of one buyer at one moment: the unique key lets one of them have the number.
    """
    if limit is None:
        return insert_if_new(session, OfferUse, **row, slot=None) is not None
    taken = _slots(session, row["merchant_id"], row["offer_id"], buyer_key=row["buyer_key"])
    if len(taken) >= limit:
        return False
    free = (slot for slot in range(1, limit + 1) if slot not in taken)
    return any(insert_if_new(session, OfferUse, **row, slot=slot) for slot in free)


def _slots(
    session: Session, merchant_id: int, offer_id: int, *, buyer_key: str
) -> Sequence[int | None]:
    return session.scalars(
        select(OfferUse.slot).where(
            OfferUse.merchant_id == merchant_id,
            OfferUse.offer_id == offer_id,
            OfferUse.buyer_key == buyer_key,
            OfferUse.released_at.is_(None),
        )
    ).all()


def hold(session: Session, uses: Iterable[Use], *, now: datetime) -> None:
    """Make the counters say what was written, or raise why an offer does not count any more."""
    for use in sorted(uses, key=lambda use: use.offer_id):
        running = _running_at(now)
        if not _hold_one(session, use, running):
            # The offer is locked before its uses, as everywhere; then what ended is free.
            _lock_offers(session, [use.offer_id])
            free_expired(session, use.offer_id, now=now)
            if not _hold_one(session, use, running):
                _refuse(session, use.offer_id, now=now)
        if use.code_id is not None and not _hold_code(session, use.code_id):
            free_expired(session, use.offer_id, now=now)
            if not _hold_code(session, use.code_id):
                raise Conflict(Reason.GONE.value, field="codes")


def _running_at(now: datetime) -> list[ColumnElement[bool]]:
    return [
        Offer.published_at.is_not(None),
        Offer.paused_at.is_(None),
        Offer.ended_at.is_(None),
        or_(Offer.starts_at.is_(None), Offer.starts_at <= now),
        or_(Offer.ends_at.is_(None), Offer.ends_at > now),
    ]


def _hold_one(session: Session, use: Use, conditions: Iterable[ColumnElement[bool]]) -> bool:
    spent = Offer.spent_minor + use.amount_minor
    return _update(
        session,
        Offer,
        use.offer_id,
        *conditions,
        or_(Offer.quota.is_(None), Offer.held + Offer.used < Offer.quota),
        or_(Offer.budget_minor.is_(None), spent <= Offer.budget_minor),
        held=Offer.held + 1,
        spent_minor=spent,
    )


def _hold_code(session: Session, code_id: int) -> bool:
    is_free = or_(
        OfferCode.max_uses.is_(None), OfferCode.held + OfferCode.used < OfferCode.max_uses
    )
    return _update(
        session,
        OfferCode,
        code_id,
        OfferCode.withdrawn_at.is_(None),
        is_free,
        held=OfferCode.held + 1,
    )


def _update(
    session: Session,
    table: type[Offer | OfferCode],
    row_id: int,
    *conditions: ColumnElement[bool],
    **values: Any,
) -> bool:
    changed = session.execute(
        update(table)
        .where(table.id == row_id, *conditions)
        .values(**values)
        .returning(table.id)
        .execution_options(synchronize_session=False)
    ).first()
    return changed is not None


def _refuse(session: Session, offer_id: int, *, now: datetime) -> None:
    offer = session.get_one(Offer, offer_id, populate_existing=True)
    # What is left of a budget may be less than it was when this order was priced.
    raise refusal(why_not_running(offer.terms, now) or Reason.GONE)


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
    used = session.scalars(select(OfferUse.offer_id).where(OfferUse.order_id == order_id)).all()
    if used:
        _lock_offers(session, used)


def _lock_offers(session: Session, offer_ids: Sequence[int]) -> None:
    session.execute(
        select(Offer.id)
        .where(Offer.id.in_(offer_ids))
        .order_by(Offer.id)
        .with_for_update(key_share=True)
    ).all()


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
        _update(
            session,
            Offer,
            offer_id,
            held=Offer.held - 1,
            spent_minor=Offer.spent_minor - minor,
        )
        if code_id is not None:
            _update(session, OfferCode, code_id, held=OfferCode.held - 1)


def claim_slots(session: Session, order_id: int) -> None:
    """Give an order that let go of its uses its numbers back, as far as its buyer has any free.

    They are unique, so somebody else's insert may make us wait: call it before any lock.
    """
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
            _claim_slot(session, use, limit)


def _claim_slot(session: Session, use: OfferUse, limit: int) -> bool:
    taken = _slots(session, use.merchant_id, use.offer_id, buyer_key=use.buyer_key)
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


def regain(session: Session, order: Order, *, charged_at: datetime, now: datetime) -> bool:
    """Make sure that a paid order holds its uses, taking again what was let go meanwhile.

    Money that was charged before the hold ended is in time. Later money counts only while each
    offer still runs. Returns False, with nothing changed, when an offer does not count any more.
    Call `claim_slots` and `lock` first.
    """
    rows = session.scalars(
        select(OfferUse)
        .where(OfferUse.order_id == order.id, OfferUse.taken_at.is_(None))
        .order_by(OfferUse.offer_id)
        .execution_options(populate_existing=True)
    ).all()
    if not rows:
        return True
    in_time = order.processing_at is not None or charged_at < order.held_until
    conditions = [] if in_time else _running_at(charged_at)
    point = session.begin_nested()
    if all(_regain_one(session, row, conditions, now=now) for row in rows):
        point.commit()
        return True
    point.rollback()
    return False


def _regain_one(
    session: Session, use: OfferUse, conditions: list[ColumnElement[bool]], *, now: datetime
) -> bool:
    if use.released_at is None:
        return _update(session, Offer, use.offer_id, *conditions, held=Offer.held)
    limit = session.get_one(Offer, use.offer_id).terms.per_buyer_limit
    if limit is not None and use.slot is None:
        return False
    wanted = Use(use.offer_id, use.amount_minor, use.code_id, limit)
    if not _hold_one(session, wanted, conditions):
        free_expired(session, use.offer_id, now=now)
        if not _hold_one(session, wanted, conditions):
            return False
    if use.code_id is not None and not _hold_code(session, use.code_id):
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
    taken = session.execute(
        update(OfferUse)
        .where(
            OfferUse.order_id == order_id,
            OfferUse.taken_at.is_(None),
            OfferUse.released_at.is_(None),
        )
        .values(taken_at=now)
        .returning(OfferUse.offer_id, OfferUse.code_id)
        .execution_options(synchronize_session=False)
    ).all()
    for offer_id, code_id in sorted(taken, key=lambda row: row[0]):
        _update(session, Offer, offer_id, held=Offer.held - 1, used=Offer.used + 1)
        if code_id is not None:
            _update(session, OfferCode, code_id, held=OfferCode.held - 1, used=OfferCode.used + 1)


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
        _update(
            session, Offer, offer_id, used=Offer.used - 1, spent_minor=Offer.spent_minor - minor
        )
        if code_id is not None:
            _update(session, OfferCode, code_id, used=OfferCode.used - 1)


def take_back(session: Session, order_id: int) -> None:
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
        if (limit is None or _claim_slot(session, use, limit)) and _use_again(session, use):
            point.commit()
        else:
            point.rollback()


def _use_again(session: Session, use: OfferUse) -> bool:
    wanted = Use(use.offer_id, use.amount_minor)
    if not _hold_one(session, wanted, ()):
        return False
    _update(session, Offer, use.offer_id, held=Offer.held - 1, used=Offer.used + 1)
    if use.code_id is not None:
        if not _hold_code(session, use.code_id):
            return False
        _update(session, OfferCode, use.code_id, held=OfferCode.held - 1, used=OfferCode.used + 1)
    session.execute(
        update(OfferUse)
        .where(OfferUse.id == use.id)
        .values(released_at=None)
        .execution_options(synchronize_session=False)
    )
    return True

"""The counters of offers and codes, which many want to change at once: every change is one
conditional update, in the order of the offers' ids. Whose use it is, `offer_uses.py` knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, bindparam, or_, select, update

from storefront.db.hot import read, table_of
from storefront.models import Offer, OfferCode, OfferUse, Order

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session


_use = table_of(OfferUse)
USED_BY = select(_use.c.offer_id).where(_use.c.order_id == bindparam("order_id"))


@dataclass(frozen=True)
class Use:
    """One offer that an order wants to use: what it takes off in all, by which code, and how
    many uses each buyer has."""

    offer_id: int
    amount_minor: int
    code_id: int | None = None
    per_buyer_limit: int | None = None


def running_at(now: datetime) -> list[ColumnElement[bool]]:
    """Return what is true of an offer that anybody may use at `now`."""
    return [
        Offer.published_at.is_not(None),
        Offer.paused_at.is_(None),
        Offer.ended_at.is_(None),
        or_(Offer.starts_at.is_(None), Offer.starts_at <= now),
        or_(Offer.ends_at.is_(None), Offer.ends_at > now),
    ]


def hold_one(session: Session, use: Use, conditions: Iterable[ColumnElement[bool]]) -> bool:
    """Count one use as held while its offer meets the conditions and has one left; say whether."""
    spent = Offer.spent_minor + use.amount_minor
    return change(
        session,
        Offer,
        use.offer_id,
        *conditions,
        or_(Offer.quota.is_(None), Offer.held + Offer.used < Offer.quota),
        or_(Offer.budget_minor.is_(None), spent <= Offer.budget_minor),
        held=Offer.held + 1,
        spent_minor=spent,
    )


def hold_code(session: Session, code_id: int) -> bool:
    """Count one use of a code as held while it has one left; say whether."""
    is_free = or_(
        OfferCode.max_uses.is_(None), OfferCode.held + OfferCode.used < OfferCode.max_uses
    )
    return change(
        session,
        OfferCode,
        code_id,
        OfferCode.withdrawn_at.is_(None),
        is_free,
        held=OfferCode.held + 1,
    )


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
        change(
            session,
            Offer,
            offer_id,
            held=Offer.held - 1,
            spent_minor=Offer.spent_minor - minor,
        )
        if code_id is not None:
            change(session, OfferCode, code_id, held=OfferCode.held - 1)

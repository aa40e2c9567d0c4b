"""Uses of offers that are held and still free for whoever asks: those of orders whose time is up,
and of a visitor's own open orders, which end before they place another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, func, or_, select

from storefront.models import OfferUse, Order
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import InstrumentedAttribute, Session


@frozen
class Asker:
    """Who asks, and when. `visitor` is the key of somebody whom we know by their mark."""

    now: datetime
    visitor: str | None = None


@frozen
class Free:
    """So many held uses are free, and so much that they would take off, in minor units."""

    uses: int
    minor: int


def is_free_for(asker: Asker) -> ColumnElement[bool]:
    """Return whether what an order holds is free for this asker.

    An order whose payment is being processed keeps its hold: the bank has not decided.
    """
    is_over = Order.held_until <= asker.now
    is_own = Order.visitor == asker.visitor
    return and_(
        or_(is_over, is_own) if asker.visitor else is_over,
        Order.paid_at.is_(None),
        Order.processing_at.is_(None),
        Order.needs_review_at.is_(None),
    )


def free_by_offer(session: Session, offer_ids: Sequence[int], asker: Asker) -> dict[int, Free]:
    """Return what is free of each offer although it is held."""
    return _free(session, OfferUse.offer_id, offer_ids, asker=asker)


def free_by_code(session: Session, code_ids: Sequence[int], asker: Asker) -> dict[int, Free]:
    """Return what is free of each code although it is held."""
    return _free(session, OfferUse.code_id, code_ids, asker=asker)


def _free(
    session: Session,
    column: InstrumentedAttribute[int] | InstrumentedAttribute[int | None],
    ids: Sequence[int],
    *,
    asker: Asker,
) -> dict[int, Free]:
    if not ids:
        return {}
    rows = session.execute(
        select(column, func.count(), func.sum(OfferUse.amount_minor))
        .join(Order, Order.id == OfferUse.order_id)
        .where(
            column.in_(ids),
            OfferUse.taken_at.is_(None),
            OfferUse.released_at.is_(None),
            is_free_for(asker),
        )
        .group_by(column)
    )
    return {key: Free(uses, int(minor)) for key, uses, minor in rows if key is not None}

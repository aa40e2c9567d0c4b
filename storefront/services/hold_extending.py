"""A hold lasts while its buyer is there, up to an end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from storefront.domain.orders import HoldTerms, OrderStatus, hold_end, status
from storefront.errors import Conflict, NotFound
from storefront.models import Order

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def extend_hold(
    session: Session, merchant_id: int, order_public_id: str, *, terms: HoldTerms, now: datetime
) -> datetime:
    """Extend the hold of an order whose buyer is still there; return when it ends now.

    Raises `NotFound`, or `Conflict` hold_over when it has ended already.
    """
    order = session.scalars(
        select(Order).where(Order.merchant_id == merchant_id, Order.public_id == order_public_id)
    ).first()
    if order is None:
        raise NotFound
    if status(order.facts, now) is not OrderStatus.AWAITING_PAYMENT:
        raise Conflict("hold_over")
    end = max(order.held_until, hold_end(order.placed_at, now, terms))
    extended = session.execute(
        update(Order)
        .where(Order.id == order.id, Order.held_until > now, Order.paid_at.is_(None))
        .values(held_until=end)
        .returning(Order.id)
        .execution_options(synchronize_session=False)
    ).first()
    if extended is None:
        raise Conflict("hold_over")
    return end

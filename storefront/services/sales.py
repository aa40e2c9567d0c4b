"""What a sale sets off, however it was paid: credit, number, receipt. Money is booked elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from storefront.errors import Conflict
from storefront.kinds import Taken, kind_named
from storefront.models import LineItem, Merchant, Order
from storefront.services import attribution, credit, jobs, paid_uses, stock
from storefront.services.history import note
from storefront.signals import announce

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.kinds import LineKind


def mark_paid(session: Session, order: Order, *, kinds: Iterable[LineKind], now: datetime) -> None:
    """Give the order its number, credit whoever led to it, and promise what a sale sets off."""
    attribution.assign(session, order.merchant_id, order.id, now=now)
    credit.sale(session, order, now=now)
    for line in session.scalars(select(LineItem).where(LineItem.order_id == order.id)):
        kind_named(line.kind, kinds).on_paid(session, line, now)
    note(session, order.merchant_id, order.id, kind="paid", now=now)
    jobs.add(
        session,
        "send_receipt",
        {"order_id": order.id},
        merchant_id=order.merchant_id,
        now=now,
        unique_key=str(order.id),
    )
    # The counter is the merchant's hottest row: it is locked last and for the shortest time.
    number = session.execute(
        update(Merchant)
        .where(Merchant.id == order.merchant_id)
        .values(next_order_number=Merchant.next_order_number + 1)
        .returning(Merchant.next_order_number)
        .execution_options(synchronize_session=False)
    ).scalar_one()
    session.execute(
        update(Order)
        .where(Order.id == order.id)
        .values(paid_at=now, number=number - 1, processing_at=None, expired_at=None)
        .execution_options(synchronize_session=False)
    )
    announce(session, "order_paid", order=order.public_id)


def settle_free(
    session: Session, order_id: int, *, kinds: Iterable[LineKind], now: datetime
) -> None:
    """Sell what an order holds that costs nothing: there is nothing to ask of the gateway."""
    stock.lock(session, order_id)
    if not stock.sell(session, order_id, now=now):
        raise Conflict("sold_out")
    paid_uses.take(session, order_id, now=now)
    order = session.get_one(Order, order_id, populate_existing=True)
    mark_paid(session, order, kinds=kinds, now=now)


def take_back_free(
    session: Session, order_id: int, *, kinds: Iterable[LineKind], now: datetime
) -> None:
    """Put back what an order held that cost nothing: units on sale, uses of offers. Call
    `stock.lock` first. Raises what the lines' kinds refuse with."""
    lines = session.scalars(
        select(LineItem).where(LineItem.order_id == order_id).order_by(LineItem.variant_id)
    ).all()
    for line in lines:
        taken = Taken("", line.quantity - line.restocked_quantity, 0, at=now)
        kind_named(line.kind, kinds).before_refund(session, line, taken)
        if line.variant_id is not None:
            stock.put_back(session, line.variant_id, taken.quantity)
    session.execute(
        update(LineItem)
        .where(LineItem.order_id == order_id)
        .values(restocked_quantity=LineItem.quantity)
        .execution_options(synchronize_session=False)
    )
    paid_uses.give_back(session, order_id, now=now)

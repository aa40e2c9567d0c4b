"""Rules about the money of orders: their payments and what went back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, func, or_, select

from storefront.models import LineItem, Order, Payment, Refund
from storefront.services.audit.rule import rule

if TYPE_CHECKING:
    from sqlalchemy import Select


@rule("orders", "{} payments that succeeded")
def paid_orders_have_their_money() -> Select[str, int]:
    """Find paid orders without exactly one payment that succeeded and was kept, and those that
    cost nothing with one."""
    kept = (
        select(func.count())
        .where(
            Payment.order_id == Order.id,
            Payment.succeeded_at.is_not(None),
            Payment.amount_minor == Order.total_minor,
            Payment.returned_at.is_(None),
        )
        .correlate(Order)
        .scalar_subquery()
    )
    due = case((Order.paid_at.is_not(None) & (Order.total_minor > 0), 1), else_=0)
    return select(Order.public_id, kept).where(kept != due)


@rule("payments", "{2} given back of {0}, counted {1}")
def refunds_never_exceed_payments() -> Select[str, int, int, int]:
    """Find payments whose count of what went back is not that of their refunds, or too high."""
    given_back = func.coalesce(
        select(func.sum(Refund.amount_minor))
        .where(
            Refund.payment_id == Payment.id,
            Refund.booked_at.is_not(None),
            Refund.failed_at.is_(None),
        )
        .correlate(Payment)
        .scalar_subquery(),
        0,
    )
    return select(
        Payment.public_id, Payment.amount_minor, Payment.refunded_minor, given_back
    ).where(or_(given_back > Payment.amount_minor, given_back != Payment.refunded_minor))


@rule("orders", "refunded {}, parts {}, payments {}")
def refunded_parts_make_the_whole() -> Select[str, int, int, int]:
    """Find orders whose refunded lines and shipping are not what their kept payment gave back."""
    lines = (
        select(func.sum(LineItem.refunded_minor))
        .where(LineItem.order_id == Order.id)
        .correlate(Order)
        .scalar_subquery()
    )
    payments = (
        select(func.sum(Payment.refunded_minor))
        .where(Payment.order_id == Order.id, Payment.returned_at.is_(None))
        .correlate(Order)
        .scalar_subquery()
    )
    added_tax = case((Order.is_tax_included, 0), else_=Order.shipping_tax_refunded_minor)
    of_parts = func.coalesce(lines, 0) + Order.shipping_refunded_minor + added_tax
    of_payments = func.coalesce(payments, 0)
    return select(Order.public_id, Order.refunded_minor, of_parts, of_payments).where(
        or_(Order.refunded_minor != of_parts, Order.refunded_minor != of_payments)
    )

"""Rules about the parts of orders and lines: whatever was taken off, sent or taxed, they sum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, func, or_, select

from storefront.models import LineItem, Order, Refund, RefundLine
from storefront.services.audit.rule import rule

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import InstrumentedAttribute


@rule("orders", "total {}, parts {}, or lines that make other parts")
def parts_make_the_total() -> Select[str, int, int]:
    """Find orders whose lines do not sum to their goods, discount and tax, or whose parts do not
    sum to their total."""
    goods = _sum_of_lines(LineItem.unit_minor * LineItem.quantity)
    discount = _sum_of_lines(LineItem.discount_minor)
    tax = _sum_of_lines(LineItem.tax_minor)
    parts = Order.goods_minor - Order.discount_minor + Order.shipping_minor
    due = parts + case((Order.is_tax_included, 0), else_=Order.tax_minor)
    return select(Order.public_id, Order.total_minor, due).where(
        or_(
            Order.goods_minor != goods,
            Order.discount_minor != discount,
            Order.tax_minor != tax + Order.shipping_tax_minor,
            Order.total_minor != due,
        )
    )


def _sum_of_lines(
    of: ColumnElement[int] | InstrumentedAttribute[int],
) -> ColumnElement[int]:
    sums = select(func.sum(of)).where(LineItem.order_id == Order.id).correlate(Order)
    return func.coalesce(sums.scalar_subquery(), 0)


@rule("line_items", "line {}: total {}, parts {}")
def lines_parts_make_their_totals() -> Select[str, int, int, int]:
    """Find lines whose price, discount and tax do not sum to their total, or whose prices treat
    tax otherwise than their order's."""
    listed = LineItem.unit_minor * LineItem.quantity
    due = (
        listed
        - LineItem.discount_minor
        + case((Order.is_tax_included, 0), else_=LineItem.tax_minor)
    )
    return (
        select(Order.public_id, LineItem.position, LineItem.total_minor, due)
        .join(LineItem, LineItem.order_id == Order.id)
        .where(
            or_(
                LineItem.total_minor != due,
                LineItem.is_tax_included != Order.is_tax_included,
            )
        )
    )


@rule("orders", "{1} given back of {0}, parts {2}")
def refunded_tax_never_exceeds_tax() -> Select[str, int, int, int]:
    """Find orders that gave back more tax than they took, or other than their lines and shipping
    did."""
    of_parts = _sum_of_lines(LineItem.refunded_tax_minor) + Order.shipping_tax_refunded_minor
    return select(Order.public_id, Order.tax_minor, Order.refunded_tax_minor, of_parts).where(
        or_(
            Order.refunded_tax_minor > Order.tax_minor,
            Order.refunded_tax_minor != of_parts,
        )
    )


@rule("line_items", "line {}")
def lines_count_what_refunds_took() -> Select[str, int]:
    """Find lines whose counts of what went back are not the sums of their refunds' parts."""
    pairs = (
        (LineItem.refunded_minor, _sum_of_refunds(RefundLine.amount_minor)),
        (LineItem.refunded_discount_minor, _sum_of_refunds(RefundLine.discount_minor)),
        (LineItem.refunded_tax_minor, _sum_of_refunds(RefundLine.tax_minor)),
        (LineItem.refunded_quantity, _sum_of_refunds(RefundLine.quantity)),
    )
    return (
        select(Order.public_id, LineItem.position)
        .join(LineItem, LineItem.order_id == Order.id)
        .where(or_(*(counted != taken for counted, taken in pairs)))
    )


def _sum_of_refunds(of: InstrumentedAttribute[int]) -> ColumnElement[int]:
    sums = (
        select(func.sum(of))
        .join(Refund, Refund.id == RefundLine.refund_id)
        .where(RefundLine.line_item_id == LineItem.id, Refund.failed_at.is_(None))
        .correlate(LineItem)
    )
    return func.coalesce(sums.scalar_subquery(), 0)

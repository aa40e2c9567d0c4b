"""Rules about stock: its counters, and the lines that hold or have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, func, or_, select

from storefront.models import LineItem, Order, StockEntry, Variant
from storefront.services.audit.rule import rule

if TYPE_CHECKING:
    from sqlalchemy import Select


@rule("variants", "held {} + sold {} of {}")
def stock_is_never_oversold() -> Select[str, int, int, int | None]:
    """Find variants whose held and sold units exceed the stock or are negative."""
    return select(Variant.public_id, Variant.held, Variant.sold, Variant.stock).where(
        or_(Variant.held < 0, Variant.sold < 0, Variant.held + Variant.sold > Variant.stock)
    )


@rule("variants", "says held {}, sold {}; lines say {}, {}")
def counters_equal_lines() -> Select[str, int, int, int, int]:
    """Find variants whose counters are not the sums of their held and sold lines."""
    is_held = LineItem.sold_at.is_(None) & LineItem.released_at.is_(None)
    held = func.coalesce(func.sum(case((is_held, LineItem.quantity), else_=0)), 0)
    sold = func.coalesce(
        func.sum(
            case(
                (LineItem.sold_at.is_not(None), LineItem.quantity - LineItem.restocked_quantity),
                else_=0,
            )
        ),
        0,
    )
    return (
        select(Variant.public_id, Variant.held, Variant.sold, held, sold)
        .outerjoin(LineItem, LineItem.variant_id == Variant.id)
        .group_by(Variant.id, Variant.public_id, Variant.held, Variant.sold)
        .having(or_(Variant.held != held, Variant.sold != sold))
    )


@rule("variants", "stock {}, entries say {}")
def entries_make_the_stock() -> Select[str, int | None, int]:
    """Find variants whose stock is not the sum of its entries; without a limit it is zero."""
    entered = func.coalesce(
        select(func.sum(StockEntry.units))
        .where(StockEntry.merchant_id == Variant.merchant_id, StockEntry.variant_id == Variant.id)
        .correlate(Variant)
        .scalar_subquery(),
        0,
    )
    return select(Variant.public_id, Variant.stock, entered).where(
        func.coalesce(Variant.stock, 0) != entered
    )


@rule("line_items", "line {}")
def paid_lines_are_sold() -> Select[str, int]:
    """Find lines of paid orders that are not sold, and sold lines of others."""
    return (
        select(Order.public_id, LineItem.position)
        .join(LineItem, LineItem.order_id == Order.id)
        .where(Order.paid_at.is_(None) != LineItem.sold_at.is_(None))
    )

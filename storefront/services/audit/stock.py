"""Rules about stock: its counters, and the lines that hold or have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, func, or_, select

from storefront.domain.finding import Finding
from storefront.models import LineItem, Order, StockEntry, Variant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session


def stock_is_never_oversold(session: Session) -> Iterator[Finding]:
    """Find variants whose held and sold units exceed the stock or are negative."""
    rows = session.scalars(
        select(Variant).where(
            or_(Variant.held < 0, Variant.sold < 0, Variant.held + Variant.sold > Variant.stock)
        )
    )
    for row in rows:
        detail = f"held {row.held} + sold {row.sold} of {row.stock}"
        yield Finding("stock_is_never_oversold", "variants", row.public_id, detail)


def counters_equal_lines(session: Session) -> Iterator[Finding]:
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
    rows = session.execute(
        select(Variant.public_id, Variant.held, Variant.sold, held, sold)
        .outerjoin(LineItem, LineItem.variant_id == Variant.id)
        .group_by(Variant.id, Variant.public_id, Variant.held, Variant.sold)
        .having(or_(Variant.held != held, Variant.sold != sold))
    )
    for public_id, is_held, is_sold, held_sum, sold_sum in rows:
        detail = f"says held {is_held}, sold {is_sold}; lines say {held_sum}, {sold_sum}"
        yield Finding("counters_equal_lines", "variants", public_id, detail)


def entries_make_the_stock(session: Session) -> Iterator[Finding]:
    """Find variants whose stock is not the sum of its entries; without a limit it is zero."""
    entered = func.coalesce(
        select(func.sum(StockEntry.units))
        .where(StockEntry.merchant_id == Variant.merchant_id, StockEntry.variant_id == Variant.id)
        .correlate(Variant)
        .scalar_subquery(),
        0,
    )
    rows = session.execute(
        select(Variant.public_id, Variant.stock, entered).where(
            func.coalesce(Variant.stock, 0) != entered
        )
    )
    for public_id, stock, entries in rows:
        detail = f"stock {stock}, entries say {entries}"
        yield Finding("entries_make_the_stock", "variants", public_id, detail)


def paid_lines_are_sold(session: Session) -> Iterator[Finding]:
    """Find lines of paid orders that are not sold, and sold lines of others."""
    rows = session.execute(
        select(Order.public_id, LineItem.position)
        .join(LineItem, LineItem.order_id == Order.id)
        .where(Order.paid_at.is_(None) != LineItem.sold_at.is_(None))
    )
    for public_id, position in rows:
        yield Finding("paid_lines_are_sold", "line_items", public_id, f"line {position}")

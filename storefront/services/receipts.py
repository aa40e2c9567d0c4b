"""What a receipt explains beside its sums: each discount by its name, what did not count and why,
and what led here. Nobody but the buyer is named in it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from storefront.db.hot import read, table_of
from storefront.domain.money import Money
from storefront.models import LineItem, OrderDiscount, OrderRefusal
from storefront.services.views import DiscountView, OriginView, RefusalView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from storefront.db.hot import AnyRow

_line, _discount, _refusal = map(table_of, (LineItem, OrderDiscount, OrderRefusal))
DISCOUNTS = (
    select(
        _line.c.position,
        _discount.c.name,
        _discount.c.code,
        _discount.c.amount_minor,
        _discount.c.currency,
    )
    .join(_discount, _discount.c.line_item_id == _line.c.id)
    .where(
        _line.c.merchant_id == bindparam("merchant_id"),
        _line.c.order_id == bindparam("order_id"),
    )
    .order_by(_line.c.position, _discount.c.id)
)
REFUSALS = (
    select(_refusal.c.name, _refusal.c.code, _refusal.c.reason)
    .where(
        _refusal.c.merchant_id == bindparam("merchant_id"),
        _refusal.c.order_id == bindparam("order_id"),
    )
    .order_by(_refusal.c.id)
)


def discounts_of(session: Session, order: AnyRow) -> Mapping[int, tuple[DiscountView, ...]]:
    """Return what offers took off each line, by the line's position."""
    if not order.discount_minor:
        return {}
    found: defaultdict[int, list[DiscountView]] = defaultdict(list)
    for row in read(session, DISCOUNTS, merchant_id=order.merchant_id, order_id=order.id):
        amount = Money(row.amount_minor, row.currency)
        found[row.position].append(DiscountView(row.name, row.code or "", amount))
    return {position: tuple(views) for position, views in found.items()}


def refusals_of(session: Session, order: AnyRow) -> tuple[RefusalView, ...]:
    """Return what the buyer entered or saw, that did not count for their order."""
    if not order.has_refusals:
        return ()
    rows = read(session, REFUSALS, merchant_id=order.merchant_id, order_id=order.id)
    return tuple(RefusalView(row.name, row.code or "", row.reason) for row in rows)


def origin_of(order: AnyRow) -> OriginView | None:
    """Return the post that the sale is credited to, or None where nothing social led to it."""
    if order.origin_channel is None:
        return None
    return OriginView(order.origin_post, order.origin_channel, order.share_id is not None)

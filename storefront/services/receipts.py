"""What a receipt explains beside its sums: each discount by its name, what did not count and why,
and what led here. Nobody but the buyer is named in it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import select

from storefront.domain.money import Money
from storefront.models import (
    Channel,
    Interaction,
    LineItem,
    OrderDiscount,
    OrderOrigin,
    OrderRefusal,
    Placement,
)
from storefront.services.views import DiscountView, OriginView, RefusalView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from storefront.models import Order


def discounts_of(session: Session, order: Order) -> Mapping[int, tuple[DiscountView, ...]]:
    """Return what offers took off each line, by the line's position."""
    rows = session.execute(
        select(LineItem.position, OrderDiscount)
        .join(OrderDiscount, OrderDiscount.line_item_id == LineItem.id)
        .where(
            OrderDiscount.merchant_id == order.merchant_id,
            OrderDiscount.order_id == order.id,
        )
        .order_by(LineItem.position, OrderDiscount.id)
    )
    found: defaultdict[int, list[DiscountView]] = defaultdict(list)
    for position, row in rows:
        amount = Money(row.amount_minor, row.currency)
        found[position].append(DiscountView(row.name, row.code or "", amount))
    return {position: tuple(views) for position, views in found.items()}


def refusals_of(session: Session, order: Order) -> tuple[RefusalView, ...]:
    """Return what the buyer entered or saw, that did not count for their order."""
    rows = session.scalars(
        select(OrderRefusal)
        .where(
            OrderRefusal.merchant_id == order.merchant_id,
            OrderRefusal.order_id == order.id,
        )
        .order_by(OrderRefusal.id)
    )
    return tuple(RefusalView(row.name, row.code or "", row.reason) for row in rows)


def origin_of(session: Session, order: Order) -> OriginView | None:
    """Return the post that the sale is credited to, or None where nothing social led to it."""
    row = session.execute(
        select(Interaction.share_id, Placement.name, Channel.name.label("channel"))
        .select_from(OrderOrigin)
        .join(Interaction, Interaction.id == OrderOrigin.interaction_id)
        .join(Placement, Placement.id == Interaction.placement_id)
        .join(Channel, Channel.id == Placement.channel_id)
        .where(
            OrderOrigin.merchant_id == order.merchant_id,
            OrderOrigin.order_id == order.id,
        )
    ).first()
    return OriginView(row.name, row.channel, row.share_id is not None) if row else None

"""Paid orders and their money by what gets the credit, under the last-touch model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from storefront.domain.money import Money
from storefront.models import Attribution, Interaction, Order

if TYPE_CHECKING:
    from sqlalchemy.orm import InstrumentedAttribute, Session

    from storefront.services.views import MerchantView

MODEL = "last_touch"
"""It gives each order to one touch whole, so that orders add up as well as money does."""


@dataclass(frozen=True)
class Brought:
    """What something brought: paid orders and their money."""

    orders: int
    money: Money


def brought_by(
    session: Session, shop: MerchantView, what: InstrumentedAttribute[int | None]
) -> dict[int | None, Brought]:
    """Return what each value of a column of `Interaction` brought; None stands for direct sales
    and for acts where the column is empty."""
    rows = session.execute(
        select(what, func.count(), func.sum(Order.total_minor))
        .select_from(Attribution)
        .join(Order, Order.id == Attribution.order_id)
        .outerjoin(Interaction, Interaction.id == Attribution.interaction_id)
        .where(Attribution.merchant_id == shop.id, Attribution.model == MODEL)
        .group_by(what)
    )
    return {key: Brought(count, Money(int(minor), shop.currency)) for key, count, minor in rows}

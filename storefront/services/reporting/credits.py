"""Paid orders and what they earned net, by who gets the credit under the last-touch model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, func, select

from storefront.domain.money import Money
from storefront.models import CreditEntry
from storefront.services import credit
from storefront.values import frozen

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from storefront.services.views import MerchantView

MODEL = "last_touch"
"""It gives each order to one touch whole, so that orders add up as well as money does."""


@frozen
class Brought:
    """What something brought: paid orders, and their money after refunds and disputes."""

    orders: int
    money: Money


def brought_by_placements(session: Session, shop: MerchantView) -> dict[int | None, Brought]:
    """Return what each placement brought; None stands for direct sales, and for acts elsewhere."""
    rows = session.execute(
        select(CreditEntry.placement_id, count_of_sales(), func.sum(CreditEntry.amount_minor))
        .where(CreditEntry.merchant_id == shop.id, CreditEntry.model == MODEL)
        .group_by(CreditEntry.placement_id)
    )
    return {
        key: Brought(int(count), Money(int(minor), shop.currency)) for key, count, minor in rows
    }


def count_of_sales() -> ColumnElement[int]:
    """Count orders once, whatever went back of them: each has one entry for its sale."""
    return func.sum(case((CreditEntry.cause == credit.SALE, 1), else_=0))

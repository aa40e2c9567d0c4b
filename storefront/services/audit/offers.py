"""Rules about offers: their counters, their limits, and what they took off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, func, or_, select

from storefront.models import LineItem, Offer, OfferCode, OfferUse, Order, OrderDiscount
from storefront.services.audit.rule import rule

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

IS_LIVE = OfferUse.id.is_not(None) & OfferUse.released_at.is_(None)
"""A use that counts; an offer that nobody uses is joined to none."""

IS_HELD = IS_LIVE & OfferUse.taken_at.is_(None)
IS_USED = IS_LIVE & OfferUse.taken_at.is_not(None)


@rule("offers", "held {} + used {} of {}, spent {} of {}")
def offers_stay_within_their_limits() -> Select[str, int, int, int | None, int, int | None]:
    """Find offers with more uses than their quota, or more taken off than their budget."""
    return select(
        Offer.public_id,
        Offer.held,
        Offer.used,
        Offer.quota,
        Offer.spent_minor,
        Offer.budget_minor,
    ).where(
        or_(
            Offer.held < 0,
            Offer.used < 0,
            Offer.held + Offer.used > Offer.quota,
            Offer.spent_minor > Offer.budget_minor,
        )
    )


@rule("offers", "says held, used, spent {}, {}, {}; uses say {}, {}, {}")
def offers_count_their_uses() -> Select[str, int, int, int, int, int, int]:
    """Find offers whose counters are not the sums of their uses."""
    held, used = _count(IS_HELD), _count(IS_USED)
    spent = func.coalesce(func.sum(case((IS_LIVE, OfferUse.amount_minor), else_=0)), 0)
    return (
        select(Offer.public_id, Offer.held, Offer.used, Offer.spent_minor, held, used, spent)
        .outerjoin(OfferUse, OfferUse.offer_id == Offer.id)
        .group_by(Offer.id, Offer.public_id, Offer.held, Offer.used, Offer.spent_minor)
        .having(or_(Offer.held != held, Offer.used != used, Offer.spent_minor != spent))
    )


@rule("offer_codes", "says held, used {}, {}; uses say {}, {}")
def codes_count_their_uses() -> Select[int, int, int, int, int]:
    """Find codes whose counters are not the sums of their uses."""
    held, used = _count(IS_HELD), _count(IS_USED)
    return (
        select(OfferCode.id, OfferCode.held, OfferCode.used, held, used)
        .outerjoin(OfferUse, OfferUse.code_id == OfferCode.id)
        .group_by(OfferCode.id, OfferCode.held, OfferCode.used)
        .having(or_(OfferCode.held != held, OfferCode.used != used))
    )


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


@rule("offers", "{} uses by one buyer, of {}")
def buyers_stay_within_their_limits() -> Select[str, int, int | None]:
    """Find offers that somebody has used more often than one buyer may."""
    limit = case((Offer.is_first_order_only.is_(True), 1), else_=Offer.per_buyer_limit)
    uses = func.count(OfferUse.id)
    return (
        select(Offer.public_id, uses, limit)
        .join(OfferUse, OfferUse.offer_id == Offer.id)
        .where(OfferUse.released_at.is_(None), limit.is_not(None))
        .group_by(
            Offer.id,
            Offer.public_id,
            Offer.is_first_order_only,
            Offer.per_buyer_limit,
            OfferUse.buyer_key,
        )
        .having(uses > limit)
    )


@rule("line_items", "line {}: discount {}, parts {}")
def allocations_make_the_lines_discount() -> Select[str, int, int, int]:
    """Find lines whose discount is not the sum of what each offer took off."""
    allocated = func.coalesce(func.sum(OrderDiscount.amount_minor), 0)
    return (
        select(Order.public_id, LineItem.position, LineItem.discount_minor, allocated)
        .join(LineItem, LineItem.order_id == Order.id)
        .outerjoin(OrderDiscount, OrderDiscount.line_item_id == LineItem.id)
        .group_by(Order.public_id, LineItem.id, LineItem.position, LineItem.discount_minor)
        .having(LineItem.discount_minor != allocated)
    )


@rule("orders", "discount {}, parts {}")
def allocations_make_the_discount() -> Select[str, int, int]:
    """Find orders whose discount is not the sum of what each offer took off."""
    allocated = func.coalesce(func.sum(OrderDiscount.amount_minor), 0)
    return (
        select(Order.public_id, Order.discount_minor, allocated)
        .outerjoin(OrderDiscount, OrderDiscount.order_id == Order.id)
        .group_by(Order.id, Order.public_id, Order.discount_minor)
        .having(Order.discount_minor != allocated)
    )


@rule("offer_uses", "use of {}, parts {}")
def uses_equal_allocations() -> Select[str, int, int]:
    """Find uses that say another amount than what their offer took off their order."""
    allocated = func.coalesce(
        select(func.sum(OrderDiscount.amount_minor))
        .where(
            OrderDiscount.order_id == OfferUse.order_id, OrderDiscount.offer_id == OfferUse.offer_id
        )
        .correlate(OfferUse)
        .scalar_subquery(),
        0,
    )
    return (
        select(Order.public_id, OfferUse.amount_minor, allocated)
        .join(Order, Order.id == OfferUse.order_id)
        .where(OfferUse.amount_minor != allocated)
    )

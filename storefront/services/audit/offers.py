"""Rules about offers: their counters, their limits, and what they took off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, func, or_, select

from storefront.domain.finding import Finding
from storefront.models import LineItem, Offer, OfferCode, OfferUse, Order, OrderDiscount

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

IS_LIVE = OfferUse.id.is_not(None) & OfferUse.released_at.is_(None)
"""A use that counts; an offer that nobody uses is joined to none."""

IS_HELD = IS_LIVE & OfferUse.taken_at.is_(None)
IS_USED = IS_LIVE & OfferUse.taken_at.is_not(None)


def offers_stay_within_their_limits(session: Session) -> Iterator[Finding]:
    """Find offers with more uses than their quota, or more taken off than their budget."""
    rows = session.scalars(
        select(Offer).where(
            or_(
                Offer.held < 0,
                Offer.used < 0,
                Offer.held + Offer.used > Offer.quota,
                Offer.spent_minor > Offer.budget_minor,
            )
        )
    )
    for row in rows:
        detail = (
            f"held {row.held} + used {row.used} of {row.quota}, "
            f"spent {row.spent_minor} of {row.budget_minor}"
        )
        yield Finding("offers_stay_within_their_limits", "offers", row.public_id, detail)


def offers_count_their_uses(session: Session) -> Iterator[Finding]:
    """Find offers whose counters are not the sums of their uses."""
    held, used = _count(IS_HELD), _count(IS_USED)
    spent = func.coalesce(func.sum(case((IS_LIVE, OfferUse.amount_minor), else_=0)), 0)
    rows = session.execute(
        select(Offer.public_id, Offer.held, Offer.used, Offer.spent_minor, held, used, spent)
        .outerjoin(OfferUse, OfferUse.offer_id == Offer.id)
        .group_by(Offer.id, Offer.public_id, Offer.held, Offer.used, Offer.spent_minor)
        .having(or_(Offer.held != held, Offer.used != used, Offer.spent_minor != spent))
    )
    for public_id, *counted in rows:
        detail = f"says held, used, spent {counted[:3]}; uses say {counted[3:]}"
        yield Finding("offers_count_their_uses", "offers", public_id, detail)


def codes_count_their_uses(session: Session) -> Iterator[Finding]:
    """Find codes whose counters are not the sums of their uses."""
    held, used = _count(IS_HELD), _count(IS_USED)
    rows = session.execute(
        select(OfferCode.id, OfferCode.held, OfferCode.used, held, used)
        .outerjoin(OfferUse, OfferUse.code_id == OfferCode.id)
        .group_by(OfferCode.id, OfferCode.held, OfferCode.used)
        .having(or_(OfferCode.held != held, OfferCode.used != used))
    )
    for code_id, *counted in rows:
        detail = f"says held, used {counted[:2]}; uses say {counted[2:]}"
        yield Finding("codes_count_their_uses", "offer_codes", str(code_id), detail)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def buyers_stay_within_their_limits(session: Session) -> Iterator[Finding]:
    """Find offers that somebody has used more often than one buyer may."""
    limit = case((Offer.is_first_order_only.is_(True), 1), else_=Offer.per_buyer_limit)
    uses = func.count(OfferUse.id)
    rows = session.execute(
        select(Offer.public_id, limit, uses)
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
    for public_id, most, count in rows:
        detail = f"{count} uses by one buyer, of {most}"
        yield Finding("buyers_stay_within_their_limits", "offers", public_id, detail)


def allocations_make_the_discount(session: Session) -> Iterator[Finding]:
    """Find lines and orders whose discount is not the sum of what each offer took off."""
    allocated = func.coalesce(func.sum(OrderDiscount.amount_minor), 0)
    lines = session.execute(
        select(Order.public_id, LineItem.position, LineItem.discount_minor, allocated)
        .join(LineItem, LineItem.order_id == Order.id)
        .outerjoin(OrderDiscount, OrderDiscount.line_item_id == LineItem.id)
        .group_by(Order.public_id, LineItem.id, LineItem.position, LineItem.discount_minor)
        .having(LineItem.discount_minor != allocated)
    )
    for public_id, position, discount, parts in lines:
        detail = f"line {position}: discount {discount}, parts {parts}"
        yield Finding("allocations_make_the_discount", "line_items", public_id, detail)
    orders = session.execute(
        select(Order.public_id, Order.discount_minor, allocated)
        .outerjoin(OrderDiscount, OrderDiscount.order_id == Order.id)
        .group_by(Order.id, Order.public_id, Order.discount_minor)
        .having(Order.discount_minor != allocated)
    )
    for public_id, discount, parts in orders:
        detail = f"discount {discount}, parts {parts}"
        yield Finding("allocations_make_the_discount", "orders", public_id, detail)


def uses_equal_allocations(session: Session) -> Iterator[Finding]:
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
    rows = session.execute(
        select(Order.public_id, OfferUse.amount_minor, allocated)
        .join(Order, Order.id == OfferUse.order_id)
        .where(OfferUse.amount_minor != allocated)
    )
    for public_id, amount, parts in rows:
        detail = f"use of {amount}, parts {parts}"
        yield Finding("uses_equal_allocations", "offer_uses", public_id, detail)

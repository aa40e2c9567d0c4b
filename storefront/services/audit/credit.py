"""Rules about credit: where every order came from, and what that has earned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, func, or_, select

from storefront.domain.attribution import MODELS
from storefront.domain.finding import Finding
from storefront.domain.money import FULL_SHARE
from storefront.models import (
    Attribution,
    CreditEntry,
    Dispute,
    Interaction,
    Order,
    OrderOrigin,
    OrderTouchpoint,
    Payment,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


def every_order_has_one_origin(session: Session) -> Iterator[Finding]:
    """Find orders without exactly one origin, which may be "direct"."""
    origins = (
        select(func.count())
        .where(OrderOrigin.order_id == Order.id)
        .correlate(Order)
        .scalar_subquery()
    )
    for public_id, count in session.execute(select(Order.public_id, origins).where(origins != 1)):
        yield Finding("every_order_has_one_origin", "orders", public_id, f"{count} origins")


def origins_are_on_the_path(session: Session) -> Iterator[Finding]:
    """Find origins that are no touchpoint of their order, or direct in spite of touchpoints."""
    on_path = select(OrderTouchpoint.id).where(
        OrderTouchpoint.order_id == OrderOrigin.order_id,
        OrderTouchpoint.interaction_id == OrderOrigin.interaction_id,
    )
    any_touch = select(OrderTouchpoint.id).where(OrderTouchpoint.order_id == OrderOrigin.order_id)
    rows = session.execute(
        select(Order.public_id, OrderOrigin.interaction_id)
        .join(Order, Order.id == OrderOrigin.order_id)
        .where(
            or_(
                OrderOrigin.interaction_id.is_not(None) & ~on_path.exists(),
                OrderOrigin.interaction_id.is_(None) & any_touch.exists(),
            )
        )
    )
    for public_id, interaction_id in rows:
        yield Finding("origins_are_on_the_path", "order_origins", public_id, f"{interaction_id}")


def credit_sums_to_one_whole(session: Session) -> Iterator[Finding]:
    """Find paid orders whose credit is not 10,000 under a model, and unpaid ones with any."""
    for model in MODELS:
        share = (
            select(func.coalesce(func.sum(Attribution.share), 0))
            .where(Attribution.order_id == Order.id, Attribution.model == model)
            .correlate(Order)
            .scalar_subquery()
        )
        due = case((Order.paid_at.is_not(None), FULL_SHARE), else_=0)
        for public_id, total in session.execute(select(Order.public_id, share).where(share != due)):
            detail = f"{model} sums to {total}"
            yield Finding("credit_sums_to_one_whole", "attributions", public_id, detail)


def credit_stands_where_its_interaction_was(session: Session) -> Iterator[Finding]:
    """Find origins and credit that name another placement or share than their interaction does."""
    for table in (OrderOrigin, Attribution, CreditEntry):
        differs = [
            getattr(table, name).is_distinct_from(getattr(Interaction, name))
            for name in ("placement_id", "share_id")
        ]
        rows = session.execute(
            select(Order.public_id, table.interaction_id)
            .join(Order, Order.id == table.order_id)
            .outerjoin(Interaction, Interaction.id == table.interaction_id)
            .where(or_(*differs))
        )
        noun = table.__tablename__.removeprefix("storefront_")
        for public_id, interaction_id in rows:
            rule = "credit_stands_where_its_interaction_was"
            yield Finding(rule, noun, public_id, f"{interaction_id}")


def credit_equals_net_revenue(session: Session) -> Iterator[Finding]:
    """Find paid orders whose credit under some model is not what they have earned net."""
    for model in MODELS:
        credited = func.coalesce(
            select(func.sum(CreditEntry.amount_minor))
            .where(CreditEntry.order_id == Order.id, CreditEntry.model == model)
            .correlate(Order)
            .scalar_subquery(),
            0,
        )
        net = Order.total_minor - Order.refunded_minor - _withdrawn()
        due = case((Order.paid_at.is_not(None), net), else_=0)
        rows = session.execute(select(Order.public_id, credited, due).where(credited != due))
        for public_id, given, earned in rows:
            detail = f"{model} has {given} of {earned}"
            yield Finding("credit_equals_net_revenue", "credit_entries", public_id, detail)


def _withdrawn() -> ColumnElement[int]:
    """Return what disputes have taken from an order's kept payment and not given back."""
    taken = (
        select(func.sum(Dispute.amount_minor))
        .join(Payment, Payment.id == Dispute.payment_id)
        .where(
            Payment.order_id == Order.id,
            Payment.returned_at.is_(None),
            Dispute.withdrawn_at.is_not(None),
            Dispute.won_at.is_(None),
        )
        .correlate(Order)
        .scalar_subquery()
    )
    return func.coalesce(taken, 0)

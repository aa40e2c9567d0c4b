"""Rules about credit: where every order came from, and what that has earned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, func, literal, or_, select, union_all

from storefront.domain.attribution import MODELS
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
from storefront.services.audit.rule import rule

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, CompoundSelect, Select


@rule("orders", "{} origins")
def every_order_has_one_origin() -> Select[str, int]:
    """Find orders without exactly one origin, which may be "direct"."""
    origins = (
        select(func.count())
        .where(OrderOrigin.order_id == Order.id)
        .correlate(Order)
        .scalar_subquery()
    )
    return select(Order.public_id, origins).where(origins != 1)


@rule("order_origins", "{}")
def origins_are_on_the_path() -> Select[str, int | None]:
    """Find origins that are no touchpoint of their order, or direct in spite of touchpoints."""
    on_path = select(OrderTouchpoint.id).where(
        OrderTouchpoint.order_id == OrderOrigin.order_id,
        OrderTouchpoint.interaction_id == OrderOrigin.interaction_id,
    )
    any_touch = select(OrderTouchpoint.id).where(OrderTouchpoint.order_id == OrderOrigin.order_id)
    return (
        select(Order.public_id, OrderOrigin.interaction_id)
        .join(Order, Order.id == OrderOrigin.order_id)
        .where(
            or_(
                OrderOrigin.interaction_id.is_not(None) & ~on_path.exists(),
                OrderOrigin.interaction_id.is_(None) & any_touch.exists(),
            )
        )
    )


@rule("attributions", "{} sums to {}")
def credit_sums_to_one_whole() -> CompoundSelect[str, str, int]:
    """Find paid orders whose credit is not 10,000 under a model, and unpaid ones with any."""
    return union_all(*map(_other_than_whole, MODELS))


def _other_than_whole(model: str) -> Select[str, str, int]:
    share = (
        select(func.coalesce(func.sum(Attribution.share), 0))
        .where(Attribution.order_id == Order.id, Attribution.model == model)
        .correlate(Order)
        .scalar_subquery()
    )
    due = case((Order.paid_at.is_not(None), FULL_SHARE), else_=0)
    return select(Order.public_id, literal(model), share).where(share != due)


@rule("orders", "{} of interaction {}")
def credit_stands_where_its_interaction_was() -> CompoundSelect[str, str, int | None]:
    """Find origins and credit that name another placement or share than their interaction does."""
    return union_all(*(_elsewhere(table) for table in (OrderOrigin, Attribution, CreditEntry)))


def _elsewhere(
    table: type[OrderOrigin | Attribution | CreditEntry],
) -> Select[str, str, int | None]:
    differs = [
        getattr(table, name).is_distinct_from(getattr(Interaction, name))
        for name in ("placement_id", "share_id")
    ]
    noun = table.__tablename__.removeprefix("storefront_")
    return (
        select(Order.public_id, literal(noun), table.interaction_id)
        .join(Order, Order.id == table.order_id)
        .outerjoin(Interaction, Interaction.id == table.interaction_id)
        .where(or_(*differs))
    )


@rule("credit_entries", "{} has {} of {}")
def credit_equals_net_revenue() -> CompoundSelect[str, str, int, int]:
    """Find paid orders whose credit under some model is not what they have earned net."""
    return union_all(*map(_other_than_earned, MODELS))


def _other_than_earned(model: str) -> Select[str, str, int, int]:
    credited = func.coalesce(
        select(func.sum(CreditEntry.amount_minor))
        .where(CreditEntry.order_id == Order.id, CreditEntry.model == model)
        .correlate(Order)
        .scalar_subquery(),
        0,
    )
    net = Order.total_minor - Order.refunded_minor - _withdrawn()
    due = case((Order.paid_at.is_not(None), net), else_=0)
    return select(Order.public_id, literal(model), credited, due).where(credited != due)


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

"""A buyer is never in their own way: prices are reckoned as if what the same visitor's earlier,
unpaid order holds were free, and that order ends before the new one has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select

from storefront.errors import Conflict
from storefront.models import LineItem, OfferUse, Order, Payment, Variant
from storefront.models.order import IS_OPEN
from storefront.services import checkout, settling
from storefront.services.order_requests import buyer_key
from storefront.services.placements import get_placement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

    from storefront.ports import Ports
    from storefront.services.order_requests import PlacedOrder, PlaceOrder
    from storefront.services.views import PlacementView

THINGS, OFFERS = {"all_held", "too_few_left"}, {"offer_gone", "limit_reached"}
"""Refusals that an earlier order of the same buyer may be the reason of, by what it holds."""

MOST = 5
"""So many earlier orders are ended for one that is new."""


def place_order(
    ports: Ports, command: PlaceOrder, *, placement: PlacementView | None = None
) -> PlacedOrder:
    """Place an order as `checkout.place_order` does, letting go of the visitor's own holds first
    where they are what is in the way.

    The earlier payment is cancelled before anything is released, so that only one can be paid;
    where money was faster, the refusal stands.
    """
    try:
        return checkout.place_order(ports, command, placement=placement)
    except Conflict as refusal:
        if refusal.code not in THINGS | OFFERS:
            raise
        own = _own_orders(ports, command, _holding(command, refusal.code))
        if not own:
            raise
    for order_id in own:
        settling.end_order(ports, order_id)
    return checkout.place_order(ports, command)


def _holding(command: PlaceOrder, code: str) -> ColumnElement[bool]:
    """Return whether an order holds what this refusal is about."""
    if code in OFFERS:
        held = select(OfferUse.id).where(
            OfferUse.order_id == Order.id,
            OfferUse.taken_at.is_(None),
            OfferUse.released_at.is_(None),
        )
        return held.exists()
    wanted = [variant for variant, _ in command.lines]
    held = (
        select(LineItem.id)
        .join(Variant, Variant.id == LineItem.variant_id)
        .where(
            LineItem.order_id == Order.id,
            LineItem.released_at.is_(None),
            Variant.public_id.in_(wanted),
        )
    )
    return held.exists()


def _own_orders(
    ports: Ports, command: PlaceOrder, is_holding: ColumnElement[bool]
) -> Sequence[int]:
    """Return the open orders in the way of a visitor whom we know, and those of the same address
    whose time is up: nobody else's hold ends because somebody typed an address."""
    now = ports.clock.now()
    is_over = and_(
        Order.held_until <= now,
        Order.buyer_key == buyer_key(ports.sign, command.buyer.email),
    )
    is_theirs = Order.visitor == command.visitor.key
    with ports.reads() as session:
        merchant = get_placement(session, command.placement).merchant
        return session.scalars(
            select(Order.id)
            .join(Payment, Payment.order_id == Order.id)
            .where(
                Order.merchant_id == merchant.id,
                or_(is_over, is_theirs) if command.visitor.is_known else is_over,
                is_holding,
                IS_OPEN,
                Order.processing_at.is_(None),
                Order.needs_review_at.is_(None),
                Payment.gateway_reference.is_not(None),
            )
            .order_by(Order.id.desc())
            .limit(MOST)
        ).all()

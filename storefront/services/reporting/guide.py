"""The first steps of a new shop. Each ticks itself from what is there; nothing is remembered of
them but whether the merchant wants to see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select

from storefront.models import (
    Invitation,
    Membership,
    Merchant,
    Order,
    Placement,
    Product,
    ShippingRate,
    Store,
    Variant,
)
from storefront.services import connections
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from storefront.services.views import MerchantView
    from storefront.settings import Settings


@frozen
class Step:
    """One step, by its code."""

    code: str
    is_done: bool


@frozen
class Guide:
    """The steps in their order. `placement` is the first placement in use, to look at and to buy
    from; None where there is none."""

    steps: tuple[Step, ...]
    placement: str | None
    hidden_at: datetime | None

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(step.is_done for step in self.steps)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to do."""
        return self.done == len(self.steps)

    @property
    def next(self) -> str | None:
        """The first step that is not done."""
        return next((step.code for step in self.steps if not step.is_done), None)


def guide(session: Session, shop: MerchantView, *, settings: Settings) -> Guide:
    """Return how far a shop has come."""
    facts = {
        # A sandbox takes payments from the first moment on.
        "payments": settings.mode == "sandbox" or connections.view(session, shop.id).is_ready,
        "product": _has_product(session, shop.id),
        "delivery": _has_way(session, shop.id),
        "placement": _has_placement(session, shop.id),
        "seen": _is_seen(session, shop.id),
        "sale": _has_sale(session, shop.id),
        "team": _has_team(session, shop.id),
    }
    hidden_at = session.scalar(select(Merchant.guide_hidden_at).where(Merchant.id == shop.id))
    placement = session.scalar(
        select(Placement.public_id)
        .where(Placement.merchant_id == shop.id, Placement.retired_at.is_(None))
        .order_by(Placement.id)
        .limit(1)
    )
    steps = tuple(Step(code, is_done) for code, is_done in facts.items())
    return Guide(steps, placement, hidden_at)


def _has_product(session: Session, merchant_id: int) -> bool:
    return _is_there(
        session,
        select(Variant.id)
        .join(Product, Product.id == Variant.product_id)
        .where(
            Variant.merchant_id == merchant_id,
            Variant.withdrawn_at.is_(None),
            Product.withdrawn_at.is_(None),
        ),
    )


def _has_way(session: Session, merchant_id: int) -> bool:
    """Return whether an order can reach its buyer: by a store or by post."""
    return _is_there(
        session,
        select(Store.id).where(Store.merchant_id == merchant_id, Store.closed_at.is_(None)),
    ) or _is_there(
        session,
        select(ShippingRate.id).where(
            ShippingRate.merchant_id == merchant_id, ShippingRate.retired_at.is_(None)
        ),
    )


def _has_placement(session: Session, merchant_id: int) -> bool:
    return _is_there(session, select(Placement.id).where(Placement.merchant_id == merchant_id))


def _is_seen(session: Session, merchant_id: int) -> bool:
    return _is_there(
        session,
        select(Placement.id).where(
            Placement.merchant_id == merchant_id, Placement.first_loaded_at.is_not(None)
        ),
    )


def _has_sale(session: Session, merchant_id: int) -> bool:
    return _is_there(
        session,
        select(Order.id).where(Order.merchant_id == merchant_id, Order.paid_at.is_not(None)),
    )


def _has_team(session: Session, merchant_id: int) -> bool:
    people = select(func.count(Membership.id)).where(Membership.merchant_id == merchant_id)
    return (session.scalar(people) or 0) > 1 or _is_there(
        session, select(Invitation.id).where(Invitation.merchant_id == merchant_id)
    )


def _is_there(session: Session, rows: Select[int]) -> bool:
    return bool(session.scalar(select(exists(rows))))

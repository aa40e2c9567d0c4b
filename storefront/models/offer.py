"""Offers: their terms and targets, their codes, who holds or has used them, and what happened."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storefront.db.base import Base
from storefront.db.triggers import append_only
from storefront.domain import offers as domain
from storefront.domain.window import Window
from storefront.models.catalog import Product, Variant
from storefront.models.channel import Placement
from storefront.models.merchant import Merchant
from storefront.models.order import LineItem, Order

BENEFIT, CONDITION = "benefit", "condition"
"""What a target is for: it gets the offer, or the cart must hold it."""


class Offer(Base):
    """Terms that are good in a window. `held` uses belong to open orders, `used` ones to paid
    orders; `spent_minor` is what both take off. The wall clock is what the merchant typed."""

    __tablename__ = "storefront_offers"
    __table_args__ = (
        UniqueConstraint("merchant_id", "public_id"),
        UniqueConstraint("merchant_id", "link"),
        Index(None, "merchant_id", "published_at", "ends_at"),
        CheckConstraint("kind IN ('automatic', 'code')", name="kind_is_known"),
        CheckConstraint("benefit IN ('percent', 'amount', 'fixed_price')", name="benefit_is_known"),
        CheckConstraint("scope IN ('chosen', 'order')", name="scope_is_known"),
        CheckConstraint(
            "NOT (benefit = 'fixed_price' AND scope = 'order')", name="fixed_prices_are_of_things"
        ),
        CheckConstraint("lane IN ('pre', 'default', 'post')", name="lane_is_known"),
        CheckConstraint("base IN ('initial', 'discounted')", name="base_is_known"),
        CheckConstraint("rate_ppm >= 0 AND rate_ppm <= 1000000", name="rate_is_a_share"),
        CheckConstraint("value_minor >= 0", name="value_not_negative"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("held >= 0", name="held_not_negative"),
        CheckConstraint("used >= 0", name="used_not_negative"),
        CheckConstraint("quota IS NULL OR held + used <= quota", name="never_overused"),
        CheckConstraint("spent_minor >= 0", name="spent_not_negative"),
        CheckConstraint(
            "budget_minor IS NULL OR spent_minor <= budget_minor", name="never_overspent"
        ),
        CheckConstraint(
            "per_buyer_limit IS NULL OR per_buyer_limit > 0", name="per_buyer_limit_positive"
        ),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    public_id: Mapped[str] = mapped_column(String(24))
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(20))
    benefit: Mapped[str] = mapped_column(String(20))
    scope: Mapped[str] = mapped_column(String(20))
    currency: Mapped[str] = mapped_column(String(3))
    rate_ppm: Mapped[int] = mapped_column(Integer)
    value_minor: Mapped[int]
    max_discount_minor: Mapped[int | None]
    min_spend_minor: Mapped[int]
    min_quantity: Mapped[int] = mapped_column(Integer)
    is_first_order_only: Mapped[bool] = mapped_column(Boolean)
    lane: Mapped[str] = mapped_column(String(20))
    priority: Mapped[int] = mapped_column(Integer)
    base: Mapped[str] = mapped_column(String(20))
    is_exclusive: Mapped[bool] = mapped_column(Boolean)
    combines_with: Mapped[list]  # type: ignore[type-arg]
    zone: Mapped[str] = mapped_column(String(60))
    starts_wall: Mapped[str] = mapped_column(String(16))
    ends_wall: Mapped[str] = mapped_column(String(16))
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    quota: Mapped[int | None]
    held: Mapped[int]
    used: Mapped[int]
    budget_minor: Mapped[int | None]
    spent_minor: Mapped[int]
    per_buyer_limit: Mapped[int | None] = mapped_column(Integer)
    placement_id: Mapped[int | None] = mapped_column(ForeignKey(Placement.id))
    link: Mapped[str | None] = mapped_column(String(26))
    returns_use: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    start_noted_at: Mapped[datetime | None]
    end_noted_at: Mapped[datetime | None]

    targets: Mapped[list["OfferTarget"]] = relationship(
        order_by="OfferTarget.id", cascade="all, delete-orphan"
    )

    @property
    def counts(self) -> domain.Counts:
        """The counters as a value."""
        return counts_of(self)

    @property
    def window(self) -> Window:
        """When it is good."""
        return Window(self.starts_at, self.ends_at)

    @property
    def terms(self) -> domain.OfferTerms:
        """Everything that decides what it does."""
        return terms_of(self, self.targets)


def counts_of(offer: Any) -> domain.Counts:
    """Return the counters of an offer, mapped or a row of its table."""
    return domain.Counts(
        quota=offer.quota,
        held=offer.held,
        used=offer.used,
        budget_minor=offer.budget_minor,
        spent_minor=offer.spent_minor,
    )


def terms_of(offer: Any, targets: Iterable[Any]) -> domain.OfferTerms:
    """Return everything that decides what an offer does, from mapped objects or rows of the tables.
    An offer for first orders is for one of them."""
    targets = list(targets)
    limit = 1 if offer.is_first_order_only else offer.per_buyer_limit
    return domain.OfferTerms(
        id=offer.id,
        name=offer.name,
        kind=domain.Kind(offer.kind),
        benefit=domain.Benefit(offer.benefit),
        scope=domain.Scope(offer.scope),
        rate_ppm=offer.rate_ppm,
        value_minor=offer.value_minor,
        products=_products(targets, BENEFIT),
        variants=frozenset(each.variant_id for each in targets if each.variant_id),
        max_discount_minor=offer.max_discount_minor,
        conditions=domain.Conditions(
            min_spend_minor=offer.min_spend_minor,
            min_quantity=offer.min_quantity,
            products=_products(targets, CONDITION),
            is_first_order_only=offer.is_first_order_only,
        ),
        lane=domain.Lane(offer.lane),
        priority=offer.priority,
        base=domain.Base(offer.base),
        is_exclusive=offer.is_exclusive,
        combines_with=frozenset(offer.combines_with),
        window=Window(offer.starts_at, offer.ends_at),
        published_at=offer.published_at,
        paused_at=offer.paused_at,
        ended_at=offer.ended_at,
        counts=counts_of(offer),
        per_buyer_limit=limit,
        placement_id=offer.placement_id,
        link=offer.link,
    )


def _products(targets: Iterable[Any], role: str) -> frozenset[int]:
    return frozenset(each.product_id for each in targets if each.product_id and each.role == role)


class OfferTarget(Base):
    """A product or a variant that an offer is about."""

    __tablename__ = "storefront_offer_targets"
    __table_args__ = (
        UniqueConstraint("merchant_id", "offer_id", "role", "product_id"),
        UniqueConstraint("merchant_id", "offer_id", "role", "variant_id"),
        CheckConstraint("role IN ('benefit', 'condition')", name="role_is_known"),
        CheckConstraint("(product_id IS NULL) <> (variant_id IS NULL)", name="one_thing"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    offer_id: Mapped[int] = mapped_column(ForeignKey(Offer.id), index=True)
    role: Mapped[str] = mapped_column(String(20))
    product_id: Mapped[int | None] = mapped_column(ForeignKey(Product.id))
    variant_id: Mapped[int | None] = mapped_column(ForeignKey(Variant.id))


class PlacementOffer(Base):
    """The offer that a placement shows: those who come there have it without following its link."""

    __tablename__ = "storefront_placement_offers"
    __table_args__ = (UniqueConstraint("merchant_id", "placement_id"),)

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    placement_id: Mapped[int] = mapped_column(ForeignKey(Placement.id), index=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey(Offer.id), index=True)


class OfferLane(Base):
    """How the offers in one of a merchant's lanes compete, where not by the best."""

    __tablename__ = "storefront_offer_lanes"
    __table_args__ = (
        UniqueConstraint("merchant_id", "lane"),
        CheckConstraint("lane IN ('pre', 'default', 'post')", name="lane_is_known"),
        CheckConstraint("mode IN ('best', 'all', 'first')", name="mode_is_known"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    lane: Mapped[str] = mapped_column(String(20))
    mode: Mapped[str] = mapped_column(String(20))


class OfferCode(Base):
    """A code that brings an offer: as it is shown, and as it is compared. `batch` numbers those
    that were made together, from 1; 0 is a code that somebody chose."""

    __tablename__ = "storefront_offer_codes"
    __table_args__ = (
        UniqueConstraint("merchant_id", "code"),
        Index(None, "offer_id", "batch"),
        CheckConstraint("held >= 0", name="held_not_negative"),
        CheckConstraint("used >= 0", name="used_not_negative"),
        CheckConstraint("max_uses IS NULL OR held + used <= max_uses", name="never_overused"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    offer_id: Mapped[int] = mapped_column(ForeignKey(Offer.id))
    code: Mapped[str] = mapped_column(String(40))
    shown: Mapped[str] = mapped_column(String(60))
    batch: Mapped[int] = mapped_column(Integer)
    max_uses: Mapped[int | None] = mapped_column(Integer)
    held: Mapped[int] = mapped_column(Integer)
    used: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class OfferUse(Base):
    """One order's use of an offer: held until it is taken by the payment or released. `slot`
    numbers a buyer's uses while there is a limit for each; a released use has none."""

    __tablename__ = "storefront_offer_uses"
    __table_args__ = (
        UniqueConstraint("merchant_id", "order_id", "offer_id"),
        UniqueConstraint("merchant_id", "offer_id", "buyer_key", "slot"),
        Index(None, "offer_id", "released_at", "taken_at"),
        Index(None, "order_id"),
        CheckConstraint("amount_minor > 0", name="has_effect"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    order_id: Mapped[int] = mapped_column(ForeignKey(Order.id))
    offer_id: Mapped[int] = mapped_column(ForeignKey(Offer.id))
    code_id: Mapped[int | None] = mapped_column(ForeignKey(OfferCode.id))
    buyer_key: Mapped[str] = mapped_column(String(64))
    slot: Mapped[int | None] = mapped_column(Integer)
    amount_minor: Mapped[int]
    held_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]


class OrderDiscount(Base):
    """What one offer took off one line, under the name that it had then."""

    __tablename__ = "storefront_order_discounts"
    __table_args__ = (
        UniqueConstraint("merchant_id", "line_item_id", "offer_id"),
        Index(None, "order_id"),
        CheckConstraint("amount_minor > 0", name="has_effect"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    order_id: Mapped[int] = mapped_column(ForeignKey(Order.id))
    line_item_id: Mapped[int] = mapped_column(ForeignKey(LineItem.id))
    offer_id: Mapped[int] = mapped_column(ForeignKey(Offer.id))
    name: Mapped[str] = mapped_column(String(120))
    code: Mapped[str | None] = mapped_column(String(60))
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]


class OrderRefusal(Base):
    """An offer that somebody entered or saw and that did not count for their order, and why."""

    __tablename__ = "storefront_order_refusals"
    __table_args__ = (Index(None, "merchant_id", "order_id"),)

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    order_id: Mapped[int] = mapped_column(ForeignKey(Order.id))
    offer_id: Mapped[int] = mapped_column(ForeignKey(Offer.id))
    name: Mapped[str] = mapped_column(String(120))
    code: Mapped[str | None] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(String(40))


class OfferEvent(Base):
    """One thing that happened to an offer, such as that it was published, or has started."""

    __tablename__ = "storefront_offer_events"
    __table_args__ = (Index(None, "merchant_id", "offer_id"),)

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    offer_id: Mapped[int] = mapped_column(ForeignKey(Offer.id))
    kind: Mapped[str] = mapped_column(String(40))
    occurred_at: Mapped[datetime]


class VariantPrice(Base):
    """What anybody could buy one piece for, from a moment on; with an offer where one counts."""

    __tablename__ = "storefront_variant_prices"
    __table_args__ = (
        Index(None, "variant_id", "since"),
        CheckConstraint("price_minor >= 0", name="price_not_negative"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    variant_id: Mapped[int] = mapped_column(ForeignKey(Variant.id))
    offer_id: Mapped[int | None] = mapped_column(ForeignKey(Offer.id))
    currency: Mapped[str] = mapped_column(String(3))
    price_minor: Mapped[int]
    since: Mapped[datetime]


for _table in (OrderDiscount, OrderRefusal, OfferEvent, VariantPrice):
    append_only(_table.__table__)  # type: ignore[arg-type]

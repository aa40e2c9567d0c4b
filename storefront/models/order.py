"""The purchase: order, lines, whom to reach, and its append-only history."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    and_,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storefront.db.base import Base
from storefront.db.triggers import append_only
from storefront.domain.money import Money
from storefront.domain.orders import OrderFacts
from storefront.models.catalog import Variant
from storefront.models.channel import Placement
from storefront.models.merchant import Merchant, Store

OPEN = "paid_at IS NULL AND expired_at IS NULL AND cancelled_at IS NULL"


class Order(Base):
    """A purchase with its sums frozen. Status is derived from the dated facts; the number is
    given when it is paid, so that numbers count sales."""

    __tablename__ = "storefront_orders"
    __table_args__ = (
        UniqueConstraint("merchant_id", "public_id"),
        UniqueConstraint("merchant_id", "number"),
        Index(None, "merchant_id", "placed_at"),
        Index(None, "merchant_id", "buyer_key"),
        Index(None, "merchant_id", "paid_at"),
        Index(None, "merchant_id", "total_minor"),
        Index(
            "ix_storefront_orders_open",
            "held_until",
            sqlite_where=text(OPEN),
            postgresql_where=text(OPEN),
        ),
        CheckConstraint("goods_minor >= 0", name="goods_not_negative"),
        CheckConstraint("shipping_minor >= 0", name="shipping_not_negative"),
        CheckConstraint(
            "total_minor = goods_minor - discount_minor + shipping_minor"
            " + CASE WHEN is_tax_included THEN 0 ELSE tax_minor END",
            name="parts_make_total",
        ),
        CheckConstraint(
            "discount_minor >= 0 AND discount_minor <= goods_minor", name="discount_is_a_part"
        ),
        CheckConstraint("tax_minor >= 0", name="tax_not_negative"),
        CheckConstraint(
            "shipping_tax_minor >= 0 AND shipping_tax_minor <= tax_minor",
            name="shipping_tax_is_a_part",
        ),
        CheckConstraint("fulfilment IN ('pickup', 'shipping', 'gift')", name="fulfilment_is_known"),
        CheckConstraint("NOT (paid_at IS NULL AND number IS NOT NULL)", name="numbered_when_paid"),
        CheckConstraint(
            "refunded_minor >= 0 AND refunded_minor <= total_minor", name="refunded_is_a_part"
        ),
        CheckConstraint(
            "shipping_refunded_minor >= 0 AND shipping_refunded_minor <= shipping_minor",
            name="shipping_refunded_is_a_part",
        ),
        CheckConstraint(
            "refunded_tax_minor >= 0 AND refunded_tax_minor <= tax_minor",
            name="refunded_tax_is_a_part",
        ),
        CheckConstraint(
            "shipping_tax_refunded_minor >= 0"
            " AND shipping_tax_refunded_minor <= shipping_tax_minor",
            name="shipping_tax_refunded_is_a_part",
        ),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    public_id: Mapped[str] = mapped_column(String(24))
    number: Mapped[int | None] = mapped_column(Integer)
    placement_id: Mapped[int] = mapped_column(ForeignKey(Placement.id))
    store_id: Mapped[int | None] = mapped_column(ForeignKey(Store.id))
    visitor: Mapped[str] = mapped_column(String(26))
    buyer_key: Mapped[str | None] = mapped_column(String(64))
    fulfilment: Mapped[str] = mapped_column(String(20))
    locale: Mapped[str] = mapped_column(String(20))
    currency: Mapped[str] = mapped_column(String(3))
    goods_minor: Mapped[int]
    discount_minor: Mapped[int] = mapped_column(server_default=text("0"))
    shipping_minor: Mapped[int]
    shipping_name: Mapped[str] = mapped_column(String(60), server_default=text("''"))
    shipping_tax_minor: Mapped[int] = mapped_column(server_default=text("0"))
    tax_minor: Mapped[int] = mapped_column(server_default=text("0"))
    tax_name: Mapped[str] = mapped_column(String(60), server_default=text("''"))
    is_tax_included: Mapped[bool] = mapped_column(server_default=text("true"))
    total_minor: Mapped[int]
    placed_at: Mapped[datetime]
    held_until: Mapped[datetime]
    processing_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    expired_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    needs_review_at: Mapped[datetime | None]
    ready_at: Mapped[datetime | None]
    picked_up_at: Mapped[datetime | None]
    shipped_at: Mapped[datetime | None]
    review_reason: Mapped[str | None] = mapped_column(String(60))
    refunded_minor: Mapped[int] = mapped_column(server_default=text("0"))
    refunded_tax_minor: Mapped[int] = mapped_column(server_default=text("0"))
    shipping_refunded_minor: Mapped[int] = mapped_column(server_default=text("0"))
    shipping_tax_refunded_minor: Mapped[int] = mapped_column(server_default=text("0"))

    lines: Mapped[list["LineItem"]] = relationship(order_by="LineItem.position")
    contact: Mapped["OrderContact | None"] = relationship()

    @property
    def facts(self) -> OrderFacts:
        """The dated facts as a value."""
        return OrderFacts(
            held_until=self.held_until,
            processing_at=self.processing_at,
            paid_at=self.paid_at,
            expired_at=self.expired_at,
            cancelled_at=self.cancelled_at,
            needs_review_at=self.needs_review_at,
            total_minor=self.total_minor,
            refunded_minor=self.refunded_minor,
            fulfilment=self.fulfilment,
            ready_at=self.ready_at,
            picked_up_at=self.picked_up_at,
            shipped_at=self.shipped_at,
        )

    @property
    def total(self) -> Money:
        """What the buyer pays."""
        return Money(self.total_minor, self.currency)


IS_OPEN = and_(Order.paid_at.is_(None), Order.expired_at.is_(None), Order.cancelled_at.is_(None))
"""Whether an order may still be paid or end, as `OPEN` has it for indexes."""


class LineItem(Base):
    """One variant times a quantity with its price and words frozen: `unit_minor` is the list price
    of one. Only a kind other than goods may have a value of its own in place of a variant. Units
    are held until they are sold or released; each happens at most once."""

    __tablename__ = "storefront_line_items"
    __table_args__ = (
        UniqueConstraint("merchant_id", "order_id", "position"),
        Index(None, "order_id"),
        Index(None, "variant_id", "released_at", "sold_at"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("variant_id IS NOT NULL OR kind <> 'goods'", name="goods_are_variants"),
        CheckConstraint(
            "total_minor = unit_minor * quantity - discount_minor"
            " + CASE WHEN is_tax_included THEN 0 ELSE tax_minor END",
            name="parts_make_total",
        ),
        CheckConstraint(
            "discount_minor >= 0 AND discount_minor <= unit_minor * quantity",
            name="discount_is_a_part",
        ),
        CheckConstraint("tax_minor >= 0", name="tax_not_negative"),
        CheckConstraint("tax_ppm >= 0", name="tax_rate_not_negative"),
        CheckConstraint(
            "refunded_minor >= 0 AND refunded_minor <= total_minor", name="refunded_is_a_part"
        ),
        CheckConstraint(
            "refunded_discount_minor >= 0 AND refunded_discount_minor <= discount_minor",
            name="refunded_discount_is_a_part",
        ),
        CheckConstraint(
            "refunded_tax_minor >= 0 AND refunded_tax_minor <= tax_minor",
            name="refunded_tax_is_a_part",
        ),
        CheckConstraint(
            "refunded_quantity >= 0 AND refunded_quantity <= quantity",
            name="refunded_units_are_a_part",
        ),
        CheckConstraint(
            "restocked_quantity >= 0 AND restocked_quantity <= quantity",
            name="restocked_units_are_a_part",
        ),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    order_id: Mapped[int] = mapped_column(ForeignKey(Order.id))
    variant_id: Mapped[int | None] = mapped_column(ForeignKey(Variant.id))
    position: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    variant_name: Mapped[str] = mapped_column(String(120))
    sku: Mapped[str] = mapped_column(String(80))
    currency: Mapped[str] = mapped_column(String(3))
    unit_minor: Mapped[int]
    quantity: Mapped[int] = mapped_column(Integer)
    discount_minor: Mapped[int] = mapped_column(server_default=text("0"))
    tax_minor: Mapped[int] = mapped_column(server_default=text("0"))
    tax_ppm: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    is_tax_included: Mapped[bool] = mapped_column(server_default=text("true"))
    total_minor: Mapped[int]
    sold_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    refunded_minor: Mapped[int] = mapped_column(server_default=text("0"))
    refunded_discount_minor: Mapped[int] = mapped_column(server_default=text("0"))
    refunded_tax_minor: Mapped[int] = mapped_column(server_default=text("0"))
    refunded_quantity: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    restocked_quantity: Mapped[int] = mapped_column(Integer, server_default=text("0"))

    @property
    def unit(self) -> Money:
        """List price of one."""
        return Money(self.unit_minor, self.currency)

    @property
    def total(self) -> Money:
        """What the buyer pays for all of them: discount off, added tax on."""
        return Money(self.total_minor, self.currency)


class OrderContact(Base):
    """Whom to reach about an order: the only personal data of a sale, in a row that can go."""

    __tablename__ = "storefront_order_contacts"
    __table_args__ = (
        UniqueConstraint("merchant_id", "order_id"),
        Index(None, "merchant_id", "email"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    order_id: Mapped[int] = mapped_column(ForeignKey(Order.id), index=True)
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str] = mapped_column(String(40))
    address: Mapped[dict]  # type: ignore[type-arg]
    note: Mapped[str] = mapped_column(String(500))


class OrderEvent(Base):
    """One thing that happened to an order, and which member did it, if one did. Figures and ids
    only, never names or words."""

    __tablename__ = "storefront_order_events"
    __table_args__ = (Index(None, "merchant_id", "order_id"),)

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    order_id: Mapped[int] = mapped_column(ForeignKey(Order.id))
    kind: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(String(120))
    member_id: Mapped[int | None]
    occurred_at: Mapped[datetime]


append_only(OrderEvent.__table__)  # type: ignore[arg-type]

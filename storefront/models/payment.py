"""Money asked for and given back, and every message that the gateway sent."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base
from storefront.db.triggers import append_only
from storefront.domain.money import Money
from storefront.domain.payments import PaymentFacts
from storefront.models.merchant import Merchant
from storefront.models.order import LineItem, Order


class Payment(Base):
    """Our record of money asked for. Of an order's payments one at most is kept: money that came
    too late or twice is returned whole, and must be written down for that."""

    __tablename__ = "storefront_payments"
    __table_args__ = (
        UniqueConstraint("merchant_id", "public_id"),
        UniqueConstraint("merchant_id", "order_id", "attempt"),
        Index(None, "merchant_id", "gateway_reference"),
        Index(None, "account", "gateway_reference"),
        Index(
            "ix_storefront_payments_pending",
            "opened_at",
            sqlite_where=text("succeeded_at IS NULL AND cancelled_at IS NULL"),
            postgresql_where=text("succeeded_at IS NULL AND cancelled_at IS NULL"),
        ),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(
            "refunded_minor >= 0 AND refunded_minor <= amount_minor", name="refunded_is_a_part"
        ),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    order_id: Mapped[int] = mapped_column(ForeignKey(Order.id))
    public_id: Mapped[str] = mapped_column(String(24))
    attempt: Mapped[int] = mapped_column(Integer)
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    account: Mapped[str] = mapped_column(String(60))
    gateway_reference: Mapped[str | None] = mapped_column(String(80))
    client_secret: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    processing_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    failure: Mapped[str | None] = mapped_column(String(60))
    succeeded_at: Mapped[datetime | None]
    charged_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    refunded_minor: Mapped[int] = mapped_column(server_default=text("0"))

    @property
    def amount(self) -> Money:
        """What was asked for."""
        return Money(self.amount_minor, self.currency)

    @property
    def facts(self) -> PaymentFacts:
        """The dated facts as a value."""
        return PaymentFacts(
            amount=self.amount,
            account=self.account,
            reference=self.gateway_reference,
            succeeded_at=self.succeeded_at,
            cancelled_at=self.cancelled_at,
            payment_public_id=self.public_id,
        )


class PaymentEvent(Base):
    """One verified message of the gateway; the unique key makes a repeat harmless."""

    __tablename__ = "storefront_payment_events"
    __table_args__ = (
        UniqueConstraint("account", "gateway_event_id"),
        Index(None, "merchant_id", "payment_id"),
    )

    merchant_id: Mapped[int | None] = mapped_column(ForeignKey(Merchant.id))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey(Payment.id))
    account: Mapped[str] = mapped_column(String(60))
    gateway_event_id: Mapped[str] = mapped_column(String(80))
    type: Mapped[str] = mapped_column(String(80))
    step: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    received_at: Mapped[datetime]


class PaymentPayload(Base):
    """What a message said, in the gateway's own words; erasable, because it may name people."""

    __tablename__ = "storefront_payment_payloads"
    __table_args__ = (Index(None, "merchant_id", "payment_event_id"),)

    merchant_id: Mapped[int | None] = mapped_column(ForeignKey(Merchant.id))
    payment_event_id: Mapped[int] = mapped_column(ForeignKey(PaymentEvent.id))
    body: Mapped[str] = mapped_column(Text)


class Refund(Base):
    """Money given back, or about to be: written first, sent afterwards. It is booked when its
    effects are written; one made at the gateway may have to wait until the payment is known to
    have succeeded. A refund that fails is never tried again: a new one is a new row."""

    __tablename__ = "storefront_refunds"
    __table_args__ = (
        UniqueConstraint("merchant_id", "public_id"),
        Index(
            "uq_storefront_refunds_merchant_id_payment_id_gateway_reference",
            "merchant_id",
            "payment_id",
            "gateway_reference",
            unique=True,
        ),
        Index(None, "merchant_id", "payment_id"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(
            "shipping_minor >= 0 AND shipping_minor <= amount_minor", name="shipping_is_a_part"
        ),
        CheckConstraint("tax_minor >= 0 AND tax_minor <= amount_minor", name="tax_is_a_part"),
        CheckConstraint(
            "shipping_tax_minor >= 0 AND shipping_tax_minor <= tax_minor",
            name="shipping_tax_is_a_part",
        ),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    payment_id: Mapped[int] = mapped_column(ForeignKey(Payment.id))
    public_id: Mapped[str] = mapped_column(String(24))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(60))
    gateway_reference: Mapped[str | None] = mapped_column(String(80))
    intended_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    shipping_minor: Mapped[int] = mapped_column(server_default=text("0"))
    shipping_tax_minor: Mapped[int] = mapped_column(server_default=text("0"))
    tax_minor: Mapped[int] = mapped_column(server_default=text("0"))
    booked_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    failure: Mapped[str | None] = mapped_column(String(60))

    @property
    def amount(self) -> Money:
        """What goes back."""
        return Money(self.amount_minor, self.currency)


class RefundLine(Base):
    """What a refund takes from one line: money, the tax in it, the discount that stays off, units,
    and units put back on sale."""

    __tablename__ = "storefront_refund_lines"
    __table_args__ = (
        UniqueConstraint("merchant_id", "refund_id", "line_item_id"),
        CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
        CheckConstraint("discount_minor >= 0", name="discount_not_negative"),
        CheckConstraint("tax_minor >= 0 AND tax_minor <= amount_minor", name="tax_is_a_part"),
        CheckConstraint("restocked >= 0 AND restocked <= quantity", name="restocked_is_a_part"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    refund_id: Mapped[int] = mapped_column(ForeignKey(Refund.id))
    line_item_id: Mapped[int] = mapped_column(ForeignKey(LineItem.id))
    amount_minor: Mapped[int]
    discount_minor: Mapped[int] = mapped_column(server_default=text("0"))
    tax_minor: Mapped[int] = mapped_column(server_default=text("0"))
    quantity: Mapped[int] = mapped_column(Integer)
    restocked: Mapped[int] = mapped_column(Integer)


for _table in (PaymentEvent, RefundLine):
    append_only(_table.__table__)  # type: ignore[arg-type]

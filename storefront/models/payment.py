"""Money asked for and given back, and every message that the gateway sent."""

from __future__ import annotations

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
from storefront.models.order import Order


class Payment(Base):
    """Our record of money asked for. Of an order's payments one at most is kept: a second that
    succeeds is given back, and must be written down for that."""

    __tablename__ = "storefront_payments"
    __table_args__ = (
        UniqueConstraint("merchant_id", "public_id"),
        UniqueConstraint("merchant_id", "order_id", "attempt"),
        Index(None, "merchant_id", "gateway_reference"),
        Index(
            "ix_storefront_payments_pending",
            "opened_at",
            sqlite_where=text("succeeded_at IS NULL AND cancelled_at IS NULL"),
            postgresql_where=text("succeeded_at IS NULL AND cancelled_at IS NULL"),
        ),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
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
    """Money given back, or about to be: written first, sent afterwards."""

    __tablename__ = "storefront_refunds"
    __table_args__ = (
        UniqueConstraint("merchant_id", "public_id"),
        Index(None, "merchant_id", "payment_id"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
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


append_only(PaymentEvent.__table__)  # type: ignore[arg-type]

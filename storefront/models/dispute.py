"""A payment that its buyer disputes with their bank."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base
from storefront.domain.money import Money
from storefront.models.merchant import Merchant
from storefront.models.payment import Payment


class Dispute(Base):
    """One dispute as far as the gateway has told. `state` is its word, which only ever moves on;
    the dated facts say what has been booked: money withdrawn, lost for good, or won back."""

    __tablename__ = "storefront_disputes"
    __table_args__ = (
        UniqueConstraint("merchant_id", "public_id"),
        UniqueConstraint("merchant_id", "payment_id", "gateway_reference"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    payment_id: Mapped[int] = mapped_column(ForeignKey(Payment.id))
    public_id: Mapped[str] = mapped_column(String(24))
    gateway_reference: Mapped[str] = mapped_column(String(80))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(40))
    told_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    lost_at: Mapped[datetime | None]
    won_at: Mapped[datetime | None]

    @property
    def amount(self) -> Money:
        """What is disputed."""
        return Money(self.amount_minor, self.currency)

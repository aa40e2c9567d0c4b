"""The ledger of money: what came in, what went back and what it was for; and what each interaction
has earned of it. Rows are only added."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base
from storefront.db.triggers import append_only
from storefront.models.interaction import Interaction, Where
from storefront.models.merchant import Merchant
from storefront.models.order import Order
from storefront.models.payment import Payment


class LedgerEntry(Base):
    """One side of a transaction; the entries of a transaction sum to zero. `cause` and
    `reference` say what was booked (a payment, a refund), and each is booked once."""

    __tablename__ = "storefront_ledger_entries"
    __table_args__ = (
        UniqueConstraint("merchant_id", "cause", "reference", "account"),
        Index(None, "merchant_id", "order_id"),
        Index(None, "merchant_id", "payment_id"),
        Index(None, "merchant_id", "occurred_at"),
        CheckConstraint("amount_minor <> 0", name="amount_is_not_zero"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    transaction_id: Mapped[str] = mapped_column(String(24))
    cause: Mapped[str] = mapped_column(String(20))
    account: Mapped[str] = mapped_column(String(20))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    order_id: Mapped[int] = mapped_column(ForeignKey(Order.id))
    payment_id: Mapped[int] = mapped_column(ForeignKey(Payment.id))
    reference: Mapped[str] = mapped_column(String(24))
    occurred_at: Mapped[datetime]


class CreditEntry(Where, Base):
    """What an interaction has earned under one model, or given back; without an interaction the
    sale was direct. Under each model an order's entries sum to what it has earned net."""

    __tablename__ = "storefront_credit_entries"
    __table_args__ = (
        UniqueConstraint(
            "merchant_id",
            "order_id",
            "model",
            "position",
            "cause",
            "reference",
            name="uq_storefront_credit_entries_cause",
        ),
        Index(None, "merchant_id", "interaction_id"),
        Index(
            "ix_storefront_credit_entries_brought",
            "merchant_id",
            "model",
            "placement_id",
            "share_id",
            "cause",
            "amount_minor",
        ),
        Index(
            "ix_storefront_credit_entries_moments",
            "merchant_id",
            "model",
            "occurred_at",
            "placement_id",
            "share_id",
            "interaction_id",
            "amount_minor",
        ),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    order_id: Mapped[int] = mapped_column(ForeignKey(Order.id))
    model: Mapped[str] = mapped_column(String(30))
    position: Mapped[int] = mapped_column(Integer)
    interaction_id: Mapped[int | None] = mapped_column(ForeignKey(Interaction.id))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    cause: Mapped[str] = mapped_column(String(20))
    reference: Mapped[str] = mapped_column(String(24))
    occurred_at: Mapped[datetime]


for _table in (LedgerEntry, CreditEntry):
    append_only(_table.__table__)  # type: ignore[arg-type]

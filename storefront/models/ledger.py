"""The ledger of money: what came in, what went back and what it was for. Rows are only added."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base
from storefront.db.triggers import append_only
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


append_only(LedgerEntry.__table__)  # type: ignore[arg-type]

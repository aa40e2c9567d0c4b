"""Attempt: how often somebody has failed at something of late. Digests only, no names."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base


class Attempt(Base):
    """The failures of one kind by one subject, counted until `ends_at`; then they are forgotten.

    `merchant_id` is 0 where they concern the installation; `subject` is a keyed digest.
    """

    __tablename__ = "storefront_attempts"
    __table_args__ = (
        UniqueConstraint("merchant_id", "kind", "subject"),
        Index(None, "ends_at"),
        CheckConstraint("failures > 0", name="failures_counted"),
    )

    merchant_id: Mapped[int]
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(64))
    failures: Mapped[int] = mapped_column(Integer)
    ends_at: Mapped[datetime]

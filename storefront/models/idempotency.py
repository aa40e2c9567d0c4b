"""IdempotentRequest: the answer given to a request key, so that a repeat gets the same one."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base
from storefront.models.merchant import Merchant


class IdempotentRequest(Base):
    """One key of one caller on one route. While `leased_until` lies ahead the first request is
    still running; `subject` is what it has made so far, so that a repeat can go on with it."""

    __tablename__ = "storefront_idempotent_requests"
    __table_args__ = (
        UniqueConstraint("merchant_id", "caller", "route", "request_key"),
        Index(None, "created_at"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    caller: Mapped[str] = mapped_column(String(60))
    route: Mapped[str] = mapped_column(String(60))
    request_key: Mapped[str] = mapped_column(String(255))
    body_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    leased_until: Mapped[datetime]
    subject: Mapped[str | None] = mapped_column(String(24))
    status: Mapped[int | None] = mapped_column(Integer)
    answer: Mapped[dict | None]  # type: ignore[type-arg]

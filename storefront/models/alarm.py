"""Alarm: something a person must look at, counted rather than repeated."""

from datetime import datetime

from sqlalchemy import Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base


class Alarm(Base):
    """One kind of trouble at one merchant (0 is the installation itself). `seen_at` is when a
    person said that it is dealt with; it waits again when it rings after that."""

    __tablename__ = "storefront_alarms"
    __table_args__ = (UniqueConstraint("merchant_id", "kind"),)

    merchant_id: Mapped[int]
    kind: Mapped[str] = mapped_column(String(60))
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    count: Mapped[int] = mapped_column(Integer)
    mailed_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]

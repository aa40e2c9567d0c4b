"""Connection: a merchant's tie to an account of their own at the payment gateway."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base
from storefront.domain.connections import ConnectionFacts
from storefront.models.merchant import Merchant


class Connection(Base):
    """One try to connect: a merchant has the next only when the last has ended. Its public id is
    the key under which the account is made, so that there is one account for each row."""

    __tablename__ = "storefront_connections"
    __table_args__ = (UniqueConstraint("merchant_id", "attempt"), Index(None, "account"))

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    attempt: Mapped[int] = mapped_column(Integer)
    public_id: Mapped[str] = mapped_column(String(24))
    country: Mapped[str] = mapped_column(String(2))
    account: Mapped[str | None] = mapped_column(String(60))
    started_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    ready_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    @property
    def facts(self) -> ConnectionFacts:
        """The dated facts, for the rules."""
        return ConnectionFacts(self.submitted_at, self.ready_at, self.stopped_at, self.ended_at)

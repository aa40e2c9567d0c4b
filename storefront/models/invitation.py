"""Invitation: somebody asked by mail to work for a merchant."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base
from storefront.models.merchant import ROLE_CHECK, Member, Merchant


class Invitation(Base):
    """Open until it is accepted, withdrawn or over. `number` counts its mails: only the link of
    the latest is good."""

    __tablename__ = "storefront_invitations"
    __table_args__ = (
        UniqueConstraint("merchant_id", "public_id"),
        Index(None, "public_id"),
        CheckConstraint(ROLE_CHECK, name="role_is_known"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    invited_by_id: Mapped[int] = mapped_column(ForeignKey(Member.id))
    public_id: Mapped[str] = mapped_column(String(24))
    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[str] = mapped_column(String(20))
    number: Mapped[int] = mapped_column(Integer)
    sent_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

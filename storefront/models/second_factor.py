"""A member's second factor: the secret that their telephone shares, and codes for a lost one."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base
from storefront.models.merchant import Member


class SecondFactor(Base):
    """One per member. It counts once it is confirmed; the secret lies here encrypted, and
    `last_step` is the time step of the last code used: none is good twice."""

    __tablename__ = "storefront_second_factors"
    __table_args__ = (UniqueConstraint("member_id"),)

    member_id: Mapped[int] = mapped_column(ForeignKey(Member.id))
    encrypted_secret: Mapped[str] = mapped_column(String(255))
    started_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int | None]


class RecoveryCode(Base):
    """A code that stands in for the telephone once, kept as a keyed digest."""

    __tablename__ = "storefront_recovery_codes"
    __table_args__ = (UniqueConstraint("member_id", "digest"),)

    member_id: Mapped[int] = mapped_column(ForeignKey(Member.id))
    digest: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]

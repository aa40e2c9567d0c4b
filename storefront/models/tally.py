"""Interactions counted by day, so that a report need not read all of them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base
from storefront.models.merchant import Merchant


class ActTally(Base):
    """How often something was done on a day of the merchant's zone. A placement or share of 0
    stands for none: NULLs would not be one key."""

    __tablename__ = "storefront_act_tallies"
    __table_args__ = (
        UniqueConstraint("merchant_id", "acted_on", "kind", "placement_id", "share_id"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    acted_on: Mapped[date] = mapped_column(Date)
    placement_id: Mapped[int]
    share_id: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    count: Mapped[int]


class TallyMark(Base):
    """How far a merchant's interactions are counted: those recorded before this moment, by the
    days of this zone. In another zone counting begins anew."""

    __tablename__ = "storefront_tally_marks"
    __table_args__ = (UniqueConstraint("merchant_id"),)

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    zone: Mapped[str] = mapped_column(String(60))
    counted_before: Mapped[datetime]

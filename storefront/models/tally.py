"""Interactions counted by day, so that a report need not read all of them. Placements and shares
are counted apart: a day has few rows of placements, and as many of shares as were opened."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base
from storefront.models.merchant import Merchant


class PlacementTally(Base):
    """How often something was done at a placement on a day of the merchant's zone, by whoever is
    no member. A placement of 0 stands for none: NULLs would not be one key."""

    __tablename__ = "storefront_placement_tallies"
    __table_args__ = (
        UniqueConstraint("merchant_id", "kind", "acted_on", "placement_id"),
        Index(
            "ix_storefront_placement_tallies_counts",
            "merchant_id",
            "placement_id",
            "kind",
            "acted_on",
            "count",
        ),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    acted_on: Mapped[date] = mapped_column(Date)
    placement_id: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    count: Mapped[int]


class ShareTally(Base):
    """How often a shared link was opened on a day of the merchant's zone."""

    __tablename__ = "storefront_share_tallies"
    __table_args__ = (
        UniqueConstraint("merchant_id", "acted_on", "share_id"),
        Index("ix_storefront_share_tallies_counts", "merchant_id", "share_id", "count"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    acted_on: Mapped[date] = mapped_column(Date)
    share_id: Mapped[int]
    count: Mapped[int]


class TallyMark(Base):
    """How far a merchant's interactions are counted: those recorded before this moment, by the
    days of this zone. In another zone counting begins anew."""

    __tablename__ = "storefront_tally_marks"
    __table_args__ = (UniqueConstraint("merchant_id"),)

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    zone: Mapped[str] = mapped_column(String(60))
    counted_before: Mapped[datetime]

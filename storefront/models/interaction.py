"""Social acts and the links people send: append-only interactions, and shares."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base
from storefront.db.triggers import append_only
from storefront.models.channel import Placement
from storefront.models.merchant import Merchant


class Interaction(Base):
    """One recorded social act. `visitor` is a pseudonym; `assurance` says how sure we are:
    signed (our token proves it), network (a server with the merchant's token says so), bare
    (a page says so), inferred (from the referring page). `public_id` tells `recorded_at`, by which
    it is found. Merchants and placements are never deleted, and `check` looks for rows without."""

    __tablename__ = "storefront_interactions"
    __table_args__ = (
        Index(
            "ix_storefront_interactions_path",
            "merchant_id",
            "visitor",
            "occurred_at",
            "placement_id",
        ),
        Index(None, "merchant_id", "recorded_at"),
        Index(None, "merchant_id", "occurred_at"),
        CheckConstraint(
            "assurance IN ('signed', 'network', 'bare', 'inferred')", name="assurance_is_known"
        ),
        # PostgreSQL would lock a shop's one row, and the post's, for each act of anybody at it.
        ForeignKeyConstraint(["merchant_id"], [Merchant.id]).ddl_if(dialect="sqlite"),
        ForeignKeyConstraint(["placement_id"], [Placement.id]).ddl_if(dialect="sqlite"),
    )

    merchant_id: Mapped[int]
    public_id: Mapped[str] = mapped_column(String(24))
    placement_id: Mapped[int | None]
    share_id: Mapped[int | None]
    visitor: Mapped[str | None] = mapped_column(String(26))
    parent_id: Mapped[int | None]
    kind: Mapped[str] = mapped_column(String(20))
    assurance: Mapped[str] = mapped_column(String(10))
    surface: Mapped[str] = mapped_column(String(10))
    referrer: Mapped[str | None] = mapped_column(String(253))
    is_direct: Mapped[bool]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class Share(Base):
    """A link that a person or merchant sends out; `interaction_id` is the act of sharing."""

    __tablename__ = "storefront_shares"
    __table_args__ = (
        UniqueConstraint("merchant_id", "public_id"),
        Index(None, "public_id"),
        UniqueConstraint("merchant_id", "interaction_id"),
        Index(None, "interaction_id"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    public_id: Mapped[str] = mapped_column(String(24))
    placement_id: Mapped[int] = mapped_column(ForeignKey(Placement.id))
    interaction_id: Mapped[int] = mapped_column(ForeignKey(Interaction.id))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("storefront_shares.id"))
    depth: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]


class Where:
    """Where an interaction happened, written beside what it led to: whoever adds up sales need not
    look among all interactions. Both are empty where nothing social led to a sale."""

    placement_id: Mapped[int | None]
    share_id: Mapped[int | None]


append_only(Interaction.__table__, dated_by="recorded_at")  # type: ignore[arg-type]

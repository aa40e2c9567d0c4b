"""What led to an order, frozen when it was placed, and how its credit is shared."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base
from storefront.db.triggers import append_only
from storefront.models.interaction import Interaction, Where
from storefront.models.merchant import Merchant
from storefront.models.order import Order


class OrderTouchpoint(Base):
    """An interaction that counts towards an order, in its place on the path."""

    __tablename__ = "storefront_order_touchpoints"
    __table_args__ = (
        UniqueConstraint("merchant_id", "order_id", "position"),
        Index(None, "interaction_id"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    order_id: Mapped[int] = mapped_column(ForeignKey(Order.id))
    position: Mapped[int] = mapped_column(Integer)
    interaction_id: Mapped[int] = mapped_column(ForeignKey(Interaction.id))
    kind: Mapped[str] = mapped_column(String(20))
    occurred_at: Mapped[datetime]


class OrderOrigin(Where, Base):
    """The one thing that produced an order: an interaction, or nothing social ("direct").
    `evidence` says whether the buyer's mark was ours (verified), altered (unverified) or
    missing (none)."""

    __tablename__ = "storefront_order_origins"
    __table_args__ = (
        UniqueConstraint("merchant_id", "order_id"),
        Index(None, "interaction_id"),
        CheckConstraint("evidence IN ('verified', 'unverified', 'none')", name="evidence_is_known"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    order_id: Mapped[int] = mapped_column(ForeignKey(Order.id))
    interaction_id: Mapped[int | None] = mapped_column(ForeignKey(Interaction.id))
    evidence: Mapped[str] = mapped_column(String(10))


class Attribution(Where, Base):
    """A touchpoint's share of a paid order under one model; without a touchpoint the sale was
    direct. A model's shares of an order sum to 10,000."""

    __tablename__ = "storefront_attributions"
    __table_args__ = (
        UniqueConstraint("merchant_id", "order_id", "model", "position"),
        Index(None, "interaction_id"),
        Index(None, "merchant_id", "assigned_at"),
        CheckConstraint("share > 0 AND share <= 10000", name="share_is_a_part"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    order_id: Mapped[int] = mapped_column(ForeignKey(Order.id))
    model: Mapped[str] = mapped_column(String(30))
    position: Mapped[int] = mapped_column(Integer)
    interaction_id: Mapped[int | None] = mapped_column(ForeignKey(Interaction.id))
    share: Mapped[int] = mapped_column(Integer)
    assigned_at: Mapped[datetime]


for _table in (OrderTouchpoint, OrderOrigin, Attribution):
    append_only(_table.__table__)  # type: ignore[arg-type]

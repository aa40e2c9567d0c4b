"""SavedView: the filters of a list under a member's own name for them."""

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base
from storefront.models.merchant import Member, Merchant


class SavedView(Base):
    """What one member asks a merchant's list of orders for, field by field. The words that they
    searched for are never in it: those are names of buyers more often than not."""

    __tablename__ = "storefront_saved_views"
    __table_args__ = (
        UniqueConstraint("merchant_id", "member_id", "name"),
        UniqueConstraint("merchant_id", "public_id"),
        Index(None, "member_id"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    member_id: Mapped[int] = mapped_column(ForeignKey(Member.id))
    public_id: Mapped[str] = mapped_column(String(24))
    name: Mapped[str] = mapped_column(String(60))
    fields: Mapped[dict[str, str]] = mapped_column(JSON)

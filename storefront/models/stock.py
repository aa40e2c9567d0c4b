"""StockEntry: each change of what a merchant has put on sale. Append-only; sales are on lines."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base
from storefront.db.triggers import append_only
from storefront.models.catalog import Variant
from storefront.models.merchant import Member, Merchant


class StockEntry(Base):
    """So many units more or fewer of a variant, why, and by whom. A variant's entries sum to its
    `stock`, or to zero while there is no limit. `key` lets the same form count once only."""

    __tablename__ = "storefront_stock_entries"
    __table_args__ = (
        UniqueConstraint("merchant_id", "key"),
        Index(None, "merchant_id", "variant_id"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    variant_id: Mapped[int] = mapped_column(ForeignKey(Variant.id))
    key: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(20))
    units: Mapped[int] = mapped_column(Integer)
    member_id: Mapped[int | None] = mapped_column(ForeignKey(Member.id))
    made_at: Mapped[datetime]


append_only(StockEntry.__table__)  # type: ignore[arg-type]

"""What a shop says of itself beside its name: the texts that law wants, and its pictures."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db.base import Base
from storefront.models.merchant import Merchant

TEXTS = ("terms", "privacy", "returns", "imprint")
PICTURES = ("logo", "cover")


class ShopText(Base):
    """A text of the merchant's, or the address elsewhere where it stands."""

    __tablename__ = "storefront_shop_texts"
    __table_args__ = (
        UniqueConstraint("merchant_id", "kind"),
        CheckConstraint(f"kind IN {TEXTS}", name="kind_is_known"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    kind: Mapped[str] = mapped_column(String(20))
    url: Mapped[str] = mapped_column(String(2000))
    body: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]


class ShopPicture(Base):
    """A picture of the shop itself: its logo, or what stands over its page."""

    __tablename__ = "storefront_shop_pictures"
    __table_args__ = (
        UniqueConstraint("merchant_id", "kind"),
        CheckConstraint(f"kind IN {PICTURES}", name="kind_is_known"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    kind: Mapped[str] = mapped_column(String(20))
    file: Mapped[str] = mapped_column(String(300))
    alt: Mapped[str] = mapped_column(String(420))
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)

"""What is sold: products, their pictures, and variants with price and stock."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storefront.db.base import Base
from storefront.domain.catalog import StockCount
from storefront.domain.money import Money
from storefront.models.merchant import Merchant


class Product(Base):
    """What is shown and described; its variants are what is bought. `handle` is its name in files
    of products; `version` grows with each edit, so that two editors notice each other."""

    __tablename__ = "storefront_products"
    __table_args__ = (
        UniqueConstraint("merchant_id", "public_id"),
        Index("uq_storefront_products_merchant_id_handle", "merchant_id", "handle", unique=True),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    public_id: Mapped[str] = mapped_column(String(24))
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    handle: Mapped[str] = mapped_column(String(255), server_default=text("''"))
    is_giftable: Mapped[bool] = mapped_column(server_default=true())
    is_promotable: Mapped[bool] = mapped_column(server_default=true())
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))

    variants: Mapped[list["Variant"]] = relationship(order_by="Variant.position, Variant.id")
    images: Mapped[list["ProductImage"]] = relationship(
        order_by="ProductImage.position, ProductImage.id"
    )


class ProductImage(Base):
    """A picture with its alternative text. `file` is a name in the media folder or an https
    address; `widths` are the smaller sizes kept beside it, such as "320 640". A width and height
    of 0 are those of a picture elsewhere that nobody has measured."""

    __tablename__ = "storefront_product_images"
    __table_args__ = (
        Index(None, "merchant_id", "product_id"),
        Index(
            "uq_storefront_product_images_merchant_id_public_id",
            "merchant_id",
            "public_id",
            unique=True,
        ),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    product_id: Mapped[int] = mapped_column(ForeignKey(Product.id))
    file: Mapped[str] = mapped_column(String(500))
    alt: Mapped[str] = mapped_column(String(300))
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    position: Mapped[int] = mapped_column(Integer)
    public_id: Mapped[str] = mapped_column(String(24), server_default=text("''"))
    widths: Mapped[str] = mapped_column(String(60), server_default=text("''"))


class Variant(Base):
    """The exact thing with price and stock. `stock` counts units ever put on sale, None is
    unlimited; `held` are promised to open orders, `sold` are paid for. `low_at` is since when no
    more than `low_stock` are unsold."""

    __tablename__ = "storefront_variants"
    __table_args__ = (
        UniqueConstraint("merchant_id", "sku"),
        UniqueConstraint("merchant_id", "public_id"),
        Index(None, "merchant_id", "product_id"),
        Index(
            "ix_storefront_variants_low",
            "merchant_id",
            sqlite_where=text("low_at IS NOT NULL"),
            postgresql_where=text("low_at IS NOT NULL"),
        ),
        CheckConstraint("price_minor >= 0", name="price_not_negative"),
        CheckConstraint("held >= 0", name="held_not_negative"),
        CheckConstraint("sold >= 0", name="sold_not_negative"),
        CheckConstraint("stock IS NULL OR held + sold <= stock", name="never_oversold"),
    )

    merchant_id: Mapped[int] = mapped_column(ForeignKey(Merchant.id))
    product_id: Mapped[int] = mapped_column(ForeignKey(Product.id))
    public_id: Mapped[str] = mapped_column(String(24))
    sku: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(120))
    price_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    stock: Mapped[int | None]
    held: Mapped[int]
    sold: Mapped[int]
    position: Mapped[int] = mapped_column(Integer)
    withdrawn_at: Mapped[datetime | None]
    low_stock: Mapped[int | None] = mapped_column(Integer)
    low_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))

    @property
    def price(self) -> Money:
        """Price of one."""
        return Money(self.price_minor, self.currency)

    @property
    def count(self) -> StockCount:
        """The counters as a value."""
        return StockCount(stock=self.stock, held=self.held, sold=self.sold)

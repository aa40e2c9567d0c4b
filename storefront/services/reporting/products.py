"""Products with what is on the shelf, promised to open orders, and sold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from storefront.models import Product
from storefront.services.pictures import picture_view
from storefront.services.reporting.pages import Slice, cut

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storefront.domain.money import Money
    from storefront.models import Variant
    from storefront.services.views import ImageView
    from storefront.settings import Settings

PAGE_SIZE = 25


@dataclass(frozen=True)
class VariantRow:
    """A variant's counters; `stock` and `left` are None where there is no limit."""

    public_id: str
    name: str
    sku: str
    price: Money
    stock: int | None
    held: int
    sold: int

    @property
    def left(self) -> int | None:
        """How many can still be bought."""
        return None if self.stock is None else self.stock - self.held - self.sold


@dataclass(frozen=True)
class ProductRow:
    """A product with its variants and its first picture."""

    public_id: str
    name: str
    image: ImageView | None
    variants: tuple[VariantRow, ...]


@dataclass(frozen=True)
class ProductList:
    """One page of products."""

    rows: tuple[ProductRow, ...]
    slice: Slice


def list_products(
    session: Session,
    merchant_id: int,
    settings: Settings,
    *,
    page: int = 1,
    size: int = PAGE_SIZE,
) -> ProductList:
    """Return a page of what this merchant sells, by name; withdrawn things are left out."""
    sold_here = (Product.merchant_id == merchant_id, Product.withdrawn_at.is_(None))
    total = session.scalar(select(func.count()).select_from(Product).where(*sold_here))
    cutting = cut(total or 0, page, size=size)
    products = session.scalars(
        select(Product)
        .options(selectinload(Product.variants), selectinload(Product.images))
        .where(*sold_here)
        .order_by(Product.name, Product.id)
        .limit(cutting.size)
        .offset(cutting.offset)
    )
    return ProductList(tuple(_row(product, settings) for product in products), cutting)


def _row(product: Product, settings: Settings) -> ProductRow:
    return ProductRow(
        public_id=product.public_id,
        name=product.name,
        image=picture_view(product.images[0], settings) if product.images else None,
        variants=tuple(_variant(row) for row in product.variants if row.withdrawn_at is None),
    )


def _variant(row: Variant) -> VariantRow:
    return VariantRow(
        public_id=row.public_id,
        name=row.name,
        sku=row.sku,
        price=row.price,
        stock=row.stock,
        held=row.held,
        sold=row.sold,
    )

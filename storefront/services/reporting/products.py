"""Products as a merchant's list: searched, by state, sorted, with what is left of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import selectinload

from storefront.models import Product, Variant
from storefront.services.pictures import picture_view
from storefront.services.reporting.pages import Slice, cut
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ScalarSelect
    from sqlalchemy.orm import Session

    from storefront.domain.money import Money
    from storefront.services.views import ImageView
    from storefront.settings import Settings

PAGE_SIZE = 25
STATES = ("on_sale", "low", "withdrawn")
SORTS = ("name", "new", "price", "left")


@frozen
class ProductsSought:
    """Which products are asked for, and in what order; no state is what is on sale."""

    query: str = ""
    state: str = ""
    sort: str = "name"


@frozen
class VariantRow:
    """A variant's counters; `stock` and `left` are None where there is no limit."""

    public_id: str
    name: str
    sku: str
    price: Money
    stock: int | None
    held: int
    sold: int
    is_low: bool

    @property
    def left(self) -> int | None:
        """How many can still be bought."""
        return None if self.stock is None else self.stock - self.held - self.sold


@frozen
class ProductRow:
    """A product with its first picture and the variants that are on sale."""

    public_id: str
    name: str
    image: ImageView | None
    variants: tuple[VariantRow, ...]
    is_withdrawn: bool

    @property
    def prices(self) -> tuple[Money, ...]:
        """The lowest price, and the highest where it differs; none without variants."""
        by_amount = sorted({row.price for row in self.variants}, key=lambda price: price.minor)
        return (by_amount[0], by_amount[-1])[: len(by_amount)] if by_amount else ()

    @property
    def left(self) -> int | None:
        """How many can still be bought of all variants; None when one has no limit."""
        counts = [row.left for row in self.variants]
        return None if None in counts else sum(count or 0 for count in counts)

    @property
    def is_low(self) -> bool:
        """Whether some variant has become low."""
        return any(row.is_low for row in self.variants)


@frozen
class ProductList:
    """One page of products. `counts` says how many of each state the search finds."""

    rows: tuple[ProductRow, ...]
    slice: Slice
    counts: Mapping[str, int]

    @property
    def is_empty(self) -> bool:
        """Whether the search finds nothing in any state."""
        return not any(self.counts.values())


def list_products(
    session: Session,
    merchant_id: int,
    settings: Settings,
    *,
    sought: ProductsSought | None = None,
    page: int = 1,
    size: int = PAGE_SIZE,
) -> ProductList:
    """Return a page of what this merchant sells; without a state, of what is on sale."""
    sought = sought or ProductsSought()
    found = (Product.merchant_id == merchant_id, *_matches(sought.query))
    counts = {state: _count(session, *found, _is(state)) for state in STATES}
    state = sought.state or STATES[0]
    cutting = cut(counts[state], page, size=size)
    products = session.scalars(
        select(Product)
        .options(selectinload(Product.variants), selectinload(Product.images))
        .where(*found, _is(state))
        .order_by(*_order(sought.sort), Product.id)
        .limit(cutting.size)
        .offset(cutting.offset)
    )
    return ProductList(tuple(_row(product, settings) for product in products), cutting, counts)


def is_found(merchant_id: int, sought: ProductsSought) -> tuple[ColumnElement[bool], ...]:
    """Return what a product must fulfil to be among those sought, in any state if none is named."""
    states = [_is(sought.state)] if sought.state else []
    return (Product.merchant_id == merchant_id, *_matches(sought.query), *states)


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Product).where(*conditions)) or 0


def _is(state: str) -> ColumnElement[bool]:
    if state == "withdrawn":
        return Product.withdrawn_at.is_not(None)
    if state == "low":
        return and_(Product.withdrawn_at.is_(None), Product.id.in_(_low()))
    return Product.withdrawn_at.is_(None)


def _low() -> ScalarSelect[int]:
    return (
        select(Variant.product_id)
        .where(Variant.low_at.is_not(None), Variant.withdrawn_at.is_(None))
        .scalar_subquery()
    )


def _matches(query: str) -> list[ColumnElement[bool]]:
    """Return what a product must fulfil to be found: each word, somewhere."""
    return [_has(word) for word in query.split()]


def _has(word: str) -> ColumnElement[bool]:
    own = Variant.product_id == Product.id
    named = or_(
        Variant.sku.icontains(word, autoescape=True), Variant.name.icontains(word, autoescape=True)
    )
    return or_(
        Product.name.icontains(word, autoescape=True),
        Product.public_id == word,
        select(Variant.id).where(own, named).exists(),
    )


def _order(sort: str) -> tuple[ColumnElement[Any], ...]:
    name = func.lower(Product.name)
    if sort == "new":
        return (Product.created_at.desc(),)
    if sort == "price":
        return (_of_variants(func.min(Variant.price_minor)).asc().nulls_last(), name)
    if sort == "left":
        return (_of_variants(_left_of_all()).asc().nulls_last(), name)
    return (name,)


def _left_of_all() -> ColumnElement[int]:
    """How many are left of all variants; nothing where one of them has no limit."""
    left = func.sum(Variant.stock - Variant.held - Variant.sold)
    return case((func.count() == func.count(Variant.stock), left))


def _of_variants(figure: ColumnElement[int]) -> ScalarSelect[int]:
    return (
        select(figure)
        .where(Variant.product_id == Product.id, Variant.withdrawn_at.is_(None))
        .correlate(Product)
        .scalar_subquery()
    )


def _row(product: Product, settings: Settings) -> ProductRow:
    return ProductRow(
        public_id=product.public_id,
        name=product.name,
        image=picture_view(product.images[0], settings) if product.images else None,
        variants=tuple(variant_row(row) for row in product.variants if row.withdrawn_at is None),
        is_withdrawn=product.withdrawn_at is not None,
    )


def variant_row(row: Variant) -> VariantRow:
    """Return a variant as lists show it."""
    return VariantRow(
        public_id=row.public_id,
        name=row.name,
        sku=row.sku,
        price=row.price,
        stock=row.stock,
        held=row.held,
        sold=row.sold,
        is_low=row.low_at is not None,
    )

"""What a placement shows: products with live price and stock, searched and paged."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, func, or_, select

from storefront import links
from storefront.domain.catalog import availability
from storefront.errors import NotFound
from storefront.models import PlacementProduct, Product, ProductImage, Store, Variant
from storefront.services.offer_shelf import offer_products
from storefront.services.offering import Entered, Occasion
from storefront.services.views import ImageView, ProductView, ShelfView, StoreView, VariantView

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.services.views import PlacementView
    from storefront.settings import Settings

COLUMNS = (
    Product.id,
    Product.public_id,
    Product.name,
    Product.description,
    Product.is_promotable,
)
PAGE_SIZE = 12
LONGEST_QUERY = 100


def shelf(
    session: Session,
    placement: PlacementView,
    settings: Settings,
    *,
    now: datetime,
    followed: frozenset[str] = frozenset(),
    visitor: str | None = None,
    query: str = "",
    page: int = 1,
) -> ShelfView:
    """Return page `page` (from 1) of what the placement shows at `now`, narrowed by `query`.

    `followed` are links of offers that led the shopper here, `visitor` is the key of one whom we
    know.
    """
    words = query.strip()[:LONGEST_QUERY]
    conditions = [_on_shelf(placement), *_matches(words)]
    total = session.scalar(select(func.count()).select_from(Product).where(*conditions)) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(1, page), pages)
    rows = session.execute(
        select(*COLUMNS)
        .join(PlacementProduct, PlacementProduct.product_id == Product.id)
        .where(*conditions, PlacementProduct.placement_id == placement.id)
        .order_by(PlacementProduct.position, Product.id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    found = _with_parts(session, placement.merchant.id, rows, settings=settings)
    occasion = Occasion(now, placement.id, Entered(links=followed), visitor=visitor)
    products = offer_products(session, placement.merchant.id, found, occasion=occasion)
    return ShelfView(placement, products, query=words, page=page, pages=pages, total=total)


def get_product(
    session: Session,
    placement: PlacementView,
    public_id: str,
    *,
    settings: Settings,
    now: datetime,
    followed: frozenset[str] = frozenset(),
    visitor: str | None = None,
) -> ProductView:
    """Return one product that the placement shows at `now`; raise `NotFound` otherwise."""
    rows = session.execute(
        select(*COLUMNS).where(_on_shelf(placement), Product.public_id == public_id)
    ).all()
    if not rows:
        raise NotFound
    found = _with_parts(session, placement.merchant.id, rows, settings=settings)
    occasion = Occasion(now, placement.id, Entered(links=followed), visitor=visitor)
    return offer_products(session, placement.merchant.id, found, occasion=occasion)[0]


def products_of_variants(
    session: Session, merchant_id: int, variant_ids: Iterable[str], *, settings: Settings
) -> dict[str, tuple[ProductView, VariantView]]:
    """Return product and variant for each public id that this merchant still sells, by the list:
    what offers take off depends on the whole cart."""
    wanted = list(variant_ids)
    rows = session.execute(
        select(*COLUMNS).where(
            Product.merchant_id == merchant_id,
            Product.withdrawn_at.is_(None),
            Product.id.in_(
                select(Variant.product_id).where(
                    Variant.merchant_id == merchant_id,
                    Variant.public_id.in_(wanted),
                    Variant.withdrawn_at.is_(None),
                )
            ),
        )
    ).all()
    found = {}
    for product in _with_parts(session, merchant_id, rows, settings=settings):
        for variant in product.variants:
            if variant.public_id in wanted:
                found[variant.public_id] = (product, variant)
    return found


def list_for_sale(
    session: Session, merchant_id: int, settings: Settings, *, query: str = "", most: int
) -> tuple[ProductView, ...]:
    """Return up to `most` of all that this merchant sells, by name, narrowed by `query`."""
    words = query.strip()[:LONGEST_QUERY]
    rows = session.execute(
        select(*COLUMNS)
        .where(Product.merchant_id == merchant_id, Product.withdrawn_at.is_(None), *_matches(words))
        .order_by(Product.name, Product.id)
        .limit(most)
    ).all()
    return _with_parts(session, merchant_id, rows, settings=settings)


def list_named(
    session: Session, merchant_id: int, public_ids: Sequence[str], *, settings: Settings
) -> tuple[ProductView, ...]:
    """Return the products of this merchant with these names, in their order; others are left
    out."""
    rows = session.execute(
        select(*COLUMNS).where(
            Product.merchant_id == merchant_id,
            Product.withdrawn_at.is_(None),
            Product.public_id.in_(public_ids),
        )
    ).all()
    found = _with_parts(session, merchant_id, rows, settings=settings)
    return tuple(sorted(found, key=lambda product: public_ids.index(product.public_id)))


def list_stores(session: Session, merchant_id: int) -> tuple[StoreView, ...]:
    """Return the merchant's open stores in their order."""
    rows = session.execute(
        select(Store.id, Store.public_id, Store.name, Store.address, Store.hours)
        .where(Store.merchant_id == merchant_id, Store.closed_at.is_(None))
        .order_by(Store.position, Store.id)
    )
    return tuple(StoreView(*row) for row in rows)


def _on_shelf(placement: PlacementView) -> ColumnElement[bool]:
    shown = select(PlacementProduct.product_id).where(
        PlacementProduct.merchant_id == placement.merchant.id,
        PlacementProduct.placement_id == placement.id,
    )
    return (
        (Product.merchant_id == placement.merchant.id)
        & Product.withdrawn_at.is_(None)
        & Product.id.in_(shown)
    )


def _matches(words: str) -> list[ColumnElement[bool]]:
    return [
        or_(
            Product.name.icontains(word, autoescape=True),
            Product.description.icontains(word, autoescape=True),
        )
        for word in words.split()
    ]


def _with_parts(
    session: Session,
    merchant_id: int,
    rows: Sequence[Sequence[Any]],
    *,
    settings: Settings,
) -> tuple[ProductView, ...]:
    ids = [row[0] for row in rows]
    if not ids:
        return ()
    variants = _variants(session, merchant_id, ids)
    images = _images(session, merchant_id, ids, settings=settings)
    return tuple(
        ProductView(
            id=product_id,
            public_id=public_id,
            name=name,
            description=description,
            is_promotable=is_promotable,
            images=tuple(images[product_id]),
            variants=tuple(variants[product_id]),
        )
        for product_id, public_id, name, description, is_promotable in rows
        if variants[product_id]
    )


def _variants(
    session: Session, merchant_id: int, product_ids: Sequence[object]
) -> defaultdict[object, list[VariantView]]:
    found: defaultdict[object, list[VariantView]] = defaultdict(list)
    for variant in session.scalars(
        select(Variant)
        .where(
            Variant.merchant_id == merchant_id,
            Variant.product_id.in_(product_ids),
            Variant.withdrawn_at.is_(None),
        )
        .order_by(Variant.position, Variant.id)
    ):
        found[variant.product_id].append(
            VariantView(
                id=variant.id,
                public_id=variant.public_id,
                name=variant.name,
                sku=variant.sku,
                price=variant.price,
                list_price=variant.price,
                availability=availability(variant.count),
            )
        )
    return found


def _images(
    session: Session, merchant_id: int, product_ids: Sequence[object], *, settings: Settings
) -> defaultdict[object, list[ImageView]]:
    found: defaultdict[object, list[ImageView]] = defaultdict(list)
    rows = session.execute(
        select(
            ProductImage.product_id,
            ProductImage.file,
            ProductImage.alt,
            ProductImage.width,
            ProductImage.height,
            ProductImage.widths,
        )
        .where(ProductImage.merchant_id == merchant_id, ProductImage.product_id.in_(product_ids))
        .order_by(ProductImage.position, ProductImage.id)
    )
    for product_id, file, alt, width, height, widths in rows:
        found[product_id].append(
            ImageView(
                links.media(settings, file),
                alt,
                width,
                height,
                links.picture_sources(settings, file, widths),
            )
        )
    return found

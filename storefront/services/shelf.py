"""What a placement shows: products with live price and stock, searched and paged."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, bindparam, func, or_, select

from storefront import links
from storefront.db.hot import read, table_of
from storefront.domain.catalog import StockCount, availability
from storefront.domain.money import Money
from storefront.errors import NotFound
from storefront.models import PlacementProduct, Product, ProductImage, Store, Variant
from storefront.services.offer_shelf import next_turn, offer_products, price_products
from storefront.services.offer_terms import offers_for
from storefront.services.offering import Entered, Occasion
from storefront.services.views import ImageView, ProductView, ShelfView, StoreView, VariantView

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.db.hot import AnyRow
    from storefront.services.views import PlacementView
    from storefront.settings import Settings

_product, _shown, _variant, _image, _store = map(
    table_of, (Product, PlacementProduct, Variant, ProductImage, Store)
)
PRODUCTS = select(
    _product.c.id,
    _product.c.public_id,
    _product.c.name,
    _product.c.description,
    _product.c.is_promotable,
).where(_product.c.merchant_id == bindparam("merchant_id"), _product.c.withdrawn_at.is_(None))
ON_SHELF = PRODUCTS.join(_shown, _shown.c.product_id == _product.c.id).where(
    _shown.c.merchant_id == _product.c.merchant_id,
    _shown.c.placement_id == bindparam("placement_id"),
)
IN_ORDER = ON_SHELF.order_by(_shown.c.position, _product.c.id)
ONE_ON_SHELF = ON_SHELF.where(_product.c.public_id == bindparam("public_id"))
OF_VARIANTS = PRODUCTS.where(
    _product.c.id.in_(
        select(_variant.c.product_id).where(
            _variant.c.merchant_id == bindparam("merchant_id"),
            _variant.c.public_id.in_(bindparam("variants", expanding=True)),
            _variant.c.withdrawn_at.is_(None),
        )
    )
)
NAMED = PRODUCTS.where(_product.c.public_id.in_(bindparam("public_ids", expanding=True)))
VARIANTS = (
    select(
        _variant.c.id,
        _variant.c.product_id,
        _variant.c.public_id,
        _variant.c.name,
        _variant.c.sku,
        _variant.c.price_minor,
        _variant.c.currency,
        _variant.c.stock,
        _variant.c.held,
        _variant.c.sold,
    )
    .where(
        _variant.c.merchant_id == bindparam("merchant_id"),
        _variant.c.product_id.in_(bindparam("products", expanding=True)),
        _variant.c.withdrawn_at.is_(None),
    )
    .order_by(_variant.c.position, _variant.c.id)
)
IMAGES = (
    select(
        _image.c.product_id,
        _image.c.file,
        _image.c.alt,
        _image.c.width,
        _image.c.height,
        _image.c.widths,
    )
    .where(
        _image.c.merchant_id == bindparam("merchant_id"),
        _image.c.product_id.in_(bindparam("products", expanding=True)),
    )
    .order_by(_image.c.position, _image.c.id)
)
STORES = (
    select(_store.c.id, _store.c.public_id, _store.c.name, _store.c.address, _store.c.hours)
    .where(_store.c.merchant_id == bindparam("merchant_id"), _store.c.closed_at.is_(None))
    .order_by(_store.c.position, _store.c.id)
)
PAGE_SIZE = 12
LONGEST_QUERY = 100
FIRST_PAGE = IN_ORDER.limit(PAGE_SIZE)


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
    rows, page, total = _page_of(session, placement, words, page=page)
    found = _with_parts(session, placement.merchant.id, rows, settings=settings)
    occasion = Occasion(now, placement.id, Entered(links=followed), visitor=visitor)
    known = offers_for(session, placement.merchant.id, now=now, visitor=visitor)
    return ShelfView(
        placement,
        price_products(session, found, known, occasion=occasion),
        query=words,
        page=page,
        pages=_pages_of(total),
        total=total,
        good_until=next_turn(known, now),
    )


def _page_of(
    session: Session, placement: PlacementView, words: str, *, page: int
) -> tuple[Sequence[AnyRow], int, int]:
    """Return a page's rows, its number where there are not so many, and how many rows there are in
    all. A first page that is not full is all there is, and needs no count."""
    own = {"merchant_id": placement.merchant.id, "placement_id": placement.id}
    matching = _matches(words)
    if page <= 1 and not words:
        rows = read(session, FIRST_PAGE, **own)
        if len(rows) < PAGE_SIZE:
            return rows, 1, len(rows)
    every = ON_SHELF.where(*matching).with_only_columns(func.count())
    total = session.execute(every, own).scalar_one()
    page = min(max(1, page), _pages_of(total))
    there = IN_ORDER.where(*matching).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    return session.execute(there, own).all(), page, total


def _pages_of(total: int) -> int:
    """Return how many pages so many products fill, at least one."""
    return max(1, -(-total // PAGE_SIZE))


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
    rows = read(
        session,
        ONE_ON_SHELF,
        merchant_id=placement.merchant.id,
        placement_id=placement.id,
        public_id=public_id,
    )
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
    if not wanted:
        return {}
    rows = read(session, OF_VARIANTS, merchant_id=merchant_id, variants=wanted)
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
    by_name = PRODUCTS.where(*_matches(words)).order_by(_product.c.name, _product.c.id)
    rows = session.execute(by_name.limit(most), {"merchant_id": merchant_id}).all()
    return _with_parts(session, merchant_id, rows, settings=settings)


def list_named(
    session: Session, merchant_id: int, public_ids: Sequence[str], *, settings: Settings
) -> tuple[ProductView, ...]:
    """Return the products of this merchant with these names, in their order; others are left
    out."""
    rows = read(session, NAMED, merchant_id=merchant_id, public_ids=list(public_ids))
    found = _with_parts(session, merchant_id, rows, settings=settings)
    return tuple(sorted(found, key=lambda product: public_ids.index(product.public_id)))


def list_stores(session: Session, merchant_id: int) -> tuple[StoreView, ...]:
    """Return the merchant's open stores in their order."""
    return tuple(StoreView(*row) for row in read(session, STORES, merchant_id=merchant_id))


def _matches(words: str) -> list[ColumnElement[bool]]:
    return [
        or_(
            _product.c.name.icontains(word, autoescape=True),
            _product.c.description.icontains(word, autoescape=True),
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
    for row in read(session, VARIANTS, merchant_id=merchant_id, products=list(product_ids)):
        price = Money(row.price_minor, row.currency)
        found[row.product_id].append(
            VariantView(
                id=row.id,
                public_id=row.public_id,
                name=row.name,
                sku=row.sku,
                price=price,
                list_price=price,
                availability=availability(StockCount(row.stock, row.held, row.sold)),
            )
        )
    return found


def _images(
    session: Session, merchant_id: int, product_ids: Sequence[object], *, settings: Settings
) -> defaultdict[object, list[ImageView]]:
    found: defaultdict[object, list[ImageView]] = defaultdict(list)
    rows = read(session, IMAGES, merchant_id=merchant_id, products=list(product_ids))
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

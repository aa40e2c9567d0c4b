"""Products as files hold them, read a few at a time: a large shop is never held whole, and no
connection waits for a slow reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from storefront import links
from storefront.feeds.values import FeedPicture, FeedProduct, FeedVariant
from storefront.models import Product
from storefront.services.reporting.products import is_found

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from storefront.models import ProductImage, Variant
    from storefront.ports import Ports
    from storefront.services.reporting.products import ProductsSought
    from storefront.settings import Settings

PAGE = 200


def each_product(
    ports: Ports, merchant_id: int, sought: ProductsSought, *, only: Sequence[str] = ()
) -> Iterator[FeedProduct]:
    """Yield every product that is sought, or `only` those of these public ids, oldest first."""
    conditions = (Product.public_id.in_(only),) if only else ()
    last = 0
    while True:
        with ports.reads() as session:
            products = session.scalars(
                select(Product)
                .options(selectinload(Product.variants), selectinload(Product.images))
                .where(*is_found(merchant_id, sought), *conditions, Product.id > last)
                .order_by(Product.id)
                .limit(PAGE)
            ).all()
        if not products:
            return
        for product in products:
            yield _product(product, ports.settings)
        last = products[-1].id


def _product(product: Product, settings: Settings) -> FeedProduct:
    return FeedProduct(
        row=0,
        handle=product.handle,
        name=product.name,
        description=product.description,
        is_withdrawn=product.withdrawn_at is not None,
        is_giftable=product.is_giftable,
        is_promotable=product.is_promotable,
        variants=[_variant(variant) for variant in product.variants],
        pictures=[_picture(image, settings) for image in product.images],
    )


def _variant(variant: Variant) -> FeedVariant:
    left = None if variant.stock is None else variant.stock - variant.held - variant.sold
    return FeedVariant(
        row=0,
        sku=variant.sku,
        name=variant.name,
        price_minor=variant.price_minor,
        stock=left,
        has_stock=True,
        low_stock=variant.low_stock,
        has_low_stock=variant.low_stock is not None,
        is_withdrawn=variant.withdrawn_at is not None,
    )


def _picture(image: ProductImage, settings: Settings) -> FeedPicture:
    return FeedPicture(0, links.media(settings, image.file), image.alt)

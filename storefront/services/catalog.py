"""Put things on sale and in place: products, variants, channels, campaigns and placements. How
products are edited later is in products.py and variants.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from storefront.db.ids import public_id
from storefront.domain.catalog import handle_of
from storefront.errors import Conflict, Invalid
from storefront.models import (
    Campaign,
    Channel,
    Placement,
    PlacementProduct,
    Product,
    ProductImage,
    Variant,
)
from storefront.services import price_history
from storefront.services.stock_entries import by_program, open_stock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.models import Merchant
    from storefront.services.stock_entries import Hand


def add_product(
    session: Session,
    merchant: Merchant,
    *,
    name: str,
    description: str,
    now: datetime,
    handle: str | None = None,
) -> Product:
    """Add a product; it can be bought once it has a variant. `handle` is its name in files."""
    own = public_id("prd")
    product = Product(
        merchant_id=merchant.id,
        public_id=own,
        name=name,
        description=description,
        created_at=now,
        handle=handle or _free_handle(session, merchant.id, name, own=own),
        is_giftable=True,
        is_promotable=True,
        version=1,
    )
    session.add(product)
    session.flush()
    return product


def _free_handle(session: Session, merchant_id: int, name: str, *, own: str) -> str:
    """Return the name's handle, made distinct where another product has it already."""
    wanted = handle_of(name) or own
    taken = select(Product.id).where(Product.merchant_id == merchant_id, Product.handle == wanted)
    return f"{wanted}-{own[-8:]}" if session.scalar(taken) is not None else wanted


def add_image(
    session: Session,
    product: Product,
    *,
    file: str,
    alt: str,
    width: int,
    height: int,
    widths: str = "",
) -> None:
    """Add a picture after those that the product has; see `ProductImage` for `widths`."""
    session.add(
        ProductImage(
            merchant_id=product.merchant_id,
            product_id=product.id,
            public_id=public_id("pic"),
            file=file,
            widths=widths,
            alt=alt,
            width=width,
            height=height,
            position=_next_position(session, ProductImage, product.id),
        )
    )
    session.flush()


def add_variant(
    session: Session,
    merchant: Merchant,
    product: Product,
    *,
    name: str,
    sku: str,
    price_minor: int,
    stock: int | None,
    hand: Hand | None = None,
) -> Variant:
    """Add a variant in the merchant's currency; raise `Conflict` sku_taken, `Invalid`.

    `hand` is who enters its first stock, else a program when the product was made.
    """
    if price_minor < 0 or (stock is not None and stock < 0):
        raise Invalid("invalid_amount", field="price_minor" if price_minor < 0 else "stock")
    taken = select(Variant.id).where(Variant.merchant_id == merchant.id, Variant.sku == sku)
    if session.scalar(taken) is not None:
        raise Conflict("sku_taken", field="sku")
    variant = Variant(
        merchant_id=merchant.id,
        product_id=product.id,
        public_id=public_id("var"),
        sku=sku,
        name=name,
        price_minor=price_minor,
        currency=merchant.currency,
        stock=stock,
        held=0,
        sold=0,
        position=_next_position(session, Variant, product.id),
        version=1,
    )
    session.add(variant)
    session.flush()
    hand = hand or by_program(product.created_at)
    open_stock(session, variant, hand=hand)
    price_history.begin(session, variant, since=hand.at)
    return variant


def _next_position(session: Session, table: type[Variant | ProductImage], product_id: int) -> int:
    return (
        session.scalar(select(func.max(table.position) + 1).where(table.product_id == product_id))
        or 0
    )


def get_or_add_channel(session: Session, merchant_id: int, slug: str, *, name: str) -> Channel:
    """Return the merchant's channel with this slug, made now if it is new."""
    channel = session.scalars(
        select(Channel).where(Channel.merchant_id == merchant_id, Channel.slug == slug)
    ).first()
    if channel is None:
        channel = Channel(merchant_id=merchant_id, slug=slug, name=name)
        session.add(channel)
        session.flush()
    return channel


def add_campaign(session: Session, merchant_id: int, name: str) -> Campaign:
    """Add a label over placements."""
    campaign = Campaign(merchant_id=merchant_id, public_id=public_id("cmp"), name=name)
    session.add(campaign)
    session.flush()
    return campaign


def add_placement(
    session: Session,
    channel: Channel,
    products: Sequence[Product],
    *,
    name: str,
    post_url: str,
    now: datetime,
    kind: str = "product",
    campaign: Campaign | None = None,
) -> Placement:
    """Add a spot that shows one product, or a collection in the given order."""
    if not products or (kind == "product" and len(products) != 1):
        raise Invalid("invalid_products", field="products")
    placement = Placement(
        merchant_id=channel.merchant_id,
        channel_id=channel.id,
        campaign_id=campaign.id if campaign else None,
        public_id=public_id("plc"),
        kind=kind,
        name=name,
        post_url=post_url,
        created_at=now,
    )
    session.add(placement)
    session.flush()
    fill_placement(session, placement, products)
    return placement


def fill_placement(session: Session, placement: Placement, products: Sequence[Product]) -> None:
    """Put products on an empty placement, in the given order."""
    session.add_all(
        PlacementProduct(
            merchant_id=placement.merchant_id,
            placement_id=placement.id,
            product_id=product.id,
            position=position,
        )
        for position, product in enumerate(products)
    )
    session.flush()

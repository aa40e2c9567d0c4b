"""Write the demo's world into a shop, through the same services that everything else uses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from storefront import links
from storefront.demo.values import DemoMember, DemoMerchant, DemoOffer, DemoPlacement, DemoProduct
from storefront.demo.world import MERCHANTS, picture_path
from storefront.domain.offers import WHOLE, Benefit, Kind, Scope
from storefront.models import Merchant, Placement, Product, Variant
from storefront.ports import Ports
from storefront.services import (
    catalog,
    delivery,
    members,
    merchants,
    offer_life,
    offers,
    placing,
    taxes,
)
from storefront.services.delivery import ShippingWish
from storefront.services.offers import Draft
from storefront.services.pictures import add_kept_picture
from storefront.services.taxes import TaxWish


@dataclass(frozen=True)
class _Seeding:
    """One merchant being written down: where to, and when."""

    session: Session
    ports: Ports
    merchant: Merchant
    addresses: "DemoAddresses"
    now: datetime


@dataclass(frozen=True)
class DemoAddresses:
    """Where the demo's parts are reached."""

    shop: str
    host: str
    sandbox: str


def is_seeded(session: Session) -> bool:
    """Return whether the demo's merchants are there already."""
    slugs = [merchant.slug for merchant in MERCHANTS]
    return session.scalar(select(Merchant.id).where(Merchant.slug.in_(slugs))) is not None


def seed(ports: Ports, addresses: DemoAddresses) -> list[dict[str, Any]]:
    """Write every demo merchant down; return what `demo.json` tells about them."""
    now = ports.clock.now()
    with ports.sessions.begin() as session:
        return [
            _seed_merchant(session, ports, demo, addresses=addresses, now=now) for demo in MERCHANTS
        ]


def _seed_merchant(
    session: Session, ports: Ports, demo: DemoMerchant, *, addresses: DemoAddresses, now: datetime
) -> dict[str, Any]:
    merchant = merchants.add_merchant(
        session,
        slug=demo.slug,
        name=demo.name,
        currency=demo.currency,
        zone=demo.zone,
        locale=demo.locale,
        accent=demo.accent,
        contact_email=demo.contact_email,
        country=demo.home.country,
        region=demo.home.region,
        prices_include_tax=demo.home.prices_include_tax,
        now=now,
    )
    merchants.allow_host(session, merchant.id, addresses.host, now=now)
    seeding = _Seeding(session, ports, merchant, addresses, now)
    _seed_rates(seeding, demo)
    made = {product.key: _seed_product(seeding, product) for product in demo.products}
    return {
        "public_id": merchant.public_id,
        "slug": demo.slug,
        "name": demo.name,
        "currency": demo.currency,
        "api_token": merchants.issue_token(
            session, merchant.id, name="Our own server", sign=ports.sign, now=now
        ),
        "members": [_seed_member(seeding, member) for member in demo.members],
        "stores": _seed_stores(seeding, demo),
        "products": [_tell_product(session, product) for product in made.values()],
        "offers": [_seed_offer(seeding, offer, made) for offer in demo.offers],
        "placements": _seed_placements(seeding, demo, made),
    }


def _seed_rates(seeding: _Seeding, demo: DemoMerchant) -> None:
    session, merchant, now = seeding.session, seeding.merchant, seeding.now
    for each in demo.home.shipping:
        shipping = ShippingWish(each.country, each.name, each.amount_minor, each.free_from_minor)
        delivery.add_shipping_rate(
            session, merchant.id, shipping, currency=merchant.currency, now=now
        )
    for tax in demo.home.taxes:
        wish = TaxWish(tax.country, tax.region, tax.name, tax.rate_ppm)
        taxes.add_tax_rate(session, merchant.id, wish, now=now)


def _seed_product(seeding: _Seeding, demo: DemoProduct) -> Product:
    session, merchant = seeding.session, seeding.merchant
    product = catalog.add_product(
        session, merchant, name=demo.name, description=demo.description, now=seeding.now
    )
    with picture_path(demo.picture).open("rb") as picture:
        kept = seeding.ports.pictures.keep(picture)
    add_kept_picture(session, product, kept, alt=demo.alt)
    for variant in demo.variants:
        catalog.add_variant(
            session,
            merchant,
            product,
            name=variant.name,
            sku=variant.sku,
            price_minor=variant.price_minor,
            stock=variant.stock,
        )
    return product


def _seed_offer(
    seeding: _Seeding, demo: DemoOffer, products: Mapping[str, Product]
) -> dict[str, Any]:
    """Publish an offer that ends with one of the merchant's own days."""
    session, merchant = seeding.session, seeding.merchant
    today = seeding.now.astimezone(ZoneInfo(merchant.zone)).date()
    draft = Draft(
        name=demo.name,
        kind=Kind.CODE if demo.code else Kind.AUTOMATIC,
        benefit=Benefit.PERCENT if demo.percent else Benefit.FIXED_PRICE,
        scope=Scope.CHOSEN if demo.products else Scope.ORDER,
        rate_ppm=demo.percent * WHOLE // 100,
        value_minor=demo.fixed_minor,
        products=tuple(products[key].public_id for key in demo.products),
        code=demo.code,
        ends=(today + timedelta(days=demo.days - 1)).isoformat(),
        quota=demo.quota,
        min_spend_minor=demo.min_spend_minor,
        per_buyer_limit=demo.per_buyer_limit,
    )
    offer = offers.add_draft(session, merchant, draft, now=seeding.now)
    offer_life.publish(session, offer, now=seeding.now)
    return {"public_id": offer.public_id, "name": offer.name, "code": demo.code or None}


def _seed_member(seeding: _Seeding, demo: DemoMember) -> dict[str, str]:
    members.add_member(
        seeding.session,
        seeding.merchant.id,
        email=demo.email,
        name=demo.name,
        password=demo.password,
        role=demo.role,
        pin=demo.pin,
        now=seeding.now,
    )
    told = ("name", "email", "password", "role", "pin")
    return {each: getattr(demo, each) for each in told}


def _seed_stores(seeding: _Seeding, demo: DemoMerchant) -> list[dict[str, str]]:
    session, merchant, sign = seeding.session, seeding.merchant, seeding.ports.sign
    told = []
    for position, each in enumerate(demo.stores):
        store = merchants.add_store(
            session,
            merchant.id,
            name=each.name,
            address=each.address,
            hours=each.hours,
            position=position,
        )
        token = merchants.issue_token(
            session, merchant.id, name="Till 1", sign=sign, now=seeding.now, store_id=store.id
        )
        told.append({"public_id": store.public_id, "name": store.name, "api_token": token})
    return told


def _tell_product(session: Session, product: Product) -> dict[str, Any]:
    variants = session.scalars(
        select(Variant).where(Variant.product_id == product.id).order_by(Variant.position)
    )
    return {
        "public_id": product.public_id,
        "name": product.name,
        "variants": [
            {
                "public_id": variant.public_id,
                "sku": variant.sku,
                "price_minor": variant.price_minor,
                "stock": variant.stock,
            }
            for variant in variants
        ],
    }


def _seed_placements(
    seeding: _Seeding, demo: DemoMerchant, products: Mapping[str, Product]
) -> list[dict[str, str]]:
    session, merchant = seeding.session, seeding.merchant
    names = {channel.key: channel.name for channel in demo.channels}
    campaigns = {name: catalog.add_campaign(session, merchant.id, name) for name in demo.campaigns}
    told = []
    for each in demo.placements:
        placement = catalog.add_placement(
            session,
            catalog.get_or_add_channel(
                session, merchant.id, each.channel, name=names[each.channel]
            ),
            [products[key] for key in each.products],
            name=each.name,
            post_url=f"{seeding.addresses.host}/posts/{each.key}",
            kind=each.kind,
            campaign=campaigns.get(each.campaign),
            now=seeding.now,
        )
        placing.make_link(session, placement, sign=seeding.ports.sign, now=seeding.now)
        told.append(_tell_placement(seeding.ports, placement, each))
    return told


def _tell_placement(ports: Ports, placement: Placement, demo: DemoPlacement) -> dict[str, str]:
    return {
        "public_id": placement.public_id,
        "name": placement.name,
        "kind": placement.kind,
        "channel": demo.channel,
        "post_url": placement.post_url,
        "frame_url": links.frame(ports.settings, placement.public_id),
        "page_url": links.placement_page(ports.settings, placement.public_id),
    }

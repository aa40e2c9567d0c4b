"""What the figures sell: merchants with a product and, where it matters, an offer."""

import secrets
from datetime import timedelta
from typing import Any

from benchmarks.serving import Served
from storefront.models import Product
from storefront.services import catalog, offer_life, offers
from tests.factories import World, make_world


def merchant(served: Served, slug: str = "bench", *, stock: int | None = None) -> World:
    """Write a merchant, ready to sell."""
    shop = served.shop
    with shop.database.begin() as session:
        return make_world(session, shop.sign, shop.clock.now(), slug=slug, stock=stock)


def variants(served: Served, world: World, count: int, *, stock: int | None) -> list[str]:
    """Put more variants of a product of their own on sale; return their public ids."""
    with served.shop.database.begin() as session:
        product = catalog.add_product(
            session, world.merchant, name="Many", description="", now=served.shop.clock.now()
        )
        return [_variant(session, world, product, stock=stock) for _ in range(count)]


def _variant(session: Any, world: World, product: Product, *, stock: int | None) -> str:
    added = catalog.add_variant(
        session,
        world.merchant,
        product,
        name=secrets.token_hex(3),
        sku=secrets.token_hex(8),
        price_minor=450,
        stock=stock,
    )
    return added.public_id


def offer(served: Served, world: World, *, quota: int | None = None) -> None:
    """Publish an offer of 20 % on a merchant's product, for a week."""
    now = served.shop.clock.now()
    draft = offers.Draft(
        name="This week",
        rate_ppm=200_000,
        products=(world.product.public_id,),
        ends=f"{now + timedelta(days=6):%Y-%m-%d}",
        quota=quota,
    )
    with served.shop.database.begin() as session:
        written = offers.add_draft(session, world.merchant, draft, now=now)
        offer_life.publish(session, written, now=now)


def order(world: World, variant: str, **changes: Any) -> dict[str, Any]:
    """Return the JSON of an order of one piece."""
    return {
        "placement": world.placement.public_id,
        "lines": [{"variant": variant, "quantity": 1}],
        "email": f"{secrets.token_hex(4)}@buyer.test",
        "name": "Ada",
        "fulfilment": "pickup",
        "store": world.store.public_id,
        **changes,
    }


def fresh_key() -> dict[str, str]:
    """Return the header of a request key that nobody has used."""
    return {"Idempotency-Key": secrets.token_urlsafe(24)}

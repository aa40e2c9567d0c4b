"""A small world to test in: a merchant with everything that a sale needs."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from storefront.models import Merchant, Offer, Placement, Product, Store, Variant
from storefront.ports import Signer
from storefront.services import catalog, delivery, members, merchants, offer_life, offers, taxes
from storefront.services.checkout import place_order
from storefront.services.delivery import ShippingWish
from storefront.services.order_requests import Buyer, PlacedOrder, PlaceOrder
from storefront.services.taxes import TaxWish
from storefront.services.visitors import Visitor
from storefront.worker import run_due
from tests.fakes import Bench, event_body, signature
from tests.written_once import written_once

HOST = "https://blog.test"
PASSWORD = "correct-horse-battery"


@dataclass
class World:
    """One merchant, ready to sell: ids and rows for tests to name."""

    merchant: Merchant
    store: Store
    product: Product
    variant: Variant
    placement: Placement
    api_token: str
    owner_email: str


def make_world(
    session: Session,
    sign: Signer,
    now: datetime,
    *,
    slug: str = "gelato",
    currency: str = "USD",
    price_minor: int = 450,
    stock: int | None = 10,
    **changes: Any,
) -> World:
    """Write a merchant with a store, a product, a placement, an owner and a token."""
    merchant = merchants.add_merchant(
        session,
        slug=slug,
        name=f"{slug.title()} & Sons",
        currency=currency,
        zone="America/New_York",
        contact_email=f"ask@{slug}.test",
        now=now,
        **changes,
    )
    merchants.allow_host(session, merchant.id, HOST, now=now)
    store = merchants.add_store(
        session, merchant.id, name="Main Street", address="1 Main St", hours="9-18", position=0
    )
    everywhere = ShippingWish("*", "Standard", amount_minor=0)
    delivery.add_shipping_rate(session, merchant.id, everywhere, currency=currency, now=now)
    product = catalog.add_product(
        session, merchant, name="Pistachio cone", description="Green and good.", now=now
    )
    catalog.add_image(
        session, product, file="cone.jpg", alt="A pistachio cone", width=1200, height=900
    )
    variant = catalog.add_variant(
        session,
        merchant,
        product,
        name="Regular",
        sku=f"{slug}-cone",
        price_minor=price_minor,
        stock=stock,
    )
    channel = catalog.get_or_add_channel(session, merchant.id, "blog", name="Blog")
    placement = catalog.add_placement(
        session, channel, [product], name="Cone post", post_url=f"{HOST}/cone", now=now
    )
    email = f"owner@{slug}.test"
    add_person(session, merchant, email=email, name="Olive Owner", role="owner", now=now)
    token = merchants.issue_token(session, merchant.id, name="test", sign=sign, now=now)
    return World(merchant, store, product, variant, placement, token, email)


def add_person(
    session: Session, merchant: Merchant, *, email: str, name: str, role: str, now: datetime
) -> str:
    """Let somebody with PASSWORD work for a merchant, and return their public id."""
    return members.join(
        session,
        merchant.id,
        email=email,
        name=name,
        password_hash=_cheap_hash(),
        role=role,
        now=now,
    )


@cache
def _cheap_hash() -> str:
    """Hash the password at a price of microseconds; checking it costs what making it did."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def world_on(bench: Bench, **changes: Any) -> World:
    """Write a world into a bench's database. Where nothing was there before, worlds that are alike
    are copies of the first, with public ids of their own."""
    sign, now = bench.ports.sign, bench.clock.now()
    alike = repr((bench.ports.settings.pepper, now, sorted(changes.items())))
    with bench.database.begin() as session:
        made: World = written_once(
            session, alike, partial(make_world, session, sign, now, **changes)
        )
        return made


def an_order(world: World, *, quantity: int = 1, **changes: Any) -> PlaceOrder:
    """Return a command for one order of the world's variant."""
    command = PlaceOrder(
        placement=world.placement.public_id,
        lines=((world.variant.public_id, quantity),),
        visitor=Visitor(secrets.token_hex(13), "verified"),
        buyer=Buyer(email="ada@buyer.test", name="Ada"),
        fulfilment="pickup",
        store=world.store.public_id,
        locale="en",
        request_key=secrets.token_urlsafe(24),
        body_hash="same",
    )
    return replace(command, **changes)


def place(bench: Bench, world: World, **changes: Any) -> PlacedOrder:
    """Place one order."""
    return place_order(bench.ports, an_order(world, **changes))


def order_json(world: World, *, quantity: Any = 1, **changes: Any) -> dict[str, Any]:
    """Return the JSON of one order."""
    return {
        "placement": world.placement.public_id,
        "lines": [{"variant": world.variant.public_id, "quantity": quantity}],
        "email": "ada@buyer.test",
        "name": "Ada",
        "fulfilment": "pickup",
        "store": world.store.public_id,
        **changes,
    }


def quote_json(world: World, **changes: Any) -> dict[str, Any]:
    """Return the JSON that asks for the price of one of the world's variant."""
    return {
        "placement": world.placement.public_id,
        "lines": [{"variant": world.variant.public_id, "quantity": 1}],
        **changes,
    }


def settle(session: Session, world: World, *wishes: ShippingWish | TaxWish, **home: Any) -> None:
    """Let the merchant send and tax as these rates say, and nothing else; `home` are columns."""
    merchant = session.get_one(Merchant, world.merchant.id)
    now = merchant.created_at
    for rate in delivery.list_shipping_rates(session, merchant.id):
        delivery.retire_shipping_rate(session, merchant.id, rate.public_id, now=now)
    for name, value in home.items():
        setattr(merchant, name, value)
    for wish in wishes:
        if isinstance(wish, TaxWish):
            taxes.add_tax_rate(session, merchant.id, wish, now=now)
        else:
            delivery.add_shipping_rate(
                session, merchant.id, wish, currency=merchant.currency, now=now
            )
    session.flush()


def send_event(
    client: Any, bench: Bench, reference: str, type_: str, *, state: str, **changes: Any
) -> Any:
    """Send a signed webhook about a payment that the fake gateway opened."""
    failure = changes.pop("failure", None)
    snapshot = replace(bench.gateway.snapshots[reference], state=state, failure=failure)
    bench.gateway.snapshots[reference] = snapshot
    body = event_body(
        type_,
        snapshot,
        event_id=changes.pop("event_id", f"evt_{secrets.token_hex(8)}"),
        created=changes.pop("created", int(bench.clock.now().timestamp())),
        **changes,
    )
    return client.post("/webhooks/stripe", data=body, headers={"Stripe-Signature": signature(body)})


def pay(client: Any, bench: Bench, placed: PlacedOrder) -> Any:
    """Let the gateway say that an order's payment has succeeded."""
    return send_event(
        client, bench, placed.payment_reference, "payment_intent.succeeded", state="succeeded"
    )


def a_draft(world: World, **changes: Any) -> offers.Draft:
    """Return an offer of 20 % on the world's product, without an end."""
    draft = offers.Draft(name="Spring", rate_ppm=200_000, products=(world.product.public_id,))
    return replace(draft, **changes)


def running_offer(bench: Bench, world: World, **changes: Any) -> Offer:
    """Publish an offer, and let the worker note its start."""
    with bench.database.begin() as session:
        offer = offers.add_draft(
            session, world.merchant, a_draft(world, **changes), now=bench.clock.now()
        )
        offer_life.publish(session, offer, now=bench.clock.now())
    run_due(bench.ports)
    return offer

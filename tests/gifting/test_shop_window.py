"""A gift that outlives what was bought: its worth and its post stay, and the recipient is shown
what comes closest at the same merchant by then: N19."""

import re
from datetime import timedelta
from html import unescape

from sqlalchemy import update

from gifting.links import gift_token
from gifting.models import Gift, GiftSettings
from storefront.models import Interaction, Placement, Product
from storefront.services import catalog
from storefront.services.visitors import Visitor
from tests.factories import World, running_offer, world_on
from tests.fakes import Bench
from tests.gifting.factories import Given, a_wish
from tests.gifting.test_audit import given_of
from tests.gifting.tills import a_till, take
from tests.storefront.sales import act, sell

BEN = Visitor("ben0" + "0" * 22, "verified")


def add_thing(bench: Bench, world: World, name: str, price_minor: int) -> Product:
    """Put something else on sale, in a post of its own."""
    with bench.database.begin() as session:
        product = catalog.add_product(
            session, world.merchant, name=name, description="", now=bench.clock.now()
        )
        catalog.add_variant(
            session, world.merchant, product, name="", sku=name, price_minor=price_minor, stock=5
        )
        channel = catalog.get_or_add_channel(session, world.merchant.id, "blog", name="Blog")
        catalog.add_placement(
            session, channel, [product], name=f"{name} post", post_url="https://blog.test/x",
            now=bench.clock.now(),
        )  # fmt: skip
    return product


def cone_of_a_flash_sale(bench: Bench, world: World) -> Given:
    """Give a cone of 4.50 that cost 3.60 in a sale of one day, bought because of a post."""
    with bench.database.begin() as session:
        session.add(
            GiftSettings(
                merchant_id=world.merchant.id, changed_at=bench.clock.now(), least_minor=100,
                most_minor=50000, presets=[1000], are_promotable=True,
            )
        )  # fmt: skip
    running_offer(bench, world, ends=f"{bench.clock.now() + timedelta(days=1):%Y-%m-%d}")
    act(bench, world, "click", BEN)
    view = act(bench, world, "view", BEN)
    assert view is not None
    wish = a_wish(variant=world.variant.public_id)
    placed = sell(
        bench, world, visitor=BEN, lines=(), fulfilment="gift", store=None, asked=("gift", wish)
    )
    return given_of(bench, placed)


def withdraw(bench: Bench, product: Product) -> None:
    with bench.database.begin() as session:
        session.execute(
            update(Product).where(Product.id == product.id).values(withdrawn_at=bench.clock.now())
        )


def opened(bench: Bench, given: Given) -> str:
    """Return the recipient's page after the tap."""
    with bench.database.reads() as session:
        token = gift_token(bench.ports.sign, session.get_one(Gift, given.gift_id))
    return str(bench.client().post(f"/g/{token}/code").text)


def instead(page: str) -> tuple[str, ...]:
    """Return name and price of what is shown in place of the thing that is gone."""
    return tuple(re.findall(r'class="instead__(?:name|price)">([^<]*)', page))


def test_a_gift_of_a_flash_sale_is_worth_its_face_a_year_later(bench: Bench, world: World) -> None:
    given = cone_of_a_flash_sale(bench, world)
    add_thing(bench, world, "Sundae", 500)
    bench.clock.pass_time(days=365)
    withdraw(bench, world.product)
    page = opened(bench, given)
    taken = take(bench, a_till(world), given)

    with bench.database.reads() as session:
        gift = session.get_one(Gift, given.gift_id)
        origin = session.get_one(Interaction, gift.origin_interaction_id)
    assert (450, 360) == (gift.face_minor, gift.paid_minor)
    assert 450 == taken.amount.minor
    assert (world.placement.id, "view") == (origin.placement_id, origin.kind)
    assert ("Sundae", "$5.00") == instead(page)


def test_what_comes_closest_in_price_is_shown_and_an_offer_before_all(
    bench: Bench, world: World
) -> None:
    given = cone_of_a_flash_sale(bench, world)
    for name, price_minor in (("Wafer", 100), ("Sundae", 500), ("Cake", 3000)):
        add_thing(bench, world, name, price_minor)
    theirs = world_on(bench, slug="rival")
    bench.clock.pass_time(days=2)
    withdraw(bench, world.product)
    nearest = instead(opened(bench, given))
    cake = add_thing(bench, world, "Gateau", 4000)
    running_offer(bench, world, name="Cakes", products=(cake.public_id,))

    assert ("Sundae", "$5.00") == nearest
    assert ("Gateau", "$32.00") == instead(opened(bench, given))
    assert theirs.merchant.id != world.merchant.id


def test_the_way_to_it_carries_the_gift_and_leads_to_where_it_is_shown(
    bench: Bench, world: World
) -> None:
    given = cone_of_a_flash_sale(bench, world)
    add_thing(bench, world, "Sundae", 500)
    withdraw(bench, world.product)
    page = opened(bench, given)

    [address] = re.findall(r'class="instead" href="([^"]+)"', page)
    placement, _, mark = unescape(address).partition("/p/")[2].partition("?v=")
    client = bench.client()
    assert "Sundae" in client.get(f"/p/{placement}?v={mark}").text
    client.post("/interactions", json={"placement": placement, "kind": "view", "v": mark})
    with bench.database.reads() as session:
        gift = session.get_one(Gift, given.gift_id)
        newest = session.query(Interaction).order_by(Interaction.id.desc()).first()
    assert newest is not None
    assert gift.opened_interaction_id == newest.parent_id


def test_a_merchant_who_shows_nothing_any_more_shows_nothing(bench: Bench, world: World) -> None:
    given = cone_of_a_flash_sale(bench, world)
    with bench.database.begin() as session:
        session.execute(update(Placement).values(retired_at=bench.clock.now()))
    withdraw(bench, world.product)

    assert () == instead(opened(bench, given))

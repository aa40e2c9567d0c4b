"""F6: gift cards are redeemed through the API, against one bare statement that does the same."""

from benchmarks import stage
from benchmarks.cards import write_cards
from benchmarks.limits import Limits
from benchmarks.load import post
from benchmarks.measuring import measure, warm_up
from benchmarks.rounds import ENGINES, Found, Sizes
from benchmarks.serving import Machine, Served, serving
from benchmarks.wire import Sent
from storefront.services import merchants
from tests.factories import World

CLIENTS = 32
CARDS = 500
PART = 100


def run(host: Machine, sizes: Sizes) -> dict[str, Found]:
    """Take a little from many cards in rounds, each beside one of bare statements."""
    found, limits = Found(), Limits(host)
    for engine in ENGINES:
        with serving(host, engine) as served:
            world = stage.merchant(served)
            till, cards = _till(served, world), write_cards(served, world, CARDS)
            warm_up(served, _takings(till, cards, sizes.warm_up), clients=CLIENTS, expect=201)
            for _ in range(sizes.rounds):
                bare = limits.redemptions(engine, sizes.seconds)
                requests = _takings(till, cards, sizes.requests)
                load, cpu = measure(served, requests, clients=CLIENTS, expect=201)
                found.add(
                    engine,
                    {
                        "of one bare statement": load.rate / bare,
                        "p99": load.p99,
                        "CPU of web and database": cpu,
                        "redemptions": load.rate,
                        "one bare statement": bare,
                    },
                )
    return {"F6": found}


def _till(served: Served, world: World) -> str:
    shop = served.shop
    with shop.database.begin() as session:
        return merchants.issue_token(
            session,
            world.merchant.id,
            name="till",
            sign=shop.sign,
            now=shop.clock.now(),
            store_id=world.store.id,
        )


def _takings(till: str, cards: list[str], count: int) -> list[Sent]:
    return [
        post(
            "/api/v1/redemptions",
            {"code": cards[number % len(cards)], "amount_minor": PART},
            Authorization=f"Bearer {till}",
            **stage.fresh_key(),
        )
        for number in range(count)
    ]

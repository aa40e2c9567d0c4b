"""F5: everybody wants one thing under one offer with a quota, against orders that meet no other."""

from sqlalchemy import select

from benchmarks import stage
from benchmarks.load import drive, post
from benchmarks.measuring import measure, warm_up
from benchmarks.rounds import ENGINES, Found, Sizes
from benchmarks.serving import Machine, Served, serving
from benchmarks.wire import Sent
from storefront.models import Offer, Variant
from tests.factories import World

CLIENTS = 32
MERCHANTS = 32
PLENTY = 1_000_000
QUOTA = 40
BUYERS = 2 * QUOTA


def run(host: Machine, sizes: Sizes) -> dict[str, Found]:
    """Let 32 clients order from one merchant, and from one each."""
    found = Found()
    for engine in ENGINES:
        with serving(host, engine) as served:
            worlds = [_selling(served, f"bench{n}", PLENTY) for n in range(MERCHANTS)]
            warm_up(served, _orders(worlds, sizes.warm_up), clients=CLIENTS, expect=201)
            for number in range(sizes.rounds):
                spread, _ = measure(
                    served, _orders(worlds, sizes.requests), clients=CLIENTS, expect=201
                )
                hot, _ = measure(
                    served, _orders(worlds[:1], sizes.requests), clients=CLIENTS, expect=201
                )
                found.add(
                    engine,
                    {
                        "oversold": _oversold(served, f"scarce{number}"),
                        "of spread orders": hot.rate / spread.rate,
                        "hot orders": hot.rate,
                        "spread orders": spread.rate,
                    },
                )
    return {"F5": found}


def _selling(served: Served, slug: str, quota: int) -> World:
    """Write a merchant with stock of one thing, and an offer on it with a quota."""
    world = stage.merchant(served, slug, stock=quota)
    stage.offer(served, world, quota=quota)
    return world


def _orders(worlds: list[World], count: int) -> list[Sent]:
    return [_order(worlds[number % len(worlds)]) for number in range(count)]


def _order(world: World) -> Sent:
    return post("/orders", stage.order(world, world.variant.public_id), **stage.fresh_key())


def _oversold(served: Served, slug: str) -> int:
    """Let twice as many buyers come as there is stock and quota; return how many too many won."""
    world = _selling(served, slug, QUOTA)
    load = drive(served.url, [_order(world) for _ in range(BUYERS)], clients=CLIENTS, expect=None)
    won = load.statuses.get("201", 0)
    with served.shop.database.reads() as session:
        held = session.scalar(select(Variant.held).where(Variant.id == world.variant.id)) or 0
        used = session.scalar(select(Offer.held).where(Offer.merchant_id == world.merchant.id))
    assert held == won, (held, won)
    assert set(load.statuses) <= {"201", "409"}, load.statuses
    return max(0, won - QUOTA, (used or 0) - QUOTA)

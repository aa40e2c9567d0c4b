"""F8: many writers at one SQLite file, each commit durable: nine interactions to an order."""

from benchmarks import stage
from benchmarks.load import post
from benchmarks.measuring import measure, warm_up
from benchmarks.rounds import Found, Sizes
from benchmarks.serving import Machine, serving
from benchmarks.wire import Sent
from tests.factories import World

CLIENTS = 16
VARIANTS = 50
ORDERS_IN = 10


def run(host: Machine, sizes: Sizes) -> dict[str, Found]:
    """Write in rounds."""
    found = Found()
    with serving(host, "sqlite") as served:
        world = stage.merchant(served)
        goods = stage.variants(served, world, VARIANTS, stock=100_000)
        warm_up(served, _writes(world, goods, sizes.warm_up), clients=CLIENTS, expect=201)
        for _ in range(sizes.rounds):
            requests = _writes(world, goods, 2 * sizes.requests)
            load, _ = measure(served, requests, clients=CLIENTS, expect=201)
            found.add("sqlite", {"p99": load.p99, "requests": load.rate})
    return {"F8": found}


def _writes(world: World, goods: list[str], count: int) -> list[Sent]:
    view = post("/interactions", {"placement": world.placement.public_id, "kind": "view"})
    return [
        view
        if number % ORDERS_IN
        else post("/orders", stage.order(world, goods[number % len(goods)]), **stage.fresh_key())
        for number in range(count)
    ]

"""F4: POST /orders alone, with a gateway that answers at once, against bare statements."""

from benchmarks import stage
from benchmarks.limits import Limits
from benchmarks.load import post
from benchmarks.measuring import measure, warm_up
from benchmarks.rounds import ENGINES, Found, Sizes
from benchmarks.serving import Machine, serving
from benchmarks.wire import Sent
from tests.factories import World

CLIENTS = 8
VARIANTS = 100


def run(host: Machine, sizes: Sizes) -> dict[str, Found]:
    """Order in rounds, each beside one of bare statements."""
    found, limits = Found(), Limits(host)
    for engine in ENGINES:
        with serving(host, engine) as served:
            world = stage.merchant(served)
            goods = stage.variants(served, world, VARIANTS, stock=100_000)
            warm_up(served, _orders(world, goods, sizes.warm_up), clients=CLIENTS, expect=201)
            for _ in range(sizes.rounds):
                bare = limits.orders(engine, sizes.seconds)
                requests = _orders(world, goods, sizes.requests)
                load, cpu = measure(served, requests, clients=CLIENTS, expect=201)
                found.add(
                    engine,
                    {
                        "of seven bare statements": load.rate / bare,
                        "p99": load.p99,
                        "CPU of web and database": cpu,
                        "orders": load.rate,
                        "seven bare statements": bare,
                    },
                )
    return {"F4": found}


def _orders(world: World, goods: list[str], count: int) -> list[Sent]:
    return [
        post("/orders", stage.order(world, goods[number % len(goods)]), **stage.fresh_key())
        for number in range(count)
    ]

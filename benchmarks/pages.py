"""F1: the frame's page with its live price, stock and offer clock, against a bare hello."""

from contextlib import ExitStack

from benchmarks import stage
from benchmarks.load import drive, get
from benchmarks.measuring import measure, warm_up
from benchmarks.rounds import ENGINES, Found, Sizes
from benchmarks.serving import Machine, saying_hello, serving

CLIENTS = 8


def run(host: Machine, sizes: Sizes) -> dict[str, Found]:
    """Ask for the page and for hello in turn, so that both meet the same machine."""
    found = Found()
    with ExitStack() as stack:
        hello = stack.enter_context(saying_hello())
        shops = {engine: stack.enter_context(serving(host, engine)) for engine in ENGINES}
        pages = {}
        for engine, served in shops.items():
            world = stage.merchant(served, stock=1000)
            stage.offer(served, world, quota=500)
            # As static/js/embed.js asks for it, who has not been here before.
            path = f"/e/{world.placement.public_id}?h=https%3A%2F%2Fblog.example"
            pages[engine] = [get(path, Accept="text/html")]
            warm_up(served, pages[engine] * sizes.warm_up, clients=CLIENTS)
        for _ in range(sizes.rounds):
            bare = drive(hello, [get("/")], clients=CLIENTS, seconds=sizes.seconds)
            for engine, served in shops.items():
                load, cpu = measure(served, pages[engine], clients=CLIENTS, seconds=sizes.seconds)
                found.add(
                    engine,
                    {
                        "of hello": load.rate / bare.rate,
                        "p99": load.p99,
                        "CPU of web and database": cpu,
                        "pages": load.rate,
                        "hello": bare.rate,
                    },
                )
    return {"F1": found}

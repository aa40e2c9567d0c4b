"""F2: a shared link is opened, and the interaction is durable before the redirect is answered."""

from contextlib import ExitStack

from benchmarks import stage
from benchmarks.load import drive, get
from benchmarks.measuring import measure, warm_up
from benchmarks.rounds import ENGINES, Found, Sizes
from benchmarks.serving import Machine, Served, saying_hello, serving
from benchmarks.wire import Sent
from storefront.services import interactions, placements
from storefront.services.visitors import read_mark

CLIENTS = 8
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def run(host: Machine, sizes: Sizes) -> dict[str, Found]:
    """Open one link again and again, beside a bare hello."""
    found = Found()
    with ExitStack() as stack:
        hello = stack.enter_context(saying_hello())
        shops = {engine: stack.enter_context(serving(host, engine)) for engine in ENGINES}
        links = {engine: [_link(served)] for engine, served in shops.items()}
        for engine, served in shops.items():
            warm_up(served, links[engine] * sizes.warm_up, clients=CLIENTS, expect=303)
        for _ in range(sizes.rounds):
            bare = drive(hello, [get("/")], clients=CLIENTS, seconds=sizes.seconds)
            for engine, served in shops.items():
                load, cpu = measure(
                    served, links[engine], clients=CLIENTS, seconds=sizes.seconds, expect=303
                )
                found.add(
                    engine,
                    {
                        "of hello": load.rate / bare.rate,
                        "p99": load.p99,
                        "CPU of web and database": cpu,
                        "redirects": load.rate,
                    },
                )
    return {"F2": found}


def _link(served: Served) -> Sent:
    """Share a placement; return the request that opens the link."""
    world, shop = stage.merchant(served), served.shop
    visitor = read_mark(shop.sign, None, world.merchant.public_id)
    act = interactions.Act(kind="share", visitor=visitor, assurance="bare", surface="frame")
    with shop.database.begin() as session:
        placement = placements.get_placement(session, world.placement.public_id)
        shared = interactions.record(session, placement, act, sign=shop.sign, now=shop.clock.now())
    return get(f"/s/{shared.share_token}", User_Agent=BROWSER, Accept="text/html")

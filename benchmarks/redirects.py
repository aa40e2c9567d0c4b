"""F2: a shared link is opened. The interaction is durable before the redirect is answered, or in
another shop within 50 ms, together with what else came meanwhile."""

from collections.abc import Mapping
from contextlib import ExitStack

from benchmarks import stage
from benchmarks.load import Load, drive, get
from benchmarks.measuring import measure, warm_up
from benchmarks.rounds import ENGINES, Found, Sizes
from benchmarks.serving import Machine, Served, saying_hello, serving
from benchmarks.wire import Sent
from storefront.services import interactions, placements
from storefront.services.visitors import read_mark

CLIENTS = 8
WAITING = {"STOREFRONT_OPENINGS_WAIT_MS": "50"}
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def run(host: Machine, sizes: Sizes) -> dict[str, Found]:
    """Open one link again and again, beside a bare hello."""
    found = Found()
    with ExitStack() as stack:
        hello = stack.enter_context(saying_hello())
        shops = {engine: stack.enter_context(serving(host, engine)) for engine in ENGINES}
        waiting = {
            engine: stack.enter_context(serving(host, engine, **WAITING)) for engine in ENGINES
        }
        links = {served.url: [_link(served)] for served in (*shops.values(), *waiting.values())}
        for served in (*shops.values(), *waiting.values()):
            warm_up(served, links[served.url] * sizes.warm_up, clients=CLIENTS, expect=303)
        for _ in range(sizes.rounds):
            bare = drive(hello, [get("/")], clients=CLIENTS, seconds=sizes.seconds)
            for engine in ENGINES:
                load, cpu = _opened(shops[engine], links, seconds=sizes.seconds)
                later, later_cpu = _opened(waiting[engine], links, seconds=sizes.seconds)
                found.add(
                    engine,
                    {
                        "of hello": load.rate / bare.rate,
                        "of hello, durable within 50 ms": later.rate / bare.rate,
                        "p99": load.p99,
                        "CPU of web and database": cpu,
                        "CPU within 50 ms": later_cpu,
                        "redirects": load.rate,
                        "redirects within 50 ms": later.rate,
                    },
                )
    return {"F2": found}


def _opened(
    served: Served, links: Mapping[str, list[Sent]], *, seconds: float
) -> tuple[Load, float]:
    return measure(served, links[served.url], clients=CLIENTS, seconds=seconds, expect=303)


def _link(served: Served) -> Sent:
    """Share a placement; return the request that opens the link."""
    world, shop = stage.merchant(served), served.shop
    visitor = read_mark(shop.sign, None, world.merchant.public_id, now=shop.clock.now())
    act = interactions.Act(kind="share", visitor=visitor, assurance="bare", surface="frame")
    with shop.database.begin() as session:
        placement = placements.get_placement(session, world.placement.public_id)
        shared = interactions.record(session, placement, act, sign=shop.sign, now=shop.clock.now())
    return get(f"/s/{shared.share_token}", User_Agent=BROWSER, Accept="text/html")

"""F7: the codes of a paid order's gifts, issued as a paying webhook has them issued: in one
transaction, in one process. The form lets a buyer ask for ten; here an order has a thousand."""

import secrets
import time
from datetime import UTC, datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from benchmarks.cards import gifts_line
from benchmarks.rounds import ENGINES, Found, Sizes
from benchmarks.serving import Machine
from gifting.issuing import issue_gifts
from gifting.models import Gift
from storefront.db.ids import public_id
from storefront.models import LineItem
from tests.factories import World, world_on
from tests.fakes import Bench, make_bench

FACE = 2_000
FEW = 10


def run(host: Machine, sizes: Sizes) -> dict[str, Found]:
    """Issue the gifts of large orders, one order in each round."""
    found = Found()
    for engine in ENGINES:
        place = host.fresh(engine)
        bench = make_bench(host.new_folder(), place.url, datetime.now(UTC))
        world = world_on(bench)
        issue(bench, world, FEW)  # statements compile
        for _ in range(sizes.rounds):
            taken = issue(bench, world, 2 * sizes.requests)
            found.add(engine, {"codes": 2 * sizes.requests / taken})
        bench.database.dispose()
    return {"F7": found}


def issue(bench: Bench, world: World, count: int) -> float:
    """Write an order of so many gifts, and issue them; return the seconds of the latter."""
    now = bench.clock.now()
    with bench.database.begin() as session:
        line = _ordered(session, world, count, now=now)
    begin = time.perf_counter()
    with bench.database.begin() as session:
        issue_gifts(session, line, sign=bench.ports.sign, is_live=False, now=now)
    return time.perf_counter() - begin


def _ordered(session: Session, world: World, count: int, *, now: datetime) -> LineItem:
    line = gifts_line(session, world, count, face=FACE, now=now)
    session.execute(
        insert(Gift),
        [
            {
                "merchant_id": world.merchant.id,
                "public_id": public_id("gft"),
                "order_id": line.order_id,
                "line_item_id": line.id,
                "position": position,
                "title": "Gift card",
                "currency": "USD",
                "face_minor": FACE,
                "paid_minor": FACE,
                "design": "plain",
                "way": "email",
                "visitor": secrets.token_hex(13),
                "placed_at": now,
            }
            for position in range(count)
        ],
    )
    return line

"""F11 and F12: reports over ten million interactions and the orders that they led to, and how fast
more interactions are written beside them."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from benchmarks.rounds import ENGINES, MACHINE, Found, Sizes
from benchmarks.serving import Machine, Place
from benchmarks.year import NOW, Row, Year, fill
from storefront.db.engine import Database
from storefront.db.hot import insert_rows
from storefront.db.ids import timed_id
from storefront.models import Interaction, Placement
from storefront.services.reporting.all_time import acts_at
from storefront.services.reporting.credits import brought_by_placements
from tests.factories import World, world_on
from tests.fakes import make_bench

BATCH = 10_000
ROWS = 100_000
WRITTEN = {"sqlite": "rows into SQLite", "postgresql": "rows into PostgreSQL"}

WEEK_EARLIER = {
    "sqlite": "strftime('%Y-%m-%dT%H:%M:%f000', o.placed_at, '-7 days')",
    "postgresql": "o.placed_at - interval '7 days'",
}
RAW = """
SELECT placement_id, count(*), sum(total_minor) FROM (
  SELECT o.total_minor, (
    SELECT i.placement_id FROM storefront_interactions i
    WHERE i.merchant_id = o.merchant_id AND i.visitor = o.visitor
    AND i.occurred_at <= o.placed_at AND i.occurred_at > {week_earlier}
    ORDER BY i.occurred_at DESC LIMIT 1
  ) AS placement_id
  FROM storefront_orders o WHERE o.merchant_id = :merchant AND o.paid_at IS NOT NULL
) AS led GROUP BY placement_id
"""
"""The last touch within seven days, found among the raw rows, as another window would have it."""


def run(host: Machine, sizes: Sizes) -> dict[str, Found]:
    """Fill a year on each engine, report on it, and write on."""
    reports, intake = Found(), Found()
    for engine in ENGINES:
        place = host.fresh(engine)
        bench = make_bench(host.new_folder(), place.url, NOW)
        database = bench.database
        world = world_on(bench, stock=None)
        fill(place, database, world, interactions=sizes.history, orders=sizes.sold)
        for name, ask in _reports(world, engine).items():
            for taken in _times(database, ask, sizes.rounds):
                reports.add(engine, {name: taken})
        for number in range(sizes.rounds):
            rows = list(_acts(world, Year(sizes.history), number))
            rate = len(rows) / _write(place, database, rows)
            intake.add(MACHINE, {WRITTEN[engine]: rate})
        database.dispose()
    return {"F11": reports, "F12": intake}


def _reports(world: World, engine: str) -> dict[str, Callable[[Session], Any]]:
    """Return what is asked: the first two as the console asks it, the third as nobody does yet."""
    merchant_id = world.merchant.id
    raw = text(RAW.format(week_earlier=WEEK_EARLIER[engine])).bindparams(merchant=merchant_id)
    placements = select(Placement.id).where(Placement.merchant_id == merchant_id)
    return {
        "revenue by placement": lambda session: brought_by_placements(session, world.merchant),
        "counts by placement and kind": lambda session: acts_at(
            session, merchant_id, session.scalars(placements).all()
        ),
        "another window, over raw rows": lambda session: session.execute(raw).all(),
    }


def _times(database: Database, ask: Callable[[Session], Any], rounds: int) -> list[float]:
    """Ask once to warm up, then in rounds; return milliseconds."""
    times = []
    for _ in range(rounds + 1):
        with database.reads() as session:
            begin = time.perf_counter()
            assert ask(session)
            times.append(1000 * (time.perf_counter() - begin))
    return times[1:]


def _acts(world: World, year: Year, number: int) -> Iterator[Row]:
    """Yield the acts of a round, which follow those of the year at its pace, by such visitors."""
    count = min(ROWS, year.interactions)
    first = year.interactions + number * count + 1
    for act in range(first, first + count):
        moment = year.moment(act)
        yield {
            "merchant_id": world.merchant.id,
            "public_id": timed_id("int", moment),
            "placement_id": world.placement.id,
            "visitor": year.visitor(act),
            "kind": "view",
            "assurance": "bare",
            "surface": "frame",
            "is_direct": False,
            "occurred_at": moment,
            "recorded_at": moment,
        }


def _write(place: Place, database: Database, rows: list[Row]) -> float:
    """Write rows durably; return the seconds that it took."""
    begin = time.perf_counter()
    if place.engine == "sqlite":
        for start in range(0, len(rows), BATCH):
            with database.begin() as session:
                insert_rows(session, Interaction, rows[start : start + BATCH])
    else:
        _copy(place, rows)
    return time.perf_counter() - begin


def _copy(place: Place, rows: list[Row]) -> None:
    columns = ", ".join(rows[0])
    with psycopg.connect(place.plain_url) as connection, connection.cursor() as cursor:
        statement = f"COPY storefront_interactions ({columns}) FROM STDIN"
        with cursor.copy(statement.encode()) as copy:
            for row in rows:
                copy.write_row(tuple(row.values()))

"""A year of a busy shop to report on: millions of interactions, and orders that they led to. Rows
are written as fast as each engine takes them; what reports find in them is measured elsewhere."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import psycopg
from sqlalchemy import bindparam, insert, text

from benchmarks.serving import Place
from storefront.db.base import Base
from storefront.db.engine import Database, sqlite_module
from storefront.db.ids import ALPHABET, SECONDS_LENGTH, base32
from storefront.db.types import UtcDateTime
from storefront.models import (
    Attribution,
    Channel,
    CreditEntry,
    Interaction,
    LedgerEntry,
    LineItem,
    Order,
    OrderContact,
    OrderOrigin,
    Payment,
    PlacementTally,
    ShareTally,
    TallyMark,
)
from storefront.services import catalog
from storefront.services.visitors import KEY_LENGTH, LONGEST
from tests.factories import World

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
DAYS = 365
START = NOW - timedelta(days=DAYS)
PLACEMENTS = 50
CHUNK = 5_000
LED = 0.8
"""The part of all orders that an interaction led to."""

Row = dict[str, Any]


class Year:
    """How much happened, and who did the act with a number: the same in Python as in SQL.

    Of three acts two are somebody's who has just come, and one is somebody's who comes back with a
    mark, after any part of the time for which it is good.
    """

    def __init__(self, interactions: int) -> None:
        self.interactions = interactions
        self.returning = max(1, interactions // 3 * LONGEST.days // DAYS)
        self.step = DAYS * 86_400 / (interactions + 1)

    def visitor(self, act: int) -> str:
        """Return whose act it was: a key that begins with the second in which they came."""
        back = act * 7919 % self.returning if act % 3 == 0 else 0
        who = max(0, (act - 1) // 3 - back)
        came = int(START.timestamp()) + DAYS * 86_400 * (3 * who + 1) // (self.interactions + 1)
        return base32(came, SECONDS_LENGTH) + f"{who:0{KEY_LENGTH - SECONDS_LENGTH}}"

    def where(self, act: int | None, placements: list[int]) -> dict[str, int | None]:
        """Return where an act was: at which placement, and through which share."""
        if act is None:
            return {"placement_id": None, "share_id": None}
        share = act % 4999 + 1 if act % 20 == 0 else None
        return {"placement_id": placements[act * 31 % len(placements)], "share_id": share}

    def moment(self, act: int) -> datetime:
        """Return when it was: one after the other, to the year's end."""
        return START + timedelta(seconds=act * self.step)


def fill(place: Place, database: Database, world: World, *, interactions: int, orders: int) -> None:
    """Write a year with so much in it, counted by day as a worker has it five minutes ago."""
    year = Year(interactions)
    placements = _placements(database, world)
    _write_acts(place, world, year, placements=placements)
    for table, rows in _sales(world, year, orders, placements=placements).items():
        _write(database, table, rows)
    _count(database, world)
    if place.engine == "postgresql":
        # Its own housekeeping has done so in a shop that lives; nobody does on SQLite.
        _run_postgresql(place, ["VACUUM ANALYZE"])


def _placements(database: Database, world: World) -> list[int]:
    """Add the shop's other posts; return the ids of all, which follow each other."""
    with database.begin() as session:
        channel = session.get_one(Channel, world.placement.channel_id)
        added = [
            catalog.add_placement(
                session,
                channel,
                [world.product],
                name=f"Post {number}",
                post_url=f"https://blog.test/{number}",
                now=START,
            ).id
            for number in range(1, PLACEMENTS)
        ]
    return [world.placement.id, *added]


COLUMNS = (
    "id, merchant_id, public_id, placement_id, share_id, visitor, kind, assurance, surface, "
    "is_direct, occurred_at, recorded_at"
)
WHO = "{greatest}(0, (n - 1) / 3 - CASE WHEN n % 3 = 0 THEN n * 7919 % {returning} ELSE 0 END)"
CAME = f"{START.timestamp():.0f} + {DAYS * 86_400} * (3 * who + 1) / ({{interactions}} + 1)"
SYMBOLS = " || ".join(
    f"substr('{ALPHABET}', CAST(came >> {shift} & 31 AS INTEGER) + 1, 1)"
    for shift in range(5 * (SECONDS_LENGTH - 1), -1, -5)
)
KIND = "CASE WHEN n % 20 = 0 THEN 'open' WHEN n % 10 = 1 THEN 'like' ELSE 'view' END"
SHARE = "CASE WHEN n % 20 = 0 THEN n % 4999 + 1 END"
ACTS = """
INSERT INTO storefront_interactions ({columns})
SELECT n, {merchant}, {name}, {first} + (n * 31 % {placements}), {share}, {symbols} || {rest},
{kind}, 'bare', 'frame', false, {moment}, {moment}
FROM (SELECT n, who, {came} AS came FROM (SELECT n, {who} AS who FROM {series}) AS done) AS theirs
"""


def _write_acts(place: Place, world: World, year: Year, *, placements: list[int]) -> None:
    """Write all interactions in one statement, and their indexes afterwards: each at its best."""
    given = {
        "columns": COLUMNS,
        "merchant": world.merchant.id,
        "first": placements[0],
        "placements": len(placements),
        "share": SHARE,
        "symbols": SYMBOLS,
        "came": CAME.format(interactions=year.interactions),
        "kind": KIND,
    }
    assert placements == list(range(placements[0], placements[0] + len(placements)))
    indexes = sorted(Interaction.__table__.indexes, key=lambda index: str(index.name))  # type: ignore[attr-defined]
    drops = [f"DROP INDEX {index.name}" for index in indexes]
    makes = [
        f"CREATE INDEX {index.name} ON storefront_interactions "
        f"({', '.join(column.name for column in index.columns)})"
        for index in indexes
    ]
    is_sqlite = place.engine == "sqlite"
    dialect = _sqlite_terms(year) if is_sqlite else _postgresql_terms(year)
    statements = [*drops, ACTS.format(**given, **dialect), *makes]
    if is_sqlite:
        _run_sqlite(place, statements)
    else:
        key = "pg_get_serial_sequence('storefront_interactions', 'id')"
        _run_postgresql(place, [*statements, f"SELECT setval({key}, {year.interactions})"])


def _sqlite_terms(year: Year) -> dict[str, str]:
    last = year.interactions
    numbers = "SELECT 1 UNION ALL SELECT n + 1 FROM acts WHERE n < "
    seconds = f"{START.timestamp():.0f} + n * {year.step!r}"
    return {
        "name": "printf('int_%016d', n)",
        "who": WHO.format(greatest="max", returning=year.returning),
        "rest": f"printf('%0{KEY_LENGTH - SECONDS_LENGTH}d', who)",
        "moment": f"strftime('%Y-%m-%dT%H:%M:%f000', {seconds}, 'unixepoch')",
        "series": f"(WITH RECURSIVE acts(n) AS ({numbers}{last}) SELECT n FROM acts)",  # noqa: S608
    }


def _postgresql_terms(year: Year) -> dict[str, str]:
    return {
        "name": "'int_' || lpad(n::text, 16, '0')",
        "who": WHO.format(greatest="greatest", returning=year.returning),
        "rest": f"lpad(who::text, {KEY_LENGTH - SECONDS_LENGTH}, '0')",
        "moment": f"to_timestamp({START.timestamp():.0f} + n * {year.step!r})",
        "series": f"generate_series(1::bigint, {year.interactions}) AS acts(n)",
    }


def _run_sqlite(place: Place, statements: list[str]) -> None:
    file = place.url.removeprefix("sqlite:///")
    connection = sqlite_module().connect(file, isolation_level=None)
    for pragma in ("synchronous = OFF", "foreign_keys = OFF", "cache_size = -1000000"):
        connection.execute(f"PRAGMA {pragma}")
    for statement in statements:
        connection.execute(statement)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _run_postgresql(place: Place, statements: list[str]) -> None:
    with psycopg.connect(place.plain_url, autocommit=True) as connection:
        # Foreign keys are not checked row by row: what is written here is known to be good.
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET maintenance_work_mem = '512MB'")
        for statement in statements:
            connection.execute(statement)


DAY = {
    "sqlite": "date(occurred_at, '-5 hours')",
    "postgresql": "(occurred_at AT TIME ZONE 'America/New_York')::date",
}
COUNTS = {
    PlacementTally: """
INSERT INTO storefront_placement_tallies (merchant_id, acted_on, kind, placement_id, count)
SELECT merchant_id, {day}, kind, placement_id, count(*)
FROM storefront_interactions WHERE recorded_at < :until GROUP BY 1, 2, 3, 4
""",
    ShareTally: """
INSERT INTO storefront_share_tallies (merchant_id, acted_on, share_id, count)
SELECT merchant_id, {day}, share_id, count(*)
FROM storefront_interactions WHERE recorded_at < :until AND share_id IS NOT NULL GROUP BY 1, 2, 3
""",
}


def _count(database: Database, world: World) -> None:
    """Count by day what the worker would have counted."""
    until = NOW - timedelta(minutes=5)
    day = DAY[database.writer.dialect.name]
    with database.begin() as session:
        for count in COUNTS.values():
            bound = bindparam("until", until, type_=UtcDateTime())
            session.execute(text(count.format(day=day)).bindparams(bound))
        session.add(
            TallyMark(merchant_id=world.merchant.id, zone=world.merchant.zone, counted_before=until)
        )


def _write(database: Database, table: type[Base], rows: Iterator[Row]) -> None:
    while chunk := list(islice(rows, CHUNK)):
        with database.begin() as session:
            session.execute(insert(table), chunk)


def _sales(
    world: World, year: Year, orders: int, *, placements: list[int]
) -> dict[type[Base], Iterator[Row]]:
    """Return the rows of paid orders, table by table, in the order in which they can be written.

    Whoever was led by an act orders an hour after it, at the latest a few minutes ago.
    """
    dice = random.Random(7)
    acts = sorted(dice.randrange(year.interactions) + 1 for _ in range(orders))
    led_by = [act if dice.random() < LED else None for act in acts]
    latest = NOW - timedelta(minutes=5)
    moments = [min(latest, year.moment(act) + timedelta(hours=1)) for act in acts]
    visitors = [year.visitor(act) for act in acts]
    mine = {"merchant_id": world.merchant.id, "currency": "USD"}
    models = ("last_touch", "linear")

    def each(make: Any) -> Iterator[Row]:
        return (make(key, moment) for key, moment in enumerate(moments))

    def parts(make: Any) -> Iterator[Row]:
        return (make(key, moment, model) for key, moment in enumerate(moments) for model in models)

    return {
        Order: each(
            lambda key, moment: {**mine, **_order(world, key, moment), "visitor": visitors[key]}
        ),
        OrderContact: each(
            lambda key, _: {
                "merchant_id": world.merchant.id,
                "order_id": key + 1,
                "email": f"buyer{key}@buyer.test",
                "name": f"Buyer Number {key}",
                "phone": "",
                "address": {},
                "note": "",
            }
        ),
        LineItem: each(lambda key, moment: {**mine, **_line(world, key, moment)}),
        Payment: each(
            lambda key, moment: {
                **mine,
                "id": key + 1,
                "order_id": key + 1,
                "public_id": f"pay_{key:016}",
                "attempt": 1,
                "amount_minor": 450,
                "account": "",
                "created_at": moment,
                "succeeded_at": moment,
            }
        ),
        LedgerEntry: (
            {
                **mine,
                "transaction_id": f"txn_{key:016}",
                "cause": "payment",
                "account": account,
                "amount_minor": minor,
                "order_id": key + 1,
                "payment_id": key + 1,
                "reference": f"pay_{key:016}",
                "occurred_at": moment,
            }
            for key, moment in enumerate(moments)
            for account, minor in (("gateway", 450), ("sales", -450))
        ),
        OrderOrigin: each(
            lambda key, _: {
                "merchant_id": world.merchant.id,
                "order_id": key + 1,
                "interaction_id": led_by[key],
                **year.where(led_by[key], placements),
                "evidence": "verified",
            }
        ),
        Attribution: parts(
            lambda key, moment, model: {
                "merchant_id": world.merchant.id,
                "order_id": key + 1,
                "model": model,
                "position": 0,
                "interaction_id": led_by[key],
                **year.where(led_by[key], placements),
                "share": 10_000,
                "assigned_at": moment,
            }
        ),
        CreditEntry: parts(
            lambda key, moment, model: {
                **mine,
                "order_id": key + 1,
                "model": model,
                "position": 0,
                "interaction_id": led_by[key],
                **year.where(led_by[key], placements),
                "amount_minor": 450,
                "cause": "sale",
                "reference": f"ord_{key:016}",
                "occurred_at": moment,
            }
        ),
    }


def _order(world: World, key: int, moment: datetime) -> Row:
    return {
        "id": key + 1,
        "public_id": f"ord_{key:016}",
        "number": 1_001 + key,
        "placement_id": world.placement.id,
        "store_id": world.store.id,
        "fulfilment": "pickup",
        "locale": "en",
        "goods_minor": 450,
        "shipping_minor": 0,
        "total_minor": 450,
        "placed_at": moment,
        "held_until": moment,
        "paid_at": moment,
        "picked_up_at": moment if key % 50 else None,
    }


def _line(world: World, key: int, moment: datetime) -> Row:
    return {
        "order_id": key + 1,
        "variant_id": world.variant.id,
        "position": 0,
        "kind": "goods",
        "title": "Pistachio cone" if key % 10 == 0 else "Lemon ice",
        "variant_name": "Regular",
        "sku": "cone",
        "unit_minor": 450,
        "quantity": 1,
        "total_minor": 450,
        "sold_at": moment,
    }

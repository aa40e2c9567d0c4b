"""R-G1 and R-G3: the console's lists and its report over a year of 100,000 orders and a million
interactions, on each engine, through the application in this process."""

import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from storefront.db.base import Base
from storefront.models import (
    Attribution,
    CreditEntry,
    Interaction,
    LedgerEntry,
    LineItem,
    Order,
    OrderContact,
    OrderOrigin,
    Payment,
)
from storefront.services import tallies
from tests.engines import ENGINES, Databases
from tests.factories import PASSWORD, World, world_on
from tests.fakes import Bench, make_bench

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
DAYS = 365
ORDERS, INTERACTIONS = 100_000, 1_000_000
VISITORS = 300_000
CHUNK = 5_000
ROUNDS = 20
MUST_MS = 500
PAGES = {
    "orders": "/console/orders",
    "orders, last page": "/console/orders?page=4000",
    "orders, a name": "/console/orders?q=buyer77",
    "orders, a product": "/console/orders?q=pistachio",
    "orders, to prepare": "/console/orders?stage=preparing&sort=largest",
    "report, 30 days": "/console/report?by=placement",
    "report, 365 days": "/console/report?period=365",
    "report, shares": "/console/report?period=90&by=share",
    "home": "/console/",
}

Row = dict[str, Any]


def measure(orders: int = ORDERS, interactions: int = INTERACTIONS) -> dict[str, Any]:
    """Return how long the pages take on each engine, in milliseconds."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        databases = Databases(Path(folder))
        for engine in ENGINES:
            with databases.fresh(engine) as url:
                bench = make_bench(Path(folder), url, NOW)
                fill(
                    bench,
                    world_on(bench, stock=None),
                    orders=orders,
                    interactions=interactions,
                )
                found[engine] = {name: _times(bench, path) for name, path in PAGES.items()}
                bench.database.dispose()
        databases.close()
    what = f"console pages over {orders} orders and {interactions} interactions"
    return {"R-G3": {"what": what, "unit": "ms", "must": {"p95": MUST_MS}, **found}}


def fill(bench: Bench, world: World, *, orders: int, interactions: int) -> None:
    """Write a year of both, and let the worker count."""
    dice = random.Random(7)
    _write(bench, Interaction, (_act(world, dice, key) for key in range(interactions)))
    for table, rows in _sales(world, dice, orders=orders, interactions=interactions).items():
        _write(bench, table, rows)
    while tallies.count_some(bench.ports, world.merchant.id, world.merchant.zone, now=NOW):
        pass
    with bench.database.begin() as session:
        session.execute(text("ANALYZE"))


def _write(bench: Bench, table: type[Base], rows: Iterator[Row]) -> None:
    while chunk := list(islice(rows, CHUNK)):
        with bench.database.begin() as session:
            session.execute(insert(table), chunk)


def _moment(dice: random.Random) -> datetime:
    return NOW - timedelta(days=DAYS * dice.random(), minutes=5)


def _act(world: World, dice: random.Random, key: int) -> Row:
    moment = _moment(dice)
    return {
        "id": key + 1,
        "merchant_id": world.merchant.id,
        "public_id": f"int_{key:016}",
        "placement_id": world.placement.id,
        "share_id": dice.randrange(1, 5_000) if key % 20 == 0 else None,
        "visitor": f"{dice.randrange(VISITORS):026}",
        "kind": "open" if key % 20 == 0 else "like" if key % 10 == 1 else "view",
        "assurance": "bare",
        "surface": "frame",
        "is_direct": False,
        "occurred_at": moment,
        "recorded_at": moment,
    }


def _sales(
    world: World, dice: random.Random, *, orders: int, interactions: int
) -> dict[type[Base], Iterator[Row]]:
    """Return the rows of paid orders, table by table, in the order in which they can be written."""
    moments = [_moment(dice) for _ in range(orders)]
    led_by = [dice.randrange(interactions) + 1 if dice.random() < 0.8 else None for _ in moments]  # noqa: PLR2004
    mine = {"merchant_id": world.merchant.id, "currency": "USD"}
    models = ("last_touch", "linear")

    def each(make: Any) -> Iterator[Row]:
        return (make(key, moment) for key, moment in enumerate(moments))

    def parts(make: Any) -> Iterator[Row]:
        return (make(key, moment, model) for key, moment in enumerate(moments) for model in models)

    return {
        Order: each(lambda key, moment: {**mine, **_order(world, key, moment)}),
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
        "visitor": f"{key:026}",
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


def _times(bench: Bench, path: str) -> dict[str, float]:
    client = bench.client()
    form = {"email": "owner@gelato.test", "password": PASSWORD}
    client.post("/console/sign-in", data=form)
    times = []
    for _ in range(ROUNDS + 1):
        start = time.perf_counter()
        answer = client.get(path)
        times.append(1000 * (time.perf_counter() - start))
        if answer.status_code != 200:  # noqa: PLR2004
            message = f"{path} answered {answer.status_code}"
            raise RuntimeError(message)
    ranked = sorted(times[1:])
    return {
        "median": round(statistics.median(ranked), 1),
        "p95": round(ranked[int(0.95 * len(ranked)) - 1], 1),
    }

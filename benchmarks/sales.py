"""F3: whole sales, from the frame to paid, through a running shop with its sandbox and worker.

The sandbox runs on the same machine and takes its share of it; so do the clients."""

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.engines import Databases
from tests.races.market import Market
from tests.races.servers import Shop, running_shop

ROUNDS = 5
SALES = 100
CLIENTS = 8
STEPS = ("frame", "view", "order", "confirm", "paid")


def measure() -> dict[str, Any]:
    """Return sales per second on each engine: median, lowest and highest of five rounds."""
    return {"F3": {"what": "whole sales per second", "steps": list(STEPS), **_engines()}}


def _engines() -> dict[str, Any]:
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        databases = Databases(Path(folder))
        for engine in ("sqlite", "postgresql"):
            with (
                databases.fresh(engine) as url,
                _shop(url, Path(folder) / f"{engine}-shop") as shop,
            ):
                found[engine] = _rounds(shop)
        databases.close()
    return found


@contextmanager
def _shop(url: str, folder: Path) -> Iterator[Shop]:
    folder.mkdir()
    with running_shop(url, folder) as shop:
        yield shop


def _rounds(shop: Shop) -> dict[str, float]:
    market = Market(shop, slug="bench")
    variant = market.add_variant(stock=None)
    rates = [_round(shop, market, variant) for _ in range(ROUNDS + 1)][1:]
    return {
        "median": round(statistics.median(rates), 1),
        "lowest": round(min(rates), 1),
        "highest": round(max(rates), 1),
    }


def _round(shop: Shop, market: Market, variant: str) -> float:
    begin = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda _: _sell(shop, market, variant), range(SALES)))
    return SALES / (time.perf_counter() - begin)


def _sell(shop: Shop, market: Market, variant: str) -> None:
    """Walk one sale, and wait until the shop says that it is paid."""
    placement = market.world.placement.public_id
    with httpx.Client(base_url=shop.url, headers={"Accept": "application/json"}) as client:
        client.get(f"/e/{placement}").raise_for_status()
        seen = client.post("/interactions", json={"placement": placement, "kind": "view"}).json()
        order = client.post(
            "/orders",
            headers={"Idempotency-Key": os.urandom(16).hex()},
            json={
                "placement": placement,
                "v": seen["v"],
                "lines": [{"variant": variant, "quantity": 1}],
                "email": "ada@buyer.test",
                "name": "Ada",
                "fulfilment": "pickup",
                "store": market.world.store.public_id,
            },
        ).json()
        httpx.post(
            f"{shop.sandbox.url}/v1/payment_intents/{order['payment_reference']}/confirm",
            headers={"Authorization": "Bearer sk_test_sandbox"},
            data={"payment_method": "pm_card_visa"},
        ).raise_for_status()
        address = f"/orders/{order['public_id']}?t={order['token']}"
        while client.get(address).json()["status"] != "paid":
            time.sleep(0.02)

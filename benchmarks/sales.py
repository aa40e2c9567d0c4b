"""F3: whole sales, from the frame to paid: six requests, one a signed webhook, and the receipt.

The gateway answers at once and is not counted; the clients are, in the rate, for they share the
machine."""

import json
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select

from benchmarks import stage
from benchmarks.gateway import payment_of
from benchmarks.load import PATIENCE
from benchmarks.rounds import ENGINES, Found, Sizes
from benchmarks.serving import Machine, Served, serving
from benchmarks.wire import Line, written
from storefront.domain.money import Money
from storefront.domain.payments import Snapshot
from storefront.models import Job
from tests.factories import World
from tests.fakes import event_body, signature
from tests.races.market import wait_until
from tests.races.servers import WEBHOOK_SECRET

CLIENTS = 8
VARIANTS = 50
JSON = {"Content-Type": "application/json", "Accept": "application/json"}


def run(host: Machine, sizes: Sizes) -> dict[str, Found]:
    """Sell in rounds, and wait after each until every receipt is sent."""
    found = Found()
    for engine in ENGINES:
        with serving(host, engine, job_workers=1) as served:
            world = stage.merchant(served)
            goods = stage.variants(served, world, VARIANTS, stock=100_000)
            for _ in range(2):
                _round(served, world, goods, count=sizes.warm_up // 2)
                served.place.settle()
            for _ in range(sizes.rounds):
                found.add(engine, _round(served, world, goods, count=sizes.requests))
    return {"F3": found}


def _round(served: Served, world: World, goods: list[str], *, count: int) -> dict[str, float]:
    """Sell so often, one piece in each sale."""
    wanted = [goods[number % VARIANTS] for number in range(count)]
    before, begin = served.processor(), time.perf_counter()
    with ThreadPoolExecutor(CLIENTS, initializer=_come, initargs=(served,)) as pool:
        list(pool.map(lambda variant: _buy(world, variant), wanted))
    taken = time.perf_counter() - begin
    wait_until(lambda: _receipts(served) == 0, "all receipts were sent")
    cpu = 1000 * (served.processor() - before) / len(wanted)
    return {"sales": len(wanted) / taken, "CPU of web, database and worker": cpu}


def _receipts(served: Served) -> int:
    """Count the receipts that are still to be sent."""
    open_jobs = select(func.count()).where(Job.name == "send_receipt", Job.done_at.is_(None))
    with served.shop.database.reads() as session:
        return session.scalar(open_jobs) or 0


_clients = threading.local()


def _come(served: Served) -> None:
    _clients.host = served.shop.host
    _clients.line = Line(urlsplit(served.url).port or 80)
    _clients.line.socket.settimeout(PATIENCE)


def _buy(world: World, variant: str) -> None:
    """Walk one sale to its end."""
    placement = world.placement.public_id
    _ask("GET", f"/e/{placement}", headers={"Accept": "text/html"})
    seen = _ask("POST", "/interactions", {"placement": placement, "kind": "view"})
    wish = {"placement": placement, "lines": [{"variant": variant, "quantity": 1}]}
    _ask("POST", "/quotes", {**wish, "fulfilment": "pickup"})
    body = stage.order(world, variant, v=seen["v"])
    placed = _ask("POST", "/orders", body, headers=stage.fresh_key())
    message = _paid(world, placed)
    signed = {"Stripe-Signature": signature(message, WEBHOOK_SECRET)}
    _ask("POST", "/webhooks/stripe", message.decode(), headers=signed)
    shown = _ask("GET", f"/orders/{placed['public_id']}?t={placed['token']}")
    assert shown["status"] == "paid", shown


def _paid(world: World, placed: dict[str, Any]) -> bytes:
    """Return the gateway's message that an order is paid."""
    reference = placed["payment_reference"]
    snapshot = Snapshot(
        reference=reference,
        state="succeeded",
        amount=Money(450, "USD"),
        account="",
        is_live=False,
        payment_public_id=payment_of(reference),
        merchant_public_id=world.merchant.public_id,
    )
    return event_body(
        "payment_intent.succeeded",
        snapshot,
        event_id=f"evt_{secrets.token_hex(8)}",
        created=int(datetime.now(UTC).timestamp()),
    )


def _ask(method: str, path: str, body: Any = "", *, headers: dict[str, str] | None = None) -> Any:
    """Send a request over this client's line; return the answer's JSON, if it is some."""
    told = body if isinstance(body, str) else json.dumps(body)
    request = (method, path, {**JSON, **(headers or {})}, told)
    line: Line = _clients.line
    line.ask(written(_clients.host, request).encode())
    if int(line.status) >= HTTPStatus.BAD_REQUEST:
        message = f"{method} {path} was answered with {line.status}: {line.body!r}"
        raise RuntimeError(message)
    return json.loads(line.body) if line.body.startswith(b"{") else None

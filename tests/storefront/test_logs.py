"""Log lines: what stands in them, and that no secret does, whoever wrote the words."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from storefront.logs import HIDDEN, JsonFormatter, LineFormatter, Redactor, formatter_of
from tests.factories import PASSWORD, World, order_json, place, world_on
from tests.fakes import Bench, make_bench

CANARY = "canary7yellow"
CARD = "4242 4242 4242 4242"
JSON = {"Accept": "application/json"}

SECRETS = [
    ("GET /orders/ord_1?t=eyJjYW5.a-b_c&in=frame", "eyJjYW5"),
    ("GET /e/plc_1?v=mark.1&c=cart.2&sf=s.3&lang=en", "mark.1"),
    ("GET /e/plc_1?v=mark.1&c=cart.2&sf=s.3&lang=en", "cart.2"),
    ("GET /e/plc_1?v=mark.1&c=cart.2&sf=s.3&lang=en", "s.3"),
    ("opened https://shop.test/s/AbC-d_E1 today", "AbC-d_E1"),
    ("opened https://shop.test/g/AbC-d_E1?x=1", "AbC-d_E1"),
    ("GET /console/password-resets/AbC-d_E1", "AbC-d_E1"),
    ("GET /counter/enrolment/AbC-d_E1", "AbC-d_E1"),
    ("{'Authorization': 'Bearer sft_0123456789'}", "sft_0123456789"),
    ("Cookie: storefront-1=abc; other=def", "abc; other=def"),
    ("key sk_live_0123 is wrong", "0123"),
    ("secret whsec_0123abcd is wrong", "0123abcd"),
    ("pi_1_secret_0123abcd", "0123abcd"),
    ("no mailbox ada.lovelace+x@buyer.test here", "ada.lovelace"),
    ("smtp://me:hush@mail.test", "hush"),
    (f"card {CARD} declined", "4242 4242"),
    ("card 4242424242424242 declined", "42424242"),
    ("own pepper-of-ours-1", "pepper-of-ours-1"),
]


@pytest.mark.parametrize(("line", "secret"), SECRETS)
def test_a_secret_is_taken_out_of_a_line(line: str, secret: str) -> None:
    told = Redactor(["pepper-of-ours-1"])(line)

    assert secret not in told
    assert HIDDEN in told


@pytest.mark.parametrize(
    "line",
    [
        "GET /e/plc_0123456789abcdef?lang=en&in=frame",
        "order ord_0123456789abcdef has 12 lines, 1234567890123456 bytes",
        "2026-03-14T09:26:53.123456+00:00",
        "/static/css/frame.css",
    ],
)
def test_what_is_no_secret_stays(line: str) -> None:
    assert Redactor(["", "abc"])(line) == line


def a_record(**fields: object) -> logging.LogRecord:
    record = logging.makeLogRecord({"name": "storefront.web", "levelno": 20, "levelname": "INFO"})
    record.msg, record.created = "paid by %s", 1773480413.25
    record.args = ("ada@buyer.test",)
    vars(record).update(fields)
    return record


def test_a_json_line_is_one_object_with_the_events_fields() -> None:
    line = JsonFormatter(Redactor()).format(a_record(status=201, merchant=None, ms=1.5))

    assert json.loads(line) == {
        "time": "2026-03-14T09:26:53.250+00:00",
        "level": "info",
        "logger": "storefront.web",
        "message": f"paid by {HIDDEN}",
        "status": 201,
        "ms": 1.5,
    }


def test_a_text_line_ends_with_the_events_fields() -> None:
    line = LineFormatter(Redactor()).format(a_record(status=201, route="/orders"))

    assert line.endswith(f"INFO storefront.web paid by {HIDDEN} status=201 route=/orders")


@pytest.mark.parametrize("formatter", [JsonFormatter, LineFormatter])
def test_a_traceback_is_told_without_its_secrets(
    formatter: Callable[[Redactor], logging.Formatter],
) -> None:
    error = RuntimeError("Bearer sft_0123456789")
    line = formatter(Redactor()).format(a_record(exc_info=(type(error), error, None)))

    assert "RuntimeError" in line
    assert "sft_0123456789" not in line


@pytest.fixture
def canaries(engine_url: str, now: datetime, tmp_path: Path) -> Iterator[Bench]:
    """Give a shop whose every secret is a canary."""
    bench = make_bench(
        tmp_path,
        engine_url,
        now,
        secret_key=f"{CANARY}-secret-key-0123456789-abcdefgh",
        pepper=f"{CANARY}-pepper-0123456789-abcdefghijkl",
        stripe_api_key=f"sk_test_{CANARY}",
        stripe_webhook_secrets=f"whsec_{CANARY}",
        mail_url=f"smtp://me:{CANARY}@mail.test",
        log="json",
    )
    yield bench
    bench.database.dispose()


@pytest.fixture
def lines(canaries: Bench) -> Iterator[io.StringIO]:
    """Give what the shop writes into its log."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter_of(canaries.ports.settings))
    logger = logging.getLogger("storefront")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield stream
    logger.removeHandler(handler)
    logger.setLevel(before)


def tell_everything(bench: Bench, world: World) -> list[Any]:
    """Bring a canary everywhere that a stranger, a buyer or a member can; return the answers."""
    client = bench.client()
    email = f"{CANARY}@buyer.test"
    placement = world.placement.public_id
    order = place(bench, world)
    keyed = [{**JSON, "Idempotency-Key": f"{CANARY}-{number:022}"} for number in range(4)]
    person = {"email": email, "name": CANARY, "note": f"{CANARY} {CARD}"}
    answers = [
        client.post("/orders", json=order_json(world, **person), headers=keyed[0]),
        client.post("/orders", json=order_json(world, **person, pan=CARD), headers=keyed[1]),
        client.get(f"/orders/{order.public_id}?t={CANARY}", headers=JSON),
        client.get(f"/orders/{order.public_id}?t={order.token}", headers=JSON),
        client.get(f"/e/{placement}?v={CANARY}&c={CANARY}&sf={CANARY}"),
        client.get(f"/s/{CANARY}", headers=JSON),
        client.get(f"/g/{CANARY}", headers=JSON),
        client.get("/api/v1/orders/ord_1", headers={"Authorization": f"Bearer {CANARY}"}),
        client.get("/console/", headers={"Cookie": f"session={CANARY}", **JSON}),
        client.post("/console/sign-in", data={"email": email, "password": CANARY}, headers=JSON),
        client.post("/console/sign-in", data={"email": world.owner_email, "password": PASSWORD}),
        client.post("/webhooks/stripe", data=CANARY, headers={"Stripe-Signature": CANARY}),
        client.get("/healthz", headers={"Host": f"{CANARY}.test"}),
    ]
    client = bench.client()  # without the member's cookie
    bench.gateway.fault = RuntimeError(f"{email} paid with {CARD}")  # type: ignore[assignment]
    answers.append(client.post("/orders", json=order_json(world, **person), headers=keyed[2]))
    bench.gateway.fault = None
    with bench.database.begin() as session:
        session.execute(text("ALTER TABLE storefront_order_contacts RENAME COLUMN email TO gone"))
    answers.append(client.post("/orders", json=order_json(world, **person), headers=keyed[3]))
    return answers


def test_no_canary_reaches_a_log_or_an_error(canaries: Bench, lines: io.StringIO) -> None:
    world = world_on(canaries)
    answers = tell_everything(canaries, world)
    refused = [answer for answer in answers if answer.status_code >= 400]
    log = lines.getvalue()
    events = [json.loads(line) for line in log.splitlines()]

    assert [answer.status_code for answer in answers].count(500) >= 1
    assert len(refused) >= 9
    assert sum(event["message"] == "request" for event in events) == len(answers)
    assert any("trace" in event for event in events)
    for told in (log, *(answer.text for answer in refused)):
        assert CANARY not in told
        assert CARD not in told
        assert "@buyer.test" not in told


def test_each_request_is_one_line_and_its_answer_names_it(
    canaries: Bench, lines: io.StringIO
) -> None:
    world = world_on(canaries)
    client = canaries.client()
    answers = [
        client.get(f"/p/{world.placement.public_id}?v=mark"),
        client.get("/nowhere", headers=JSON),
    ]
    events = [json.loads(line) for line in lines.getvalue().splitlines()]
    told = [
        (each["method"], each["route"], each["status"], each.get("merchant")) for each in events
    ]

    assert told == [("GET", "/p/<placement>", 200, "gelato"), ("GET", "none", 404, None)]
    assert [each["request_id"] for each in events] == [
        answer.headers["X-Request-Id"] for answer in answers
    ]
    assert answers[1].json["request_id"] == events[1]["request_id"]
    assert all(each["ms"] >= 0 for each in events)

"""Requests that no view should see, ids of other people, and an outside world that fails."""

import gzip
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, select, text
from sqlalchemy.pool import NullPool

from storefront.db.engine import sqlite_module
from storefront.errors import TryAgain
from storefront.models import Attempt, Job, Order
from storefront.services.order_tokens import order_token
from storefront.worker import run_due
from tests.contents import nothing_changes
from tests.factories import HOST, PASSWORD, World, order_json, pay, place
from tests.fakes import BASE_URL, Bench, make_bench
from tests.storefront.web.answers import PERSON, PROGRAM, Refusal, page_says, refusal
from tests.storefront.web.conftest import Shop


def key() -> dict[str, str]:
    """Return a header with a fresh request key."""
    return {"Idempotency-Key": secrets.token_urlsafe(24)}


# Row 36: other sites


def test_a_form_on_another_site_is_blocked_even_with_our_cookie(bench: Bench, world: World) -> None:
    client = bench.client()
    client.post("/console/sign-in", data={"email": world.owner_email, "password": PASSWORD})
    foreign = {"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"}

    with nothing_changes(bench.database):
        told = client.post("/orders", json=order_json(world), headers={**foreign, **key()})
        shown = client.post("/console/sign-out", headers={**foreign, **PERSON})

    assert Refusal(403, "cross_site_blocked") == refusal(told)
    assert 403 == shown.status_code
    assert page_says(shown, told.json["detail"])
    assert 200 == client.get("/console/").status_code


# Row 37: damaged tokens in the frame's address


@pytest.mark.parametrize("token", ["", "altered", "x" * 5000, "é"])
@pytest.mark.parametrize("path", ["/e/{}", "/p/{}", "/e/{}/cart", "/p/{}/cart", "/e/{}/checkout"])
def test_a_page_with_damaged_tokens_begins_anew(shop: Shop, path: str, token: str) -> None:
    address = path.format(shop.world.placement.public_id)

    with nothing_changes(shop.bench.database):
        answer = shop.client.get(address, query_string={"v": token, "c": token})

    assert 200 == answer.status_code


def test_a_damaged_cart_says_so_in_a_sentence(shop: Shop) -> None:
    path = f"/e/{shop.world.placement.public_id}/cart"

    damaged = shop.client.get(path, query_string={"c": "altered"})
    empty = shop.client.get(path)

    sentence = "We could not read your cart any more"
    assert page_says(damaged, sentence)
    assert not page_says(empty, sentence)


# Row 40: ids of other people


def wrong_tokens(shop: Shop) -> dict[str, str]:
    """Return tokens that do not open the shop's order."""
    placed, other = place(shop.bench, shop.world), place(shop.bench, shop.world)
    return {
        "order": placed.public_id,
        "none": "",
        "altered": placed.token[:-2] + "aa",
        "of another order": other.token,
        "of another merchant": order_token(
            shop.bench.ports, shop.rival.merchant.id, placed.public_id
        ),
    }


@pytest.mark.parametrize("kind", ["none", "altered", "of another order", "of another merchant"])
def test_an_order_without_its_token_is_not_found(shop: Shop, kind: str) -> None:
    tokens = wrong_tokens(shop)
    path, token = f"/orders/{tokens['order']}", {"t": tokens[kind]}

    with nothing_changes(shop.bench.database):
        told = shop.client.get(path, query_string=token, headers=PROGRAM)
        shown = shop.client.get(path, query_string=token, headers=PERSON)
        held = shop.client.post(f"{path}/hold", query_string=token, headers=PROGRAM)

    assert Refusal(404, "not_found") == refusal(told) == refusal(held)
    assert 404 == shown.status_code
    assert page_says(shown, told.json["detail"])


def test_an_order_of_another_merchant_is_not_found_by_the_api(shop: Shop) -> None:
    placed = place(shop.bench, shop.world)
    bearer = {"Authorization": f"Bearer {shop.rival.api_token}"}

    foreign = shop.client.get(f"/api/v1/orders/{placed.public_id}", headers=bearer)
    unknown = shop.client.get("/api/v1/orders/ord_0000000000000000", headers=bearer)

    assert Refusal(404, "not_found") == refusal(foreign) == refusal(unknown)
    assert foreign.json["detail"] == unknown.json["detail"]


def test_a_placement_of_another_merchant_is_not_found_by_the_api(shop: Shop) -> None:
    body = {"placement": shop.rival.placement.public_id, "kind": "like"}
    headers = {"Authorization": f"Bearer {shop.world.api_token}", **key()}

    with nothing_changes(shop.bench.database):
        answer = shop.client.post("/api/v1/interactions", json=body, headers=headers)

    assert Refusal(404, "not_found") == refusal(answer)


# Row 44: names that are not ours


@pytest.mark.parametrize(
    "host", ["evil.test", "shop.test.evil.test", "shop.test:81", "shop.test@e"]
)
@pytest.mark.parametrize("path", ["/", "/e/plc_1", "/orders/ord_1", "/console/", "/nowhere"])
def test_a_foreign_host_name_is_refused(shop: Shop, host: str, path: str) -> None:
    headers = {"Host": host, "X-Forwarded-Host": "shop.test"}

    told = shop.client.get(path, headers={**headers, **PROGRAM})
    shown = shop.client.get(path, headers={**headers, **PERSON})

    assert Refusal(400, "bad_host") == refusal(told)
    assert 400 == shown.status_code
    assert page_says(shown, told.json["detail"])
    assert "evil.test" not in shown.text


def test_a_foreign_forwarded_host_is_refused(shop: Shop) -> None:
    headers = {"X-Forwarded-Host": "evil.test", **PROGRAM}
    page = f"/p/{shop.world.placement.public_id}"

    answers = [shop.client.get(path, headers=headers) for path in ("/", "/console/", page)]

    assert [Refusal(400, "bad_host")] * 3 == [refusal(answer) for answer in answers]
    assert all("evil.test" not in answer.text for answer in answers)


def test_our_own_name_may_be_forwarded_and_another_forwarding_is_not_believed(shop: Shop) -> None:
    headers = {"X-Forwarded-Host": "shop.test", "Forwarded": "host=evil.test", **PERSON}
    page = f"/p/{shop.world.placement.public_id}"

    answer = shop.client.get(page, headers=headers)

    assert 200 == answer.status_code
    assert f"{BASE_URL}/p/" in answer.text
    assert "evil.test" not in answer.text


# Row 45: methods, types, sizes


@pytest.mark.parametrize("method", ["TRACE", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/orders", "/interactions", "/webhooks/stripe", "/e/plc_1"])
def test_a_method_that_an_address_does_not_answer_is_named(
    shop: Shop, path: str, method: str
) -> None:
    with nothing_changes(shop.bench.database):
        told = shop.client.open(path, method=method, headers=PROGRAM)

    assert Refusal(405, "method_not_allowed") == refusal(told)
    assert told.headers["Allow"]


def test_a_person_is_told_of_a_wrong_method_on_a_page(shop: Shop) -> None:
    shown = shop.client.put("/orders", headers=PERSON)

    assert 405 == shown.status_code
    assert page_says(shown, "This address does not answer that kind of request.")


@pytest.mark.parametrize("accept", ["text/yaml", "application/xml", "image/png", "x/y;q=0.1"])
def test_an_answer_of_another_type_is_not_acceptable(shop: Shop, accept: str) -> None:
    path = f"/e/{shop.world.placement.public_id}"

    with nothing_changes(shop.bench.database):
        shown = shop.client.get(path, headers={"Accept": accept})
        told = shop.client.post("/interactions", json={}, headers={"Accept": accept})

    assert 406 == shown.status_code
    assert page_says(shown, "We can answer with JSON or HTML only.")
    assert Refusal(406, "not_acceptable") == refusal(told)


def test_files_are_sent_whatever_type_is_asked_for(shop: Shop) -> None:
    answer = shop.client.get("/embed.js", headers={"Accept": "application/javascript"})

    assert 200 == answer.status_code


@pytest.mark.parametrize("path", ["/orders", "/interactions", "/carts", "/api/v1/interactions"])
@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/octet-stream", ""])
def test_a_body_of_another_type_is_refused(shop: Shop, path: str, kind: str) -> None:
    headers = {**PROGRAM, **key(), "Authorization": f"Bearer {shop.world.api_token}"}

    with nothing_changes(shop.bench.database):
        told = shop.client.post(path, data=b"{}", content_type=kind, headers=headers)

    assert Refusal(415, "unsupported_media_type") == refusal(told)


def test_a_form_where_json_is_wanted_is_refused(shop: Shop) -> None:
    with nothing_changes(shop.bench.database):
        told = shop.client.post("/interactions", data={"kind": "view"})

    assert Refusal(415, "unsupported_media_type") == refusal(told)


def test_a_key_given_twice_is_refused(shop: Shop) -> None:
    card, placement = f"/e/{shop.world.placement.public_id}", shop.world.placement.public_id
    form = f"surface=page&placement={placement}&quantity=1&quantity=9"

    with nothing_changes(shop.bench.database):
        told = shop.client.get(f"{card}?v=a&v=b", headers=PROGRAM)
        shown = shop.client.get(f"{card}?v=a&v=b", headers=PERSON)
        forms = [
            shop.client.post(
                path,
                data=form,
                content_type="application/x-www-form-urlencoded",
                headers={**PROGRAM, **key()},
            )
            for path in ("/orders", "/carts")
        ]

    assert Refusal(400, "duplicate_key", "v") == refusal(told)
    assert 400 == shown.status_code
    assert page_says(shown, "v was given more than once. Give it once.")
    assert [Refusal(400, "duplicate_key", "quantity")] * 2 == [refusal(each) for each in forms]


@pytest.mark.parametrize("body", [b"", b"[]", b'"x"', b"{", b"\xff", b"[" * 20_000, b"1" * 9999])
@pytest.mark.parametrize("path", ["/orders", "/interactions", "/api/v1/interactions"])
def test_json_that_is_no_object_is_a_bad_request(shop: Shop, path: str, body: bytes) -> None:
    headers = {**key(), "Authorization": f"Bearer {shop.world.api_token}"}

    with nothing_changes(shop.bench.database):
        told = shop.client.post(path, data=body, content_type="application/json", headers=headers)

    assert Refusal(400, "bad_request") == refusal(told)


def test_a_packed_body_is_not_unpacked(shop: Shop) -> None:
    bomb = gzip.compress(b"0" * 40_000_000)
    assert len(bomb) < 64 * 1024

    with nothing_changes(shop.bench.database):
        told = shop.client.post(
            "/orders",
            data=bomb,
            content_type="application/json",
            headers={"Content-Encoding": "gzip", **key()},
        )

    assert Refusal(415, "unsupported_media_type") == refusal(told)


@pytest.mark.parametrize(
    "path", ["/orders", "/interactions", "/webhooks/stripe", "/api/v1/interactions", "/carts"]
)
@pytest.mark.parametrize("size", [64 * 1024 + 1, 100_000_000])
def test_a_body_beyond_the_limit_is_not_read(shop: Shop, path: str, size: int) -> None:
    kind = "application/x-www-form-urlencoded" if path == "/carts" else "application/json"
    headers = {**PROGRAM, **key(), "Authorization": f"Bearer {shop.world.api_token}"}

    with nothing_changes(shop.bench.database):
        told = shop.client.post(
            path,
            data=b'{"a":"' + b"x" * (64 * 1024),
            content_type=kind,
            headers={**headers, "Content-Length": str(size)},
        )

    assert Refusal(413, "too_large") == refusal(told)


@pytest.mark.parametrize(
    ("path", "status"),
    [("/e/%00", 404), ("/p/plc_%00/cart", 404), ("/s/%00", 404), ("/media/%00", 404),
     ("/p/{placement}?q=%00", 400), ("/orders/ord_1?t=%00", 400)],
)  # fmt: skip
def test_a_nul_in_an_address_never_reaches_the_database(shop: Shop, path: str, status: int) -> None:
    address = path.format(placement=shop.world.placement.public_id)

    assert status == shop.client.get(address, headers=PROGRAM).status_code


ODD_INTERACTIONS: list[tuple[dict[str, Any], int, str, str | None]] = [
    ({"kind": "purchase"}, 422, "unknown_kind", "kind"),
    ({"kind": "open"}, 422, "unknown_kind", "kind"),
    ({"kind": ["view"]}, 422, "unknown_kind", "kind"),
    ({"kind": None}, 422, "unknown_kind", "kind"),
    ({"placement": "plc_0000000000000000"}, 404, "not_found", None),
    ({"placement": 5}, 422, "invalid_text", "placement"),
    ({"placement": "plc_\0"}, 422, "invalid_text", "placement"),
    ({"parent": "int_\0"}, 422, "invalid_text", "parent"),
    ({"v": 7}, 422, "invalid_text", "v"),
    ({"assurance": "signed"}, 422, "unknown_field", "assurance"),
    ({"visitor": "me"}, 422, "unknown_field", "visitor"),
]


@pytest.mark.parametrize(("change", "status", "code", "field"), ODD_INTERACTIONS)
def test_an_interaction_that_cannot_be_is_refused(
    shop: Shop, change: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    body = {"placement": shop.world.placement.public_id, "kind": "view", **change}

    with nothing_changes(shop.bench.database):
        told = shop.client.post("/interactions", json=body)

    assert Refusal(status, code, field) == refusal(told)


ODD_REPORTS: list[tuple[dict[str, Any], str, str]] = [
    ({"kind": "open"}, "unknown_kind", "kind"),
    ({"kind": 5}, "invalid", "kind"),
    ({"placement": "plc_\0"}, "invalid", "placement"),
    ({"placement": None}, "invalid", "placement"),
    ({"parent": "int_\ud800"}, "invalid", "parent"),
    ({"occurred_at": "2026-03-14T09:26:53"}, "invalid_time", "occurred_at"),
    ({"occurred_at": "2026-02-12T09:26:52Z"}, "invalid_time", "occurred_at"),
    ({"occurred_at": "2026-03-14T09:31:54Z"}, "invalid_time", "occurred_at"),
    ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "invalid_time", "occurred_at"),
    ({"v": "mark"}, "unknown_field", "v"),
]


@pytest.mark.parametrize(("change", "code", "field"), ODD_REPORTS)
def test_a_servers_report_that_cannot_be_is_refused(
    shop: Shop, change: dict[str, Any], code: str, field: str
) -> None:
    body = {"placement": shop.world.placement.public_id, "kind": "like", **change}
    headers = {"Authorization": f"Bearer {shop.world.api_token}", **key()}

    with nothing_changes(shop.bench.database):
        told = shop.client.post("/api/v1/interactions", json=body, headers=headers)

    assert Refusal(422, code, field) == refusal(told)


@pytest.mark.parametrize("path", ["/api/v1/orders/ord_1", "/api/v1/interactions"])
@pytest.mark.parametrize("header", [None, "Bearer", "Bearer  ", "Bearer sft_wrong", "Basic YTpi"])
def test_the_api_without_a_good_token_is_closed(shop: Shop, path: str, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    method = "POST" if path.endswith("interactions") else "GET"

    # A made-up token is counted as a try.
    with nothing_changes(shop.bench.database, but=Attempt.__tablename__):
        told = shop.client.open(path, method=method, headers={**headers, **PROGRAM})

    assert Refusal(401, "token_needed") == refusal(told)


def test_the_api_wants_a_key_for_what_it_records_and_repeats_its_answer(shop: Shop) -> None:
    body = {"placement": shop.world.placement.public_id, "kind": "like"}
    bearer, same = {"Authorization": f"Bearer {shop.world.api_token}"}, key()

    with nothing_changes(shop.bench.database):
        without = shop.client.post("/api/v1/interactions", json=body, headers=bearer)
    first = shop.client.post("/api/v1/interactions", json=body, headers={**bearer, **same})
    with nothing_changes(shop.bench.database):
        again = shop.client.post("/api/v1/interactions", json=body, headers={**bearer, **same})
        other = shop.client.post(
            "/api/v1/interactions", json={**body, "kind": "share"}, headers={**bearer, **same}
        )

    assert Refusal(400, "idempotency_key_required", "Idempotency-Key") == refusal(without)
    assert (201, 201) == (first.status_code, again.status_code)
    assert first.json == again.json
    assert "true" == again.headers["Idempotent-Replayed"]
    assert Refusal(422, "idempotency_mismatch", "Idempotency-Key") == refusal(other)


# Row 47: where to go after signing in


@pytest.mark.parametrize(
    "target",
    ["//evil.test", "https://evil.test", "/\\evil.test", "\\\\evil.test", "/%0d%0a//evil.test\r\n",
     "javascript:alert(1)", " //evil.test", "/\t/evil.test", "evil.test", "///evil.test"],
)  # fmt: skip
def test_nobody_is_sent_to_another_site_after_signing_in(shop: Shop, target: str) -> None:
    client = shop.bench.client()
    form = {"email": shop.world.owner_email, "password": PASSWORD, "next": target}

    signed_in = client.post("/console/sign-in", data=form)
    once_more = client.get("/console/sign-in", query_string={"next": target})

    assert (303, "/console/") == (signed_in.status_code, signed_in.location)
    assert (302, "/console/") == (once_more.status_code, once_more.location)


def test_a_page_of_ours_is_gone_back_to_after_signing_in(shop: Shop) -> None:
    client = shop.bench.client()
    asked = client.get("/console/orders", headers=PERSON)
    form = {"email": shop.world.owner_email, "password": PASSWORD, "next": "/console/orders"}

    signed_in = client.post("/console/sign-in", data=form)

    assert (302, "/console/sign-in?next=/console/orders") == (asked.status_code, asked.location)
    assert "/console/orders" == signed_in.location


# Row 49: the world outside fails


@contextmanager
def impatient(engine: Engine) -> Iterator[None]:
    """Let a test wait for a lock for 50 ms only."""
    is_sqlite = engine.dialect.name == "sqlite"

    def hurry(connection: Any) -> None:
        if not is_sqlite:
            connection.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")

    if is_sqlite:
        with engine.connect() as connection:
            connection.connection.dbapi_connection.execute("PRAGMA busy_timeout = 50")
            connection.rollback()
    event.listen(engine, "begin", hurry)
    yield
    event.remove(engine, "begin", hurry)


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Hold the database as another process may."""
    options = {"module": sqlite_module()} if url.startswith("sqlite") else {}
    engine = create_engine(url, poolclass=NullPool, **options)
    with engine.connect() as connection:
        if url.startswith("sqlite"):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(text("LOCK TABLE storefront_orders IN EXCLUSIVE MODE"))
        yield
        connection.rollback()
    engine.dispose()


def test_a_locked_database_is_busy_and_the_same_key_succeeds_afterwards(
    bench: Bench, world: World, engine_url: str
) -> None:
    client, same, body = bench.client(), key(), order_json(world)

    with impatient(bench.database.writer):
        with nothing_changes(bench.database), locked(engine_url):
            told = client.post("/orders", json=body, headers=same)
        answer = client.post("/orders", json=body, headers=same)

    assert Refusal(503, "busy") == refusal(told)
    assert 2 == told.json["retry_after"]
    assert 201 == answer.status_code


def test_a_database_that_is_away_is_busy(tmp_path: Path) -> None:
    """A port where nobody listens, and a folder in the place of the file."""
    urls = ("postgresql+psycopg://nobody@127.0.0.1:1/none", f"sqlite:///{tmp_path}")
    for url in urls:
        bench = make_bench(tmp_path, url, datetime(2026, 3, 14, tzinfo=UTC))
        client = bench.client()

        told = client.get("/healthz", headers=PROGRAM)
        shown = client.get("/e/plc_1", headers=PERSON)

        assert Refusal(503, "busy") == refusal(told)
        assert (503, "2") == (shown.status_code, shown.headers["Retry-After"])
        assert page_says(shown, told.json["detail"])
        bench.database.dispose()


@pytest.mark.parametrize(
    ("path", "headers", "is_shown"),
    [
        ("/e/plc_1/cart", {}, True),
        ("/orders/ord_1?t={token}", {"Sec-Fetch-Dest": "iframe"}, True),
        ("/orders/ord_1?t={token}", {"Sec-Fetch-Dest": "document"}, False),
        ("/p/plc_1", {"Sec-Fetch-Dest": "iframe"}, False),
        ("/s/any", {"Sec-Fetch-Dest": "iframe"}, False),
    ],
)
def test_a_frame_shows_that_we_are_busy_whoever_s_it_is(
    tmp_path: Path, now: datetime, path: str, headers: dict[str, str], *, is_shown: bool
) -> None:
    """The database is away, and with it the list of sites that may hold the frame."""
    bench = make_bench(tmp_path, f"sqlite:///{tmp_path}", now)
    address = path.format(token=order_token(bench.ports, 1, "ord_1"))
    answer = bench.client().get(address, headers={**PERSON, **headers})
    bench.database.dispose()
    is_open = "frame-ancestors *" in answer.headers["Content-Security-Policy"]

    assert (is_shown, is_shown) == (is_open, "X-Frame-Options" not in answer.headers)
    assert f'href="{address}">Try again' in answer.text
    assert is_shown == ("surface--frame" in answer.text)


def test_what_is_lost_or_refused_is_not_for_every_frame(bench: Bench) -> None:
    answer = bench.client().get("/e/plc_1", headers=PERSON)

    assert (404, "DENY") == (answer.status_code, answer.headers["X-Frame-Options"])


def fill_up(bench: Bench) -> None:
    """Leave the database no room for another row."""
    with bench.database.begin() as session:
        if bench.database.is_sqlite:
            pages = session.scalar(text("PRAGMA page_count"))
            session.execute(text(f"PRAGMA max_page_count = {pages}"))
            return
        session.execute(
            text(
                "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "RAISE EXCEPTION 'could not extend file: No space left on device' "
                "USING ERRCODE = 'disk_full'; END $$"
            )
        )
        session.execute(
            text(
                "CREATE TRIGGER full_disk BEFORE INSERT ON storefront_orders "
                "FOR EACH ROW EXECUTE FUNCTION full_disk()"
            )
        )


def make_room(bench: Bench) -> None:
    """Give the database its room back."""
    with bench.database.begin() as session:
        if bench.database.is_sqlite:
            session.execute(text("PRAGMA max_page_count = 1000000"))
        else:
            session.execute(text("DROP TRIGGER full_disk ON storefront_orders"))


def test_a_full_disk_says_so_and_works_again_when_there_is_room(bench: Bench, world: World) -> None:
    client = bench.client()
    body = order_json(world, note="x" * 500)
    fill_up(bench)

    for _ in range(60):  # until the last free page is used
        refused = client.post("/orders", json=body, headers=key())
        if refused.status_code != 201:
            break
        bench.clock.pass_time(minutes=11)
    with nothing_changes(bench.database):
        refusals = [client.post("/orders", json=body, headers=key()) for _ in range(2)]
    make_room(bench)
    bench.clock.pass_time(minutes=11)
    answer = client.post("/orders", json=body, headers=key())

    assert [Refusal(503, "storage_full")] * 2 == [refusal(each) for each in refusals]
    assert 60 == refusals[0].json["retry_after"]
    assert 201 == answer.status_code


def test_a_mail_server_that_is_down_never_stops_a_sale(bench: Bench, world: World) -> None:
    bench.mailbox.fault = TryAgain("mail_unavailable")
    client, placed = bench.client(), place(bench, world)

    answer = pay(client, bench, placed)
    run_due(bench.ports)
    with bench.database.reads() as session:
        paid_at = session.scalars(select(Order.paid_at)).one()
        waiting = session.scalars(select(Job).where(Job.name == "send_receipt")).one()
    bench.mailbox.fault = None
    bench.clock.pass_time(seconds=2)
    run_due(bench.ports)

    assert 200 == answer.status_code
    assert paid_at is not None
    assert ("mail_unavailable", None) == (waiting.last_fault, waiting.done_at)
    assert ["receipt (en)"] == [message.subject for message in bench.mailbox.sent]


# Row 38: who may frame a page is said by its header; that browsers obey is shown in a browser


def test_a_frame_page_names_the_merchants_origins_and_no_other(shop: Shop) -> None:
    answer = shop.client.get(f"/e/{shop.world.placement.public_id}")

    assert f"frame-ancestors {HOST}" in answer.headers["Content-Security-Policy"].split("; ")
    assert "X-Frame-Options" not in answer.headers


def test_a_nul_in_a_form_never_reaches_the_database(shop: Shop) -> None:
    form = {"placement": shop.world.placement.public_id, "code": "a\0b", "action": "enter"}

    with nothing_changes(shop.bench.database):
        told = shop.client.post("/carts/codes", data=form, headers=PROGRAM)

    assert Refusal(422, "invalid_text", "code") == refusal(told)

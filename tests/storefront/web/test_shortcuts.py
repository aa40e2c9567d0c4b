"""Answers before Flask: the same as Flask's own to whoever asks for what is plain, and none to
anybody else."""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import request_started
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from storefront.logs import JsonFormatter, Redactor
from storefront.models import AllowedHost, Interaction, Placement
from storefront.services import visitors
from storefront.web.lately import SECONDS, Lately
from storefront.web.metrics import tally_of
from storefront.web.shortcuts import Answer, Shortcut
from tests.factories import World, place, running_offer
from tests.fakes import Bench, make_bench
from tests.storefront.web.answers import PERSON

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IN_INSTAGRAM = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Instagram 350.0"
CRAWLER = "facebookexternalhit/1.1"
OPENER = {**PERSON, "User-Agent": FIREFOX}
VISITORS = {
    "anybody": PERSON,
    "who says nothing": {},
    "who takes anything": {"Accept": "*/*"},
    "who reads Chinese": {**PERSON, "Accept-Language": "zh-TW,zh;q=0.9"},
    "who is signed in somewhere": {**PERSON, "Cookie": "storefront-1=forged; other=1"},
    "through a proxy": {**PERSON, "X-Forwarded-Host": "shop.test", "X-Forwarded-For": "192.0.2.7"},
    "from a post": {**PERSON, "Referer": "https://blog.example/a-post", "Sec-Fetch-Dest": "iframe"},
}
OTHERS = {
    "who wants JSON": {"Accept": "application/json"},
    "who sends JSON": {"Content-Type": "application/json"},
    "who wants a picture": {"Accept": "image/webp"},
    "with a proxy's word for the host": {**OPENER, "X-Forwarded-Host": "elsewhere.example"},
    "for another host": {**OPENER, "Host": "elsewhere.example"},
    "ahead of time": {**OPENER, "Sec-Purpose": "prefetch"},
    "with another purpose": {**OPENER, "Purpose": "reading"},
    "crawling": {**PERSON, "User-Agent": CRAWLER},
    "without a name": PERSON,
}


OTHER_ADDRESSES = ["?a=1&b=2", "?a=1&a=2", "?a=%00", "/", "/cart", "%00", "%C3%A4", "é"]


def share(client: Any, world: World) -> str:
    """Share the placement; return the path of the link."""
    body = {"placement": world.placement.public_id, "kind": "share"}
    return urlsplit(client.post("/interactions", json=body).json["share_url"]).path


def both(bench: Bench) -> tuple[Any, Any]:
    """Return a client whose shop has shortcuts, and one whose shop has none."""
    short, long = bench.client(), bench.client()
    long.application.shortcuts = {}
    return short, long


@contextmanager
def requests_of(client: Any) -> Iterator[list[str]]:
    """Note which requests Flask makes meanwhile: a shortcut makes none."""
    made: list[str] = []

    def note(_app: Any, **_: Any) -> None:
        made.append("one")

    with request_started.connected_to(note, client.application):
        yield made


def told(answer: Any, *, without: tuple[str, ...] = ()) -> tuple[int, dict[str, str], str]:
    """Return all of an answer but for what is another each time."""
    headers = {name: value for name, value in answer.headers.items() if name not in without}
    assert 16 == len(headers.pop("X-Request-Id"))
    return answer.status_code, headers, answer.text


def opened(answer: Any) -> tuple[Any, ...]:
    """Return all of the answer to an opening but for the mark, which is checked for its length."""
    status, headers, page = told(answer, without=("Location", "Content-Length"))
    goal = urlsplit(answer.headers["Location"])
    marks = parse_qs(goal.query)
    marked = {name: len(values[0]) for name, values in marks.items()}
    return status, headers, goal._replace(query="").geturl(), marked, page.count(goal.netloc)


def acts(bench: Bench) -> list[dict[str, Any]]:
    """Return every opening as it was written, but for its names."""
    names = ("merchant_id", "placement_id", "share_id", "parent_id", "kind", "assurance")
    names += ("surface", "referrer", "is_direct", "occurred_at", "recorded_at")
    with bench.database.reads() as session:
        found = session.scalars(
            select(Interaction).where(Interaction.kind == "open").order_by(Interaction.id)
        )
        return [{name: getattr(each, name) for name in names} for each in found]


@pytest.mark.parametrize("headers", VISITORS.values(), ids=VISITORS)
@pytest.mark.parametrize("address", ["/e/{}", "/p/{}", "/e/{}?h=https%3A%2F%2Fblog.test"])
def test_a_card_that_is_kept_is_answered_alike(
    bench: Bench, world: World, address: str, headers: dict[str, str]
) -> None:
    """The last address is the one that our script makes in a host's page."""
    running_offer(bench, world, ends="2026-03-15T18:00")
    short, long = both(bench)
    path = address.format(world.placement.public_id)
    expected = told(long.get(path, headers=headers))

    with requests_of(short) as made:
        answer = short.get(path, headers=headers)

    assert [] == made
    assert expected == told(answer)


def test_a_card_that_nobody_asked_for_is_drawn_by_flask(bench: Bench, world: World) -> None:
    short, _ = both(bench)
    place(bench, world, quantity=3)

    with requests_of(short) as made:
        answers = [short.get(f"/e/{world.placement.public_id}") for _ in range(3)]

    assert ["one"] == made
    assert 1 == len({each.text for each in answers})


def test_a_shop_with_nothing_to_sell_says_so_alike(bench: Bench, world: World) -> None:
    place(bench, world, quantity=10)
    short, long = both(bench)
    path = f"/e/{world.placement.public_id}"
    expected = told(long.get(path))

    with requests_of(short) as made:
        answer = short.get(path)

    assert [] == made
    assert expected == told(answer)


@pytest.mark.parametrize("prefix", ["", "/shop"])
def test_https_is_insisted_on_alike(engine_url: str, tmp_path: Any, now: Any, prefix: str) -> None:
    bench = make_bench(tmp_path, engine_url, now, url_prefix=prefix)
    client = bench.client()

    headers = client.get("/healthz").headers

    assert "max-age=31536000" == headers["Strict-Transport-Security"]
    bench.database.dispose()


@pytest.mark.parametrize(
    "headers",
    [
        OPENER,
        {**OPENER, "User-Agent": IN_INSTAGRAM},
        {**OPENER, "Referer": "https://blog.example/"},
    ],
    ids=["a browser", "a browser in an app", "from a page"],
)
@pytest.mark.parametrize("is_framed", [False, True])
@pytest.mark.parametrize("end", ["", "0"])
def test_a_link_is_opened_alike(
    bench: Bench, world: World, headers: dict[str, str], *, is_framed: bool, end: str
) -> None:
    """Also one whose signature was damaged on its way: it leads there all the same."""
    if is_framed:
        post_at(bench, "https://blog.example/grünes?a=1#post", allow="https://blog.example")
    short, long = both(bench)
    link = share(long, world)[: -1 if end else None] + end
    expected = opened(long.get(link, headers=headers))

    with requests_of(short) as made:
        answer = short.get(link, headers=headers)

    assert [] == made
    assert expected == opened(answer)
    [before, after] = acts(bench)
    assert before == after


def post_at(bench: Bench, url: str, *, allow: str) -> None:
    """Let the placement stand in a post, whose site may frame it."""
    with bench.database.begin() as session:
        session.execute(update(Placement).values(post_url=url))
        for host in session.scalars(select(AllowedHost)):
            session.delete(host)
        session.flush()
        merchant = session.scalars(select(Placement.merchant_id)).first()
        session.add(AllowedHost(merchant_id=merchant, origin=allow, added_at=bench.clock.now()))


def test_who_opens_a_link_carries_the_opening(bench: Bench, world: World) -> None:
    short, _ = both(bench)
    link = share(short, world)

    goals = [short.get(link, headers=OPENER).headers["Location"] for _ in range(2)]

    merchant = world.merchant.public_id
    marks = [next(iter(parse_qs(urlsplit(goal).query).values()))[0] for goal in goals]
    seen = [
        visitors.read_mark(bench.ports.sign, mark, merchant, now=bench.clock.now())
        for mark in marks
    ]
    with bench.database.reads() as session:
        rows = session.scalars(select(Interaction).where(Interaction.kind == "open")).all()
        written = {(row.visitor, row.id) for row in rows}
    assert all(each.is_known for each in seen)
    assert written == {(each.key, each.arrival) for each in seen}


@pytest.mark.parametrize("headers", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("kind", ["link", "card"])
def test_whoever_is_not_plain_goes_the_long_way(
    bench: Bench, world: World, headers: dict[str, str], kind: str
) -> None:
    short, long = both(bench)
    path = share(long, world) if kind == "link" else f"/e/{world.placement.public_id}"
    for _ in range(2):
        long.get(path, headers=OPENER)
    before = len(acts(bench))
    expected = long.get(path, headers=headers)
    rows = len(acts(bench)) - before

    answer = short.get(path, headers=headers)

    assert expected.status_code == answer.status_code
    assert expected.mimetype == answer.mimetype
    assert 2 * rows == len(acts(bench)) - before


@pytest.mark.parametrize("change", OTHER_ADDRESSES)
def test_other_addresses_go_the_long_way(bench: Bench, world: World, change: str) -> None:
    short, long = both(bench)
    for path in (share(long, world), f"/p/{world.placement.public_id}"):
        long.get(path, headers=OPENER)

        with requests_of(short) as made:
            answer = short.get(path + change, headers=OPENER)

        assert ["one"] == made
        assert long.get(path + change, headers=OPENER).status_code == answer.status_code


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST", "DELETE"])
def test_other_methods_go_the_long_way(bench: Bench, world: World, method: str) -> None:
    short, long = both(bench)
    for path in (share(long, world), f"/e/{world.placement.public_id}"):
        long.get(path, headers=OPENER)

        with requests_of(short) as made:
            answer = short.open(path, method=method, headers=OPENER)

        assert ["one"] == made
        assert long.open(path, method=method, headers=OPENER).status_code == answer.status_code
    assert 1 == len(acts(bench))


@pytest.mark.parametrize("query", ["lang=zh-Hans", "v=forged", "c=forged", "q=cone", "page=2"])
def test_pages_for_one_shopper_are_nobody_elses(bench: Bench, world: World, query: str) -> None:
    short, long = both(bench)
    path = f"/e/{world.placement.public_id}"
    usual = long.get(path, headers=PERSON).text

    answers = [client.get(f"{path}?{query}", headers=PERSON) for client in (long, short, short)]

    assert 1 == len({without_keys(each.text) for each in answers})
    assert usual == short.get(path, headers=PERSON).text


def without_keys(page: str) -> str:
    """Return a page but for the marks in it, which are made anew for each shopper."""
    return re.sub(r"(?<=[?&]v=)[\w.%-]+", "", page)


def test_a_language_in_the_address_goes_before_the_browsers(bench: Bench, world: World) -> None:
    short, long = both(bench)
    path = f"/e/{world.placement.public_id}?lang=zh-Hans"
    expected = long.get(path, headers=PERSON).text

    pages = [
        short.get(path, headers={**PERSON, "Accept-Language": tag}).text
        for tag in ("en", "zh-TW", "zh-CN", "en")
    ]

    assert 'lang="zh-Hans"' in expected
    assert {expected} == set(pages)


def test_what_a_network_adds_to_a_link_changes_nothing(bench: Bench, world: World) -> None:
    short, long = both(bench)
    link = share(long, world)
    long.get(link, headers=OPENER)

    with requests_of(short) as made:
        answer = short.get(f"{link}?fbclid=IwAR0abc", headers=OPENER)

    assert [] == made
    assert opened(long.get(link, headers=OPENER)) == opened(answer)


def test_both_ways_are_counted_and_logged_alike(
    bench: Bench, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    short, long = both(bench)
    link, card = share(long, world), f"/e/{world.placement.public_id}"
    line = JsonFormatter(Redactor())
    lines, counts = [], []
    caplog.set_level(logging.INFO, "storefront.access")
    for client in (long, short):
        caplog.clear()
        before = counted(client)
        for path in (link, card):
            client.get(path, headers=OPENER)
        counts.append({key: count - before.get(key, 0) for key, count in counted(client).items()})
        lines.append([without_chance(line.format(record)) for record in caplog.records])

    assert lines[0] == lines[1]
    assert ["/s/<token>", "/e/<placement>"] == [each["route"] for each in lines[1]]
    assert counts[0] == counts[1]


def counted(client: Any) -> dict[tuple[str, ...], float]:
    samples = (
        sample
        for family in tally_of(client.application).registry.collect()
        for sample in family.samples
        if sample.name in {"storefront_requests_total", "storefront_request_seconds_count"}
    )
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples}


def without_chance(line: str) -> dict[str, Any]:
    """Return a line's fields but for those that are others each time, which must be there."""
    fields: dict[str, Any] = json.loads(line)
    for name in ("time", "ms", "request_id"):
        fields.pop(name)
    return fields


def test_what_goes_wrong_on_the_short_way_goes_the_long_one(
    bench: Bench, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(*_: object) -> Answer:
        message = "a stone"
        raise RuntimeError(message)

    short, long = both(bench)
    short.application.shortcuts = {"e": Shortcut("/e/<placement>", stumble)}
    path = f"/e/{world.placement.public_id}"

    answer = short.get(path)

    assert told(long.get(path)) == told(answer)
    assert "a stone" in caplog.text


def test_a_database_that_is_not_there_is_met_on_the_long_way(
    bench: Bench, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(*_: object) -> Answer:
        raise OperationalError("SELECT 1", {}, OSError("nobody there"))

    short, _ = both(bench)
    short.application.shortcuts = {"e": Shortcut("/e/<placement>", stumble)}

    with requests_of(short) as made:
        short.get(f"/e/{world.placement.public_id}")

    assert ["one"] == made
    assert "nobody there" not in caplog.text


def test_pages_of_shoppers_do_not_depend_on_cookies(bench: Bench, world: World) -> None:
    for client in both(bench):
        answer = client.get(f"/e/{world.placement.public_id}", headers={"Cookie": "a=b"})

        assert "Vary" not in answer.headers


def test_what_is_known_is_forgotten_after_seconds() -> None:
    now = [100.0]
    known = Lately[str](most=2, clock=lambda: now[0])
    known.keep("a", "one")

    now[0] += SECONDS - 0.1
    assert "one" == known.find("a")
    now[0] += 0.2
    assert known.find("a") is None


def test_so_much_is_known_and_no_more() -> None:
    known = Lately[str](most=2)

    for name in "abc":
        known.keep(name, name)

    assert [None, None, "c"] == [known.find(name) for name in "abc"]

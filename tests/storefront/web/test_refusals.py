"""Sites that frame the shop without being allowed (bad input 38): the browser blocks and reports,
the merchant is told, and nobody fills the table by making reports up."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from storefront.models import RefusedHost
from storefront.services import hosts, members
from tests.contents import nothing_changes
from tests.factories import HOST, World
from tests.fakes import BASE_URL, Bench

EVIL = "https://evil.test"
FRAMED = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site"}
REPORT = json.dumps({"csp-report": {"effective-directive": "frame-ancestors"}})


def report_to(bench: Bench, world: World, origin: str = EVIL, **headers: str) -> str | None:
    """Frame the shop from a site, and return where the browser is to report."""
    answer = bench.client().get(
        f"/e/{world.placement.public_id}", headers={**FRAMED, "Referer": f"{origin}/", **headers}
    )
    policy = answer.headers["Content-Security-Policy"]
    _, found, address = policy.partition("; report-uri ")
    return address if found else None


def send(bench: Bench, address: str, *, body: str = REPORT, caller: str = "192.0.2.1") -> int:
    """Report as a browser does: from nowhere, without a cookie."""
    path = urlsplit(address)
    origin = {"Origin": "null", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "report"}
    answer = bench.client().post(
        f"{path.path}?{path.query}",
        data=body,
        headers={"Content-Type": "application/csp-report", **origin},
        environ_overrides={"REMOTE_ADDR": caller},
    )
    return int(answer.status_code)


def refused(bench: Bench, world: World) -> list[str]:
    with bench.database.reads() as session:
        return [row.origin for row in hosts.list_refused(session, world.merchant.id)]


def test_a_refused_site_is_named_to_the_merchant(bench: Bench, world: World) -> None:
    address = report_to(bench, world)
    assert address
    status = send(bench, address)

    assert (204, [EVIL]) == (status, refused(bench, world))


@pytest.mark.parametrize(
    ("origin", "headers"),
    [
        (HOST, {}),
        (BASE_URL, {}),
        ("about:blank", {}),
        (EVIL, {"Sec-Fetch-Dest": "document"}),
    ],
)
def test_where_there_is_nothing_to_learn_no_report_is_asked_for(
    bench: Bench, world: World, origin: str, headers: dict[str, str]
) -> None:
    assert report_to(bench, world, origin, **headers) is None


def test_looking_writes_nothing(bench: Bench, world: World) -> None:
    with nothing_changes(bench.database):
        report_to(bench, world)


@pytest.mark.parametrize(
    ("query", "body"),
    [
        (f"h={HOST}", REPORT),
        ("h=nonsense", REPORT),
        ("", REPORT),
        (f"h={EVIL}", ""),
        (f"h={EVIL}", "[" * 5000),
        (f"h={EVIL}", '{"csp-report": 1}'),
        (f"h={EVIL}", '{"csp-report": {"effective-directive": "script-src"}}'),
    ],
)
def test_other_reports_are_dropped_without_a_word(
    bench: Bench, world: World, query: str, body: str
) -> None:
    with nothing_changes(bench.database):
        status = send(bench, f"/refusals/{world.placement.public_id}?{query}", body=body)

    assert 204 == status


def test_a_placement_that_is_none_gets_the_same_answer(bench: Bench) -> None:
    with nothing_changes(bench.database):
        assert 204 == send(bench, f"/refusals/plc_0000000000000000?h={EVIL}")


def test_a_stranger_makes_up_only_a_few(bench: Bench, world: World) -> None:
    for number in range(12):
        send(bench, f"/refusals/{world.placement.public_id}?h=https://n{number}.test")

    assert hosts.BY_CALLER.most == len(refused(bench, world))


def test_many_strangers_make_up_no_more_than_a_page(bench: Bench, world: World) -> None:
    for number in range(hosts.BY_MERCHANT.most + 5):
        send(
            bench,
            f"/refusals/{world.placement.public_id}?h=https://n{number}.test",
            caller=f"192.0.2.{number}",
        )

    assert hosts.MOST == len(refused(bench, world))


def test_a_site_that_tries_all_day_costs_a_write_an_hour(bench: Bench, world: World) -> None:
    address = f"/refusals/{world.placement.public_id}?h={EVIL}"
    send(bench, address)
    with nothing_changes(bench.database):
        send(bench, address)
    bench.clock.pass_time(hours=2)
    send(bench, address)

    with bench.database.reads() as session:
        row = session.scalars(select(RefusedHost)).one()
    assert timedelta(hours=2) == row.last_seen_at - row.first_seen_at


def test_an_allowed_site_is_named_no_more_and_frames_the_shop(bench: Bench, world: World) -> None:
    send(bench, f"/refusals/{world.placement.public_id}?h={EVIL}")
    with bench.database.begin() as session:
        who = members.find_by_email(session, world.owner_email)
        assert who
        hosts.allow(session, who, EVIL, now=bench.clock.now())

    page: Any = bench.client().get(f"/e/{world.placement.public_id}")
    assert [] == refused(bench, world)
    assert EVIL in page.headers["Content-Security-Policy"]


def test_a_silenced_site_stays_silent(bench: Bench, world: World) -> None:
    address = f"/refusals/{world.placement.public_id}?h={EVIL}"
    send(bench, address)
    with bench.database.begin() as session:
        who = members.find_by_email(session, world.owner_email)
        assert who
        hosts.ignore(session, who, EVIL, now=bench.clock.now())
    bench.clock.pass_time(hours=2)
    with nothing_changes(bench.database):
        send(bench, address)

    assert [] == refused(bench, world)

"""The report's page: periods by preset and by hand, tables beside pictures, sheets that agree."""

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.factories import World
from tests.fakes import Bench
from tests.storefront.sales import ANA, act, sell, sell_through_a_share
from tests.storefront.web.console.test_pages import words


def sheet(client: Any, query: str) -> list[dict[str, str]]:
    answer = client.get(f"/console/report.csv?{query}")
    assert answer.status_code == 200
    text = answer.get_data(as_text=True).removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_report_shows_money_and_the_way_to_it(bench: Bench, world: World, owner: Any) -> None:
    act(bench, world, "view", ANA)
    sell(bench, world, visitor=ANA)
    told = words(owner.get("/console/report?period=month"))

    assert "Net $4.50" in told
    assert "Mar 1, 2026" in told
    assert "Paid orders per view: 100%" in told
    assert "Blog 1 1 1 100% $4.50" in told


def test_a_sheet_is_the_table_beside_the_picture(bench: Bench, world: World, owner: Any) -> None:
    sell_through_a_share(bench, world)
    sell(bench, world)
    rows = sheet(owner, "period=month&by=share")
    days = sheet(owner, "period=month&table=days")
    page = words(owner.get("/console/report?period=month&by=share"))

    assert [("Cone post", "4.50"), ("Direct", "4.50")] == [
        (row["Name"], row["Money, last touch"]) for row in rows
    ]
    assert all(f"{row['Name']}" in page for row in rows)
    assert ("14", "9.00") == (str(len(days)), days[-1]["Money"])
    assert re.search(r"Mar 14 2 \$9\.00|14 Mar 2 \$9\.00", page)


def test_days_of_ones_own_are_the_merchants(bench: Bench, world: World, owner: Any) -> None:
    sell(bench, world)  # at 05:26 on the fourteenth in New York
    there = words(owner.get("/console/report?since=2026-03-14&until=2026-03-14"))
    not_there = words(owner.get("/console/report?since=2026-03-13&until=2026-03-13"))

    assert "Net $4.50" in there
    assert "Net $4.50" not in not_there


@pytest.mark.parametrize(
    "query",
    ["since=yesterday&until=today", "since=2026-03-02&until=2026-03-01", "since=2026-03-01",
     "since=2026-02-30&until=2026-03-01", "since=2020-01-01&until=2026-01-01"],
)  # fmt: skip
def test_days_that_make_no_period_are_refused(console: Any, query: str) -> None:
    assert 422 == console.get(f"/console/report?{query}").status_code


def test_a_new_shop_is_led_on(console: Any) -> None:
    assert "Nothing to report yet" in words(console.get("/console/report?period=nonsense"))


def test_who_sees_reports_only_sees_this_one(
    bench: Bench, world: World, member_with: Callable[[str], Any]
) -> None:
    sell(bench, world)
    reader = member_with("reports")

    assert "Net $4.50" in words(reader.get("/console/report?period=today"))
    assert 403 == reader.get("/console/orders.csv").status_code


def test_a_period_without_anything_leads_to_the_last_days(owner: Any) -> None:
    shown = owner.get("/console/report?since=2001-01-01&until=2001-01-02").text

    assert "Nothing in this period" in shown
    assert "Nothing to report yet" not in shown

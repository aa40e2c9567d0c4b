"""The list of orders in the console: narrowed by its address, exported, and handed over in bulk."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from storefront.models import SavedView
from storefront.services.order_requests import Buyer
from storefront.services.saved_views import MOST_VIEWS
from tests.contents import nothing_changes
from tests.factories import World, place, world_on
from tests.fakes import Bench
from tests.storefront.sales import sell
from tests.storefront.web.console.conftest import ORIGIN
from tests.storefront.web.console.test_pages import words

FORMULA = '=HYPERLINK("https://evil.test";"Ada")'


def sheet(client: Any, query: str = "") -> list[list[str]]:
    answer = client.get(f"/console/orders.csv{query}")
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))


def buy(bench: Bench, world: World, name: str, **changes: Any) -> str:
    return sell(bench, world, buyer=Buyer(email="ada@buyer.test", name=name), **changes).public_id


def hand_over(client: Any, *orders: str, **form: str) -> Any:
    data = {**{f"order-{order}": "1" for order in orders}, **form}
    return client.post("/console/orders/handovers", data=data, headers=ORIGIN)


def test_the_sheet_is_what_the_list_shows(bench: Bench, world: World, owner: Any) -> None:
    paid = buy(bench, world, "Ada")
    place(bench, world)
    rows = sheet(owner, "?status=paid")

    assert 2 == len(rows)
    assert ["1001", paid, "2026-03-14 05:26:53"] == rows[1][:3]
    assert rows[0][2] == "Placed (America/New_York)"
    assert ["4.50", "0.00", "0.00", "0.00", "4.50", "0.00", "USD"] == rows[1][10:17]


def test_no_name_runs_in_a_spreadsheet(bench: Bench, world: World, owner: Any) -> None:
    buy(bench, world, FORMULA)
    rows = sheet(owner)

    assert f"'{FORMULA}" == rows[1][7]


def test_a_clerk_takes_no_addresses_home(member_with: Callable[[str], Any]) -> None:
    assert 403 == member_with("clerk").get("/console/orders.csv").status_code


def test_ticked_orders_are_handed_over_and_the_rest_is_named(
    bench: Bench, world: World, owner: Any
) -> None:
    cone, parcel = (
        buy(bench, world, "Ada"),
        buy(bench, world, "Bea", fulfilment="shipping", store=None),
    )
    unpaid = place(bench, world).public_id
    answer = hand_over(owner, cone, parcel, unpaid, next="/console/orders?sort=oldest")
    told = words(owner.get("/console/orders"))

    assert (303, "/console/orders?sort=oldest") == (answer.status_code, answer.location)
    assert "2 orders are marked as handed over." in told
    assert f"1 order was left as it is {unpaid} · This order is not paid" in told
    assert "Picked up" in words(owner.get(f"/console/orders/{cone}"))
    assert "Shipped" in words(owner.get(f"/console/orders/{parcel}"))


def test_nobody_elses_order_is_handed_over(bench: Bench, world: World, owner: Any) -> None:
    del world
    theirs = buy(bench, world_on(bench, slug="florist"), "Cal")

    with nothing_changes(bench.database):
        assert 404 == hand_over(owner, theirs).status_code


def test_nothing_ticked_is_said(world: World, owner: Any) -> None:
    del world
    hand_over(owner)

    assert "Tick some orders first." in words(owner.get("/console/orders"))


def test_filters_go_along_to_the_sheet(bench: Bench, world: World, owner: Any) -> None:
    buy(bench, world, "Ada")
    page = owner.get("/console/orders?sort=oldest&stage=preparing").text

    assert 'href="/console/orders.csv?stage=preparing&amp;sort=oldest"' in page


def test_words_and_days_that_cannot_be_are_refused(owner: Any) -> None:
    assert 422 == owner.get("/console/orders?since=yesterday").status_code


def test_a_choice_that_does_not_exist_is_no_choice(bench: Bench, world: World, owner: Any) -> None:
    buy(bench, world, "Ada")

    assert "Ada" in words(owner.get("/console/orders?status=nonsense&stage=x&sort=y"))


def test_a_merchant_says_how_long_buyers_may_cancel(world: World, owner: Any) -> None:
    del world
    answer = owner.post("/console/orders/rules", data={"minutes": "1440"}, headers=ORIGIN)

    assert 303 == answer.status_code
    page = owner.get("/console/orders/rules").text
    assert 'value="1440" checked' in page


def keep(client: Any, name: str, query: str = "?status=paid&sort=largest&q=Ada") -> Any:
    return client.post(f"/console/orders/views{query}", data={"name": name}, headers=ORIGIN)


def test_a_kept_view_is_one_press_away_and_its_words_are_not_kept(
    bench: Bench, world: World, owner: Any
) -> None:
    buy(bench, world, "Ada")
    assert keep(owner, "Paid, by money").status_code == 303
    page = owner.get("/console/orders").text
    [view] = view_rows(bench)

    assert {"status": "paid", "sort": "largest"} == view.fields
    assert "Paid, by money" in words(owner.get("/console/orders"))
    assert "/console/orders?status=paid&amp;sort=largest" in page


def test_a_view_of_the_same_name_takes_the_place_of_the_earlier_one(
    bench: Bench, owner: Any
) -> None:
    keep(owner, "Mine")
    keep(owner, "Mine", "?stage=ready")

    assert [{"stage": "ready"}] == [view.fields for view in view_rows(bench)]


def test_a_view_is_its_members_own(
    bench: Bench, world: World, owner: Any, member_with: Callable[[str], Any]
) -> None:
    buy(bench, world, "Ada")
    keep(owner, "Only mine")
    [view] = view_rows(bench)
    clerk = member_with("clerk")

    assert "Only mine" not in words(clerk.get("/console/orders"))
    with nothing_changes(bench.database):
        gone = clerk.post(f"/console/orders/views/{view.public_id}/removal", headers=ORIGIN)
    assert gone.status_code == 303


def test_a_view_is_forgotten_and_the_list_stays(bench: Bench, owner: Any) -> None:
    keep(owner, "Mine")
    [view] = view_rows(bench)
    gone = owner.post(f"/console/orders/views/{view.public_id}/removal?status=paid", headers=ORIGIN)

    assert "/console/orders?status=paid" == gone.location
    assert [] == view_rows(bench)


@pytest.mark.parametrize(
    ("name", "query"), [("", "?status=paid"), ("x" * 61, "?status=paid"), ("All", "?q=Ada")]
)
def test_what_is_no_view_is_refused_in_the_page(
    bench: Bench, owner: Any, name: str, query: str
) -> None:
    with nothing_changes(bench.database):
        answer = keep(owner, name, query)

    assert answer.status_code == 422


def test_a_member_keeps_as_many_views_as_fit_on_a_page(bench: Bench, owner: Any) -> None:
    for number in range(MOST_VIEWS):
        keep(owner, f"View {number}")
    with nothing_changes(bench.database):
        answer = keep(owner, "One more")

    assert answer.status_code == 409


def view_rows(bench: Bench) -> list[SavedView]:
    with bench.database.reads() as session:
        return list(session.scalars(select(SavedView).order_by(SavedView.id)))

"""The console's pages: who may see which, with sales and without, and nothing of anybody else's."""

import html
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from storefront.services.order_requests import Buyer
from storefront.web.console.placements import make_snippets
from tests.browser.console_pages import NO_PAGES, PAGES
from tests.factories import HOST, World, place, world_on
from tests.fakes import BASE_URL, Bench, make_settings
from tests.storefront.sales import ANA, act, sell, sell_through_a_share
from tests.storefront.web.console.conftest import sign_in

FIGURES = ("/console/placements", "/console/shares", "/console/products")
LISTS = ("/console/", "/console/orders", *FIGURES)


def test_every_page_of_the_console_is_looked_at_in_a_browser(console: Any) -> None:
    """The walk of tests/browser/test_console_access.py leaves out nothing but files and frames."""
    rules = {
        rule.rule
        for rule in console.application.url_map.iter_rules()
        if rule.rule.startswith("/console/") and "GET" in rule.methods
    }

    assert rules == PAGES.keys() | NO_PAGES.keys() | {each for each in rules if ".csv" in each}


class Reader(HTMLParser):
    """Reads a page's words as one line."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def words(page: Any) -> str:
    reader = Reader()
    reader.feed(page.text)
    return " ".join(" ".join(reader.words).split())


@pytest.mark.parametrize("address", LISTS)
def test_every_list_has_something_to_say_while_it_is_empty(console: Any, address: str) -> None:
    assert console.get(address).status_code == 200


def test_every_list_shows_a_shop_that_sells(bench: Bench, world: World, owner: Any) -> None:
    sell_through_a_share(bench, world)
    place(bench, world)
    pages = [owner.get(address) for address in LISTS]

    assert [(200, True)] * len(LISTS) == [
        (page.status_code, "$4.50" in words(page)) for page in pages
    ]


def test_a_new_shop_is_led_by_its_first_steps(console: Any) -> None:
    page = console.get("/console/")

    assert "Your first steps 4 of 7 done" in words(page)
    assert 'href="/console/members">Invite somebody' in page.text


def test_pages_name_the_merchant_and_the_member(console: Any) -> None:
    told = words(console.get("/console/"))

    assert "Gelato & Sons" in told
    assert "Olive Owner Owner" in told


def test_a_clerk_arrives_at_the_orders(member_with: Callable[[str], Any]) -> None:
    answer = member_with("clerk").get("/console/")

    assert (answer.status_code, answer.location) == (302, "/console/orders")


def test_a_clerk_sees_no_figures(world: World, member_with: Callable[[str], Any]) -> None:
    clerk = member_with("clerk")
    pages = [*FIGURES, f"/console/placements/{world.placement.public_id}"]

    assert [403] * len(pages) == [clerk.get(address).status_code for address in pages]


def test_a_clerk_sees_what_to_hand_over_and_not_what_led_to_it(
    bench: Bench, world: World, member_with: Callable[[str], Any]
) -> None:
    sold = sell_through_a_share(bench, world)
    told = words(member_with("clerk").get(f"/console/orders/{sold.public_id}"))

    assert "Pistachio cone" in told
    assert "ada@buyer.test" in told
    assert "What led here" not in told
    assert sold.payment_reference not in told


def test_a_clerks_list_does_not_say_what_produced_an_order(
    bench: Bench, world: World, member_with: Callable[[str], Any]
) -> None:
    sell_through_a_share(bench, world)

    assert "Opened share" not in words(member_with("clerk").get("/console/orders"))


def test_a_manager_sees_what_an_owner_sees(
    bench: Bench, world: World, member_with: Callable[[str], Any]
) -> None:
    sold = sell(bench, world)
    manager = member_with("manager")
    own = [*LISTS, f"/console/orders/{sold.public_id}"]

    assert [200] * len(own) == [manager.get(address).status_code for address in own]


def test_things_of_another_merchant_are_not_there(bench: Bench, world: World, owner: Any) -> None:
    del world
    rival = world_on(bench, slug="florist")
    sold = sell(bench, rival)
    theirs = (
        f"/console/orders/{sold.public_id}",
        f"/console/placements/{rival.placement.public_id}",
    )

    assert [owner.get(address).status_code for address in theirs] == [404, 404]


@pytest.mark.parametrize(
    "name",
    ["ord_0000000000000000", "1001", "%00", "ord_%27--", "ord_000000000000000%00", "x" * 3000],
)
def test_an_address_that_never_was_one_is_not_there(console: Any, name: str) -> None:
    assert console.get(f"/console/orders/{name}").status_code == 404
    assert console.get(f"/console/placements/{name}").status_code == 404


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("page=0", 200),
        ("page=-1", 200),
        ("page=999999999999", 200),
        ("page=two", 200),
        ("page=٣", 200),
        ("status=lost", 200),
        ("status=paid", 200),
        ("q=%25_%27%22<b>", 200),
        ("q=%00", 400),
        (f"q={'x' * 121}", 422),
        ("q=a&q=b", 400),
        ("q=%01", 422),
    ],
)
def test_an_odd_address_of_the_list_breaks_nothing(console: Any, query: str, expected: int) -> None:
    assert expected == console.get(f"/console/orders?{query}").status_code


def test_a_search_that_finds_nothing_says_so(bench: Bench, world: World, owner: Any) -> None:
    sell(bench, world)

    assert "Nothing found" in words(owner.get("/console/orders?q=zebra"))


def test_moments_are_told_in_the_merchants_zone(bench: Bench, world: World, owner: Any) -> None:
    """The order is placed at 09:26 in UTC, which is 5:26 in New York."""
    sold = sell(bench, world)
    told = words(owner.get(f"/console/orders/{sold.public_id}")).replace("\u202f", " ")

    assert "Mar 14, 2026, 5:26:53 AM" in told


def test_what_a_buyer_types_is_shown_and_never_run(bench: Bench, world: World, owner: Any) -> None:
    hostile = "<script>alert(1)</script>"
    sold = sell(bench, world, buyer=_buyer(name=hostile, note=hostile))
    pages = [
        owner.get("/console/orders"),
        owner.get(f"/console/orders/{sold.public_id}"),
        owner.get(f"/console/orders?q={hostile}"),
    ]

    assert [hostile in html.unescape(page.text) for page in pages] == [True] * 3
    assert [hostile in page.text for page in pages] == [False] * 3


def _buyer(**changes: str) -> Buyer:
    return Buyer(**{"email": "ada@buyer.test", "name": "Ada", **changes})


def test_in_the_sandbox_a_payment_leads_nowhere(bench: Bench, world: World, owner: Any) -> None:
    sold = sell(bench, world)
    page = owner.get(f"/console/orders/{sold.public_id}").text

    assert sold.payment_reference in page
    assert "dashboard.stripe.com" not in page


@pytest.mark.parametrize(
    ("mode", "account", "expected"),
    [
        ("test", "", "https://dashboard.stripe.com/test/payments/"),
        ("test", "acct_1", "https://dashboard.stripe.com/acct_1/test/payments/"),
        ("live", "", "https://dashboard.stripe.com/payments/"),
    ],
)
def test_with_real_keys_a_payment_leads_to_the_providers_page(
    bench: Bench, mode: str, account: str, expected: str
) -> None:
    world = world_on(bench, stripe_account=account)
    sold = sell(bench, world)
    settings = replace(bench.ports.settings, mode=mode, stripe_api_url="")
    real = replace(bench, ports=replace(bench.ports, settings=settings))
    page = sign_in(real, world.owner_email).get(f"/console/orders/{sold.public_id}").text

    assert f'href="{expected}{sold.payment_reference}"' in page


def test_a_placement_shows_the_code_that_puts_it_on_a_page(world: World, owner: Any) -> None:
    name = world.placement.public_id
    told = owner.get(f"/console/placements/{name}").text
    snippets = html.unescape(" ".join(re.findall(r"<textarea[^>]*>([^<]*)<", told)))

    assert f'<div data-placement="{name}"><a href="{BASE_URL}/p/{name}">' in snippets
    assert f'<script async src="{BASE_URL}/embed.js"></script>' in snippets
    assert f'<iframe src="{BASE_URL}/e/{name}"' in snippets
    assert HOST in told


def test_a_name_cannot_break_out_of_the_code(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, f"sqlite:///{tmp_path}/shop.sqlite")
    snippets = make_snippets(settings, "plc_1", '"><script>alert(1)</script>', posted="")

    assert snippets.link.endswith("&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;</a>")
    assert "<script>" not in snippets.embed + snippets.iframe


def test_a_post_that_is_no_web_address_is_no_link(bench: Bench, world: World, owner: Any) -> None:
    with bench.database.begin() as session:
        session.merge(world.placement).post_url = "javascript:alert(1)"
    act(bench, world, "view", ANA)
    sold = sell(bench, world, visitor=ANA)
    pages = (
        "/console/placements",
        f"/console/placements/{world.placement.public_id}",
        f"/console/orders/{sold.public_id}",
    )

    assert ["javascript:" in owner.get(address).text for address in pages] == [False] * 3


def test_nobody_may_frame_the_console(console: Any) -> None:
    headers = console.get("/console/").headers

    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"

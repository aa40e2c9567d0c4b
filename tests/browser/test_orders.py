"""A sale from the merchant's side: found, made ready, handed over, taken back, cancelled, and seen
in the report; with the buyer's page beside it. As a phone and as a desktop."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Demo
from tests.browser.looking import check
from tests.browser.test_first_run import SIZES, buy, sign_in


@pytest.fixture(params=SIZES)
def window(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    """Give a phone, and a desktop."""
    window = browser.new_context(viewport=SIZES[request.param])
    yield window
    window.close()


@pytest.fixture
def buyer(window: BrowserContext, demo: Demo) -> Page:
    """Give the page of somebody who has bought."""
    page = window.new_page()
    page.goto(demo.page(product_placement(demo)))
    buy(page)
    return page


@pytest.fixture
def console(window: BrowserContext, demo: Demo) -> Page:
    """Give the console of the shop's owner."""
    page = window.new_page()
    owner = next(each for each in demo.told["merchants"][0]["members"] if each["role"] == "owner")
    sign_in(page, demo, owner["email"], owner["password"])
    return page


def product_placement(demo: Demo) -> str:
    """Name a placement of the first merchant that sells one product."""
    placements = demo.told["merchants"][0]["placements"]
    return str(next(each["name"] for each in placements if each["kind"] == "product"))


def number_of(buyer: Page) -> str:
    found = re.search(r"#(\d+)", buyer.get_by_text(re.compile(r"Order #\d+")).first.inner_text())
    assert found
    return found[1]


def act(console: Page, label: str) -> None:
    console.get_by_role("button", name=label).click()
    expect(console.get_by_role("heading", level=1)).to_be_visible()


def test_an_order_is_found_handed_over_and_cancelled(
    buyer: Page, console: Page, demo: Demo
) -> None:
    number = number_of(buyer)
    expect(buyer.get_by_text("Being prepared")).to_be_visible()
    check(buyer)

    console.goto(f"{demo.shop}/console/orders")
    console.get_by_role("searchbox").fill(f"#{number}")
    console.keyboard.press("Enter")
    found = console.get_by_role("link", name=re.compile(f"#{number}"))
    expect(console).to_have_url(re.compile("q="))
    expect(found).to_have_count(1)
    check(console)
    found.click()
    expect(console.get_by_role("heading", name=f"Order #{number}")).to_be_visible()
    check(console)
    act(console, "It is ready")
    buyer.reload()
    expect(buyer.get_by_role("heading", name="Ready for you")).to_be_visible()
    check(buyer)

    act(console, "It was picked up")
    act(console, "That was a slip: take it back")
    expect(console.get_by_text("Not picked up after all")).to_be_visible()

    console.get_by_text("Write to the buyer").click()
    console.get_by_label("Your words").fill("We are sorry: the cone has melted.")
    act(console, "Send it")
    expect(console.get_by_text("We are sorry: the cone has melted.")).to_be_visible()

    console.get_by_text("Cancel this order").click()
    act(console, "Cancel the order")
    expect(console.get_by_text("Cancelled").first).to_be_visible()
    buyer.reload()
    expect(buyer.get_by_role("heading", name="This order was cancelled")).to_be_visible()
    expect(buyer.get_by_text("is on its way back to you").first).to_be_visible()
    check(buyer)


def test_a_buyer_changes_their_mind(buyer: Page) -> None:
    buyer.get_by_text("Changed your mind?").click()
    buyer.get_by_role("button", name="Cancel my order").click()

    expect(buyer.get_by_role("heading", name="This order was cancelled")).to_be_visible()


def test_ticked_orders_are_handed_over_at_once(buyer: Page, console: Page, demo: Demo) -> None:
    number = number_of(buyer)
    console.goto(f"{demo.shop}/console/orders")
    console.get_by_label(f"Choose order #{number}").check()
    act(console, "Mark as handed over")

    expect(console.get_by_text("1 order is marked as handed over.")).to_be_visible()


def test_the_report_shows_the_sale_with_a_table_beside_each_picture(
    buyer: Page, console: Page, demo: Demo
) -> None:
    expect(buyer.get_by_role("heading", name=re.compile("^Paid"))).to_be_visible()
    console.goto(f"{demo.shop}/console/report?period=today")
    check(console)
    console.get_by_text("As a table").click()
    expect(console.get_by_role("columnheader", name="Net before")).to_be_visible()
    console.get_by_role("link", name="Placements", exact=True).last.click()
    expect(console.get_by_role("columnheader", name="Money, linear")).to_be_attached()
    with console.expect_download() as sheet:
        console.get_by_role("link", name=re.compile("CSV.*What brought it")).click()

    assert "Money, last touch" in sheet.value.path().read_text()
    check(console)

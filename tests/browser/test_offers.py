"""R-F4 in a browser: the countdown is the server's, whatever the shopper's clock says; and an offer
is bought, by itself and by code."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE, Demo
from tests.browser.looking import faults
from tests.browser.test_console_access import sign_in

CARD = "Pistachio is back"
HOUR = 3_600_000


def tonight() -> datetime:
    """Return when the demo's offer ends: with the merchant's own day."""
    zone = ZoneInfo("America/New_York")
    tomorrow = datetime.now(zone).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone).astimezone(UTC)


def seconds_left() -> float:
    return (tonight() - datetime.now(UTC)).total_seconds()


def shown_seconds(page: Page) -> int:
    words = page.locator(".offer:not([hidden]) [data-part=words]")
    expect(words).to_have_text(re.compile(r"Ends in \d\d:\d\d:\d\d"))
    hours, minutes, seconds = re.findall(r"\d\d", words.inner_text())
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)


@pytest.mark.parametrize("shift", [-HOUR, 0, HOUR])
def test_the_time_shown_is_true_within_a_second_whatever_the_clock_says(
    browser: Browser, demo: Demo, shift: int
) -> None:
    context = browser.new_context(viewport=PHONE)
    context.add_init_script(
        f"const real = Date.now; Date.now = () => real() + {shift};"
        "globalThis.Date = new Proxy(Date, {construct: (target, given) =>"
        " given.length ? new target(...given) : new target(Date.now())});"
    )
    page = context.new_page()
    for _ in range(2):  # opened again, nothing begins again
        page.goto(demo.page(CARD))
        page.wait_for_timeout(1200)
        before = seconds_left()
        shown = shown_seconds(page)
        after = seconds_left()

        assert after - 1 <= shown <= before + 1
    context.close()


def test_seconds_are_not_read_out_and_the_price_before_is(page: Page, demo: Demo) -> None:
    page.goto(demo.page(CARD))
    shown_seconds(page)

    expect(page.locator(".offer:not([hidden]) [role=status]")).to_have_text("")
    expect(page.locator(".product__price")).to_contain_text("Before:")


def test_another_variant_shows_its_own_price_before_and_after(page: Page, demo: Demo) -> None:
    page.goto(demo.page(CARD))

    page.get_by_role("radio", name=re.compile("Large")).check()

    expect(page.locator('[data-part="price"]')).to_have_text("$5.80")
    expect(page.locator('[data-part="was-price"]')).to_have_text("$7.25")


def test_a_code_is_entered_at_the_checkout_and_nothing_typed_is_lost(
    page: Page, demo: Demo, faults: list[str]
) -> None:
    page.goto(demo.page(CARD))
    page.get_by_label("Quantity").fill("9")
    page.get_by_role("button", name="Buy now").click()
    page.get_by_label("E-mail").fill("ada@buyer.test")
    total = page.locator('[data-part="summary-total"]')
    before = total.inner_text()

    page.get_by_text("I have a code").click()
    page.get_by_role("textbox", name="Code", exact=True).fill("second spoon")
    page.get_by_role("button", name="Apply").click()

    expect(page.locator(".counted__offer", has_text="SECOND-SPOON")).to_be_visible()
    expect(total).not_to_have_text(before)
    expect(page.get_by_label("E-mail")).to_have_value("ada@buyer.test")
    assert [] == faults


def test_a_merchant_sees_an_offer_as_shoppers_will_while_making_it(page: Page, demo: Demo) -> None:
    sign_in(page, demo, "owner")
    page.goto(f"{demo.shop}/console/offers/new")
    page.get_by_label("Name").fill("Granita at noon")
    page.get_by_label("Per cent", exact=True).fill("10")
    page.get_by_label("Lemon granita", exact=True).check()
    page.get_by_label("How many orders").fill("30")
    look = page.frame_locator("iframe")

    expect(look.get_by_text("30 of 30 left").first).to_be_visible()
    expect(page.get_by_label("Code", exact=True)).to_be_hidden()
    page.get_by_text("More", exact=True).click()
    found = faults(page, "form of an offer")
    page.get_by_label("Before", exact=True).check()
    expect(look.get_by_text("30 of 30 left")).to_have_count(0)
    page.get_by_role("button", name="Keep the draft").last.click()
    expect(page.get_by_role("heading", name=re.compile("Granita at noon"))).to_be_visible()
    found += faults(page, "offer")

    assert [] == found

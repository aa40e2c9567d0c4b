"""Paying when something goes wrong: what the page says is true, and the purchase ends right."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE, Demo
from tests.browser.test_embed_purchase import (
    CARD,
    DECLINED,
    WORKS,
    check_out,
    enter_card,
    expect_paid,
    press,
)

SCARCE, LAST_ONES = "Friday cake", 3
IS_PROCESSED_AND_FAILS = "4000000000027005"
CONFIRM = {"path": "/v1/payment_intents/*/confirm"}


@pytest.fixture(autouse=True)
def _well_again(demo: Demo) -> Iterator[None]:
    yield
    switch(demo)


def switch(demo: Demo, **faults: Any) -> None:
    """Switch these faults of the payment provider on, and all others off."""
    body = json.dumps(faults).encode()
    headers = {"Content-Type": "application/json"}
    address = f"{demo.sandbox}/sandbox/faults"
    with urlopen(Request(address, body, headers), timeout=10):  # noqa: S310 - our own address
        pass


def to_payment(page: Page, demo: Demo, name: str = CARD) -> None:
    page.goto(demo.page(name))
    press(page.get_by_role("button", name="Buy now"))
    check_out(page)


def test_a_decline_keeps_the_last_ones_for_who_holds_them_until_they_pay(
    browser: Browser, page: Page, demo: Demo
) -> None:
    other = browser.new_page(viewport=PHONE)
    for shopper in (page, other):
        shopper.goto(demo.page(SCARCE))
        shopper.get_by_role("radio", name=re.compile("10")).check()
        shopper.get_by_role("spinbutton").fill(str(LAST_ONES))
        press(shopper.get_by_role("button", name="Buy now"))
    check_out(page)
    enter_card(page, DECLINED)
    expect(page.get_by_role("alert").filter(has_text="Nothing was charged")).to_be_visible()

    other.get_by_label("E-mail").fill("bo@example.com")
    other.get_by_label("Name").fill("Bo")
    press(other.get_by_role("button", name=re.compile("Continue to payment")))
    expect(other.get_by_text(re.compile(r"kept for them for \d+ more minutes"))).to_be_visible()

    enter_card(page, WORKS)
    expect_paid(page)
    other.close()


def test_a_provider_that_says_nothing_at_first_leaves_the_form_and_the_hold(
    page: Page, demo: Demo
) -> None:
    page.goto(demo.page(CARD))
    press(page.get_by_role("button", name="Buy now"))
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Name").fill("Ada")
    go_on = page.get_by_role("button", name=re.compile("Continue to payment"))
    switch(demo, api=[{"kind": "error", "path": "/v1/payment_intents", "method": "POST"}])
    press(go_on)
    expect(page.get_by_role("alert")).to_contain_text("Your things are still kept for you")
    switch(demo)
    press(go_on)

    enter_card(page, WORKS)
    expect_paid(page)


def test_an_answer_that_is_lost_after_the_money_moved_ends_in_paid(page: Page, demo: Demo) -> None:
    to_payment(page, demo)
    switch(demo, api=[{"kind": "hang", "seconds": 0.0, "after_work": True, **CONFIRM}])
    enter_card(page, WORKS)

    expect_paid(page)


def test_an_error_of_the_providers_own_is_looked_into_before_anything_is_said(
    page: Page, demo: Demo
) -> None:
    to_payment(page, demo)
    switch(demo, api=[{"kind": "error", **CONFIRM}])
    enter_card(page, WORKS)
    expect(page.get_by_text("Confirming with your bank")).to_be_visible()
    words = page.get_by_text("Please try again: you will not be charged twice.")
    expect(words).to_be_visible(timeout=25_000)
    switch(demo)
    enter_card(page, WORKS)

    expect_paid(page)


def test_a_bank_that_decides_against_it_later_leads_back_to_the_form(
    page: Page, demo: Demo
) -> None:
    to_payment(page, demo)
    enter_card(page, IS_PROCESSED_AND_FAILS)
    expect(page.get_by_role("alert")).to_contain_text("Nothing was charged", timeout=20_000)
    enter_card(page, WORKS)

    expect_paid(page)


def test_a_buyer_who_waits_for_a_message_that_is_lost_makes_us_ask(page: Page, demo: Demo) -> None:
    to_payment(page, demo)
    switch(demo, webhooks={"lose": 1.0})
    enter_card(page, WORKS)

    expect(page.get_by_role("heading", name="Paid. Thank you, Ada!")).to_be_visible(timeout=30_000)

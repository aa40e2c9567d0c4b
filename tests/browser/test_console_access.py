"""The console's pages about signing in, people and money, for everybody: nothing serious found by
axe, and room on a phone. Each page is walked to as a person would."""

import re
from collections.abc import Iterator

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Demo
from tests.browser.looking import faults
from tests.browser.test_embed_purchase import CARD, check_out, enter_card, expect_paid, press

DISPUTED = "4000000000000259"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Give a person's browser that moves nothing about."""
    context = browser.new_context(
        viewport={"width": 375, "height": 667}, reduced_motion="reduce", locale="en-US"
    )
    yield context.new_page()
    context.close()


def sign_in(page: Page, demo: Demo, role: str) -> dict[str, str]:
    """Give address and password of the first merchant's member with this role."""
    told = demo.told["merchants"][0]["members"]
    person: dict[str, str] = next(each for each in told if each["role"] == role)
    page.goto(f"{demo.shop}/console/sign-in")
    page.get_by_label("E-mail address").fill(person["email"])
    page.get_by_label("Password").fill(person["password"])
    page.get_by_role("button", name="Sign in").click()
    return person


def test_signing_in_can_be_used_by_everybody(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.shop}/console/sign-in")
    found = faults(page, "sign-in")
    page.get_by_role("link", name="Forgotten your password?").click()
    found += faults(page, "password reset")
    person = sign_in(page, demo, "manager")
    page.goto(f"{demo.shop}/console/account")
    found += faults(page, "account")
    secret = _begin_second_step(page, person["password"])
    found += faults(page, "second factor")
    page.get_by_role("textbox", name="Code").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Turn the second step on").click()
    recovery = page.locator(".account__codes code").first.inner_text()
    found += faults(page, "recovery codes")
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, demo, "manager")
    found += faults(page, "code")
    page.get_by_role("textbox", name="Code").fill(recovery)
    page.get_by_role("button", name="Go on").click()
    page.goto(f"{demo.shop}/console/account")
    page.locator("#second-old").fill(person["password"])
    page.get_by_role("button", name="Turn it off").click()
    expect(page.get_by_text("The second step is off.")).to_be_visible()

    assert [] == found


def _begin_second_step(page: Page, password: str) -> str:
    page.locator("#second-old").fill(password)
    page.get_by_role("button", name="Set it up").click()
    return page.locator(".account__secret").inner_text()


def test_people_and_money_can_be_looked_after_by_everybody(page: Page, demo: Demo) -> None:
    page.goto(demo.page(CARD))
    press(page.get_by_role("button", name="Buy now"))
    check_out(page)
    enter_card(page, DISPUTED)
    expect_paid(page)
    order = re.findall(r"ord_\w{16}", page.url)[0]
    sign_in(page, demo, "owner")
    found = []
    for name, path in {
        "home": "",
        "orders": "orders",
        "disputed order": f"orders/{order}",
        "refund": f"orders/{order}/refunds",
        "members": "members",
        "payments": "payments",
    }.items():
        page.goto(f"{demo.shop}/console/{path}")
        found += faults(page, name)
    page.goto(f"{demo.host}/demo/levers/")
    found += faults(page, "levers")

    assert [] == found

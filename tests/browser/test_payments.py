"""An owner connects the shop's own account at the payment provider, in one go."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Demo


def sign_in(page: Page, demo: Demo, merchant: int = 0) -> None:
    """Sign the owner of a demo's merchant in."""
    owner = demo.told["merchants"][merchant]["members"][0]
    page.goto(f"{demo.shop}/console/sign-in")
    page.get_by_label("E-mail address").fill(owner["email"])
    page.get_by_label("Password").fill(owner["password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name=re.compile("^Hello"))).to_be_visible()


def test_an_owner_connects_an_account_leaves_it_half_done_and_finishes_it(
    page: Page, demo: Demo, faults: list[str]
) -> None:
    sign_in(page, demo, merchant=1)
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Payments").click()
    expect(page.get_by_role("heading", name="Be paid to your own account")).to_be_visible()

    page.get_by_label("Where is your business?").select_option("PT")
    page.get_by_role("button", name="Connect with Stripe").click()
    page.wait_for_url(f"{demo.sandbox}/setup/**")
    page.goto(f"{demo.shop}/console/payments")
    expect(page.get_by_text("Not finished yet")).to_be_visible()

    page.get_by_role("button", name="Go on at Stripe").click()
    page.wait_for_url(f"{demo.sandbox}/setup/**")
    spent = page.url
    page.get_by_role("button").click()
    page.wait_for_url(f"{demo.shop}/console/payments**")
    heading = page.get_by_role("heading", name="Buyers pay you")
    for _ in range(10):  # a message is on its way; whoever cannot wait asks
        if heading.is_visible():
            break
        page.get_by_role("button", name="Ask Stripe again").click()
    expect(page.get_by_text("Every sale from now on is paid to it.")).to_be_visible()

    page.goto(spent)
    expect(heading).to_be_visible()
    assert faults == []

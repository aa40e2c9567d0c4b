"""The total with delivery and tax: in place where script runs, on the page that comes back where
it does not; and never another one at the payment."""

import re

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import PHONE, Demo
from tests.browser.test_embed_purchase import CARD, Surface, open_on_host, press

AMOUNT = re.compile(r"\$\d+\.\d\d")


def let_it_be_sent(shop: Surface) -> Locator:
    """Fill the form in for somebody in Rhode Island; return the button that goes on."""
    shop.get_by_label("E-mail").fill("ada@example.com")
    shop.get_by_label("Name").fill("Ada")
    # By key: a click could miss while the frame is still growing.
    shop.get_by_role("radio", name=re.compile("^Shipping")).press("Space")
    shop.get_by_label("Street and number").fill("1 Benefit Street")
    shop.get_by_label("Postcode").fill("02903")
    shop.get_by_label("Town").fill("Providence")
    shop.get_by_label("Country").select_option("US")
    shop.get_by_label("State or region").fill("Rhode Island")
    shop.get_by_label("Town").focus()
    return shop.locator('[data-part="go"]')


def total_of(words: str | None) -> str:
    found = AMOUNT.search(words or "")
    assert found is not None, words
    return found[0]


def test_a_script_shows_the_total_as_soon_as_the_place_is_known(page: Page, demo: Demo) -> None:
    frame = open_on_host(page, demo, CARD)
    press(frame.get_by_role("button", name="Buy now"))
    pick_up = total_of(frame.locator('[data-part="go"]').text_content())

    go = let_it_be_sent(frame)
    expect(frame.locator(".sums").get_by_text("On dry ice, next day")).to_be_visible()
    expect(go).not_to_contain_text(pick_up)
    total = total_of(go.text_content())
    press(go)

    expect(frame.get_by_role("heading", name="Payment")).to_be_visible()
    expect(frame.locator(".sums__total")).to_contain_text(total)
    expect(frame.get_by_role("button", name=f"Pay {total}")).to_be_visible()


def test_without_script_the_page_comes_back_with_the_total(browser: Browser, demo: Demo) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    shop = context.new_page()
    shop.goto(demo.page(CARD))
    shop.get_by_role("button", name="Buy now").click()

    let_it_be_sent(shop).click()
    said = shop.get_by_role("alert")
    expect(said).to_contain_text("Nothing was charged.")
    total = total_of(said.text_content())
    expect(shop.get_by_label("Street and number")).to_have_value("1 Benefit Street")
    shop.get_by_role("button", name=f"Continue to payment · {total}").click()

    expect(shop.get_by_role("heading", name="Payment")).to_be_visible()
    expect(shop.locator(".sums__total")).to_contain_text(total)
    context.close()

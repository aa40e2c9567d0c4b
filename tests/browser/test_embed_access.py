"""Every page a shopper sees, for everybody: nothing serious found by axe, and room on a phone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Demo
from tests.browser.looking import faults, serious
from tests.browser.test_embed_purchase import (
    CARD,
    COLLECTION,
    WORKS,
    check_out,
    enter_card,
    expect_paid,
)


def card(page: Page, demo: Demo) -> None:
    page.goto(demo.page(CARD))


def framed_card(page: Page, demo: Demo) -> None:
    page.goto(demo.frame(CARD))


def collection(page: Page, demo: Demo) -> None:
    page.goto(demo.page(COLLECTION))


def no_match(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.page(COLLECTION)}?q=tractor")


def one_of_a_collection(page: Page, demo: Demo) -> None:
    collection(page, demo)
    page.locator(".tile__link").first.click()


def share_panel(page: Page, demo: Demo) -> None:
    card(page, demo)
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_label("Your link to share")).to_be_visible()


def cart(page: Page, demo: Demo) -> None:
    card(page, demo)
    page.get_by_role("button", name="Add to cart").click()


def empty_cart(page: Page, demo: Demo) -> None:
    cart(page, demo)
    page.get_by_role("button", name=re.compile("^Remove")).click()


def checkout(page: Page, demo: Demo) -> None:
    card(page, demo)
    page.get_by_role("button", name="Buy now").click()


def checkout_with_an_address(page: Page, demo: Demo) -> None:
    checkout(page, demo)
    page.get_by_label("Shipping").check()
    page.get_by_label("E-mail").fill("ada@nowhere")
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Street and number").fill("1 Main St")
    page.get_by_label("Postcode").fill("02903")
    page.get_by_label("Town").fill("Providence")
    page.get_by_label("Country").select_option("US")
    page.get_by_role("button", name=re.compile("Continue")).click()
    expect(page.locator("[aria-invalid]")).to_have_count(1)


def payment(page: Page, demo: Demo) -> None:
    checkout(page, demo)
    check_out(page)
    expect(page.get_by_role("button", name=re.compile("^Order and pay "))).to_be_enabled()


def paid(page: Page, demo: Demo) -> None:
    payment(page, demo)
    enter_card(page, WORKS)
    expect_paid(page)


def nothing_there(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.shop}/p/plc_0000000000000000")


VIEWS: tuple[Callable[[Page, Demo], None], ...] = (
    card,
    framed_card,
    collection,
    no_match,
    one_of_a_collection,
    share_panel,
    cart,
    empty_cart,
    checkout,
    checkout_with_an_address,
    payment,
    paid,
    nothing_there,
)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
def test_axe_finds_nothing_serious_and_nothing_is_cut_off(
    browser: Browser, demo: Demo, view: Callable[[Page, Demo], None]
) -> None:
    context = browser.new_context(
        viewport={"width": 375, "height": 667}, reduced_motion="reduce", locale="en-US"
    )
    page = context.new_page()
    view(page, demo)
    found = faults(page, view.__name__)
    context.close()

    assert found == []


def test_axe_would_find_a_serious_fault(page: Page, demo: Demo) -> None:
    page.goto(demo.page(CARD))
    page.evaluate("() => document.body.append(document.createElement('input'))")

    assert any("label" in fault for fault in serious(page))


def test_a_purchase_needs_no_mouse(page: Page, demo: Demo) -> None:
    page.goto(demo.page(CARD))
    page.get_by_role("radio", name=re.compile("Small")).focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name=re.compile("Regular"))).to_be_checked()
    expect(page.locator('[data-part="price"]')).to_have_text("$4.76")
    page.get_by_role("button", name="Buy now").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Checkout")).to_be_visible()
    page.get_by_label("E-mail").focus()
    page.keyboard.type("ada@example.com")
    page.keyboard.press("Tab")
    page.keyboard.type("Ada")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Payment")).to_be_visible()


def test_focus_can_always_be_seen(page: Page, demo: Demo) -> None:
    page.goto(demo.page(CARD))
    unseen = []
    for _ in range(12):
        page.keyboard.press("Tab")
        unseen += page.evaluate(
            """() => { const style = getComputedStyle(document.activeElement);
            if (document.activeElement === document.body) return [];
            return style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2
              ? [document.activeElement.outerHTML.slice(0, 80)] : []; }"""
        )

    assert unseen == []


def test_targets_are_large_enough_for_a_thumb(page: Page, demo: Demo) -> None:
    page.goto(demo.page(CARD))
    small = page.evaluate(
        """() => [...document.querySelectorAll('a, button, summary, .chip, input')]
        .filter(each => each.checkVisibility() && getComputedStyle(each).display !== 'inline')
        .map(each => [each.getBoundingClientRect(), each.outerHTML.slice(0, 80)])
        .filter(([box]) => box.width > 1 && (box.height < 24 || box.width < 24))
        .map(([, html]) => html)"""
    )

    assert small == []

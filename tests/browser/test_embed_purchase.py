"""Buying inside somebody else's page: without cookies or storage, without script up to the card,
after a refusal, in apps that have a browser of their own."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Locator, Page, Playwright, Route, expect

from tests import chromium
from tests.browser.conftest import PHONE, Demo

CARD = "Pistachio is back"
COLLECTION = "The whole freezer"
WORKS, DECLINED, ASKS_FIRST = "4242424242424242", "4000000000000002", "4000000000003220"

HostPage = Callable[..., None]
Surface = Page | FrameLocator

IN_APP = {
    "Facebook": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Mobile/22A3354 [FBAN/FBIOS;FBAV/484.0.0.40.106]",
    "Instagram": "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/131.0 Mobile Safari/537.36 Instagram 360.0.0.30.109 Android",
    "WeChat": "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/116.0 Mobile Safari/537.36 MicroMessenger/8.0.50 WeChat/arm64",
    "Weibo": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Mobile/15E148 Weibo (iPhone15,2__weibo__14.9.0__iphone__os17.5)",
}


@pytest.fixture
def sealed(playwright: Playwright, tmp_path: Path) -> Iterator[Page]:
    """Give a browser that keeps nothing: all cookies and all storage are blocked."""
    (tmp_path / "Default").mkdir()
    blocked = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(blocked))
    context = playwright.chromium.launch_persistent_context(
        tmp_path, executable_path=chromium.find(), args=list(chromium.ARGUMENTS), viewport=PHONE
    )
    yield context.new_page()
    context.close()


def inside(page: Page) -> FrameLocator:
    return page.frame_locator("[data-placement] iframe").first


def press(control: Locator) -> None:
    """Press a control by key: the host's page may scroll to a new view while a mouse would aim."""
    control.press("Enter")


def check_out(shop: Surface) -> None:
    shop.get_by_label("E-mail").fill("ada@example.com")
    shop.get_by_label("Name").fill("Ada")
    press(shop.get_by_role("button", name=re.compile("Continue to payment")))
    expect(shop.get_by_role("heading", name="Payment")).to_be_visible()


def enter_card(shop: Surface, number: str) -> None:
    card = shop.frame_locator("iframe").first
    card.locator("#number").fill(number)
    card.locator("#expiry").fill("12/34")
    card.locator("#cvc").fill("123")
    press(shop.get_by_role("button", name=re.compile("^Order and pay ")))


def expect_paid(shop: Surface) -> None:
    expect(shop.get_by_role("heading", name="Paid. Thank you, Ada!")).to_be_visible(timeout=15_000)
    expect(shop.get_by_text(re.compile(r"Order #\d{4}")).first).to_be_visible()


def open_on_host(page: Page, demo: Demo, name: str) -> FrameLocator:
    html = f'<!doctype html><html lang="en"><title>A post</title>{demo.snippet(name)}</html>'

    def answer(route: Route) -> None:
        route.fulfill(body=html, content_type="text/html")

    page.route(f"{demo.host}/a-post", answer)
    page.goto(f"{demo.host}/a-post")
    return inside(page)


def test_a_purchase_with_all_cookies_and_storage_blocked(sealed: Page, demo: Demo) -> None:
    frame = open_on_host(sealed, demo, CARD)
    press(frame.get_by_role("button", name="Buy now"))
    check_out(frame)
    is_sealed = frame.locator("body").evaluate(
        "() => { document.cookie = 'a=b';"
        " try { return !localStorage; } catch { return document.cookie === ''; } }"
    )
    enter_card(frame, WORKS)

    expect_paid(frame)
    assert is_sealed
    assert sealed.context.cookies() == []
    assert sealed.url == f"{demo.host}/a-post"


def test_a_purchase_in_a_credentialless_frame_without_our_script(page: Page, demo: Demo) -> None:
    """A host that gives frames no credentials, and pastes only the frame, still sells."""
    html = (
        '<!doctype html><html lang="en"><title>A post</title><h1>A post</h1>'
        f'<iframe credentialless title="Shop" src="{demo.frame(CARD)}" allow="payment *"'
        ' width="360" height="600"></iframe>'
    )
    page.route(
        f"{demo.host}/a-post", lambda route: route.fulfill(body=html, content_type="text/html")
    )
    page.goto(f"{demo.host}/a-post")
    frame = page.frame_locator("iframe").first
    press(frame.get_by_role("button", name="Buy now"))
    check_out(frame)
    enter_card(frame, WORKS)

    expect_paid(frame)
    assert page.context.cookies() == []


def test_a_declined_card_is_explained_and_another_one_pays(page: Page, demo: Demo) -> None:
    frame = open_on_host(page, demo, CARD)
    page.evaluate(
        "() => addEventListener('storefront:paid', event => (window.paid = event.detail.order))"
    )
    press(frame.get_by_role("button", name="Buy now"))
    check_out(frame)
    enter_card(frame, DECLINED)
    expect(frame.get_by_role("alert").filter(has_text="Nothing was charged")).to_be_visible()
    enter_card(frame, WORKS)

    expect_paid(frame)
    assert re.fullmatch(r"ord_\w{16}", page.evaluate("() => window.paid"))


def test_a_bank_that_asks_first_is_answered_in_the_post(page: Page, demo: Demo) -> None:
    frame = open_on_host(page, demo, CARD)
    press(frame.get_by_role("button", name="Buy now"))
    check_out(frame)
    enter_card(frame, ASKS_FIRST)
    expect(frame.locator("iframe")).to_have_count(2)
    challenge = frame.frame_locator("iframe").last
    press(challenge.get_by_role("button", name=re.compile("^(Approve|Complete|Confirm|Allow)")))

    expect_paid(frame)
    assert page.url == f"{demo.host}/a-post"


def test_several_things_of_a_collection_are_searched_collected_and_paid(
    page: Page, demo: Demo
) -> None:
    frame = open_on_host(page, demo, COLLECTION)
    for word in ("pistachio", "lemon", "stracciatella"):
        frame.get_by_role("searchbox").fill(word)
        frame.get_by_role("searchbox").press("Enter")
        expect(frame.get_by_text(re.compile(f"for “{word}”"))).to_be_visible()
        choose = frame.locator(".tile .button")
        if choose.count() == 0:
            continue
        press(choose.first)
        add = frame.get_by_role("button", name="Add to cart")
        expect(add.or_(frame.get_by_role("heading", name="Cart"))).to_be_visible()
        if add.count():
            press(add)
        press(frame.get_by_role("link", name="Keep looking"))
    expect(frame.get_by_text("2 in your cart")).to_be_visible()
    press(frame.get_by_role("link", name=re.compile("2 in your cart")))
    press(frame.get_by_role("button", name="One more").first)
    expect(frame.get_by_role("spinbutton").first).to_be_focused()
    expect(frame.get_by_role("spinbutton").first).to_have_value("2")
    press(frame.get_by_role("link", name="Check out"))
    check_out(frame)
    enter_card(frame, WORKS)

    expect_paid(frame)


@pytest.mark.parametrize("app", sorted(IN_APP))
def test_a_page_of_its_own_sells_inside_social_apps(browser: Browser, demo: Demo, app: str) -> None:
    context = browser.new_context(user_agent=IN_APP[app], viewport=PHONE, has_touch=True)
    page = context.new_page()
    opened: list[Page] = []
    page.on("popup", lambda popup: opened.append(popup))  # noqa: PLW0108 - a built-in takes no mark
    page.goto(demo.page(CARD))
    page.get_by_role("button", name="Buy now").click()
    check_out(page)
    enter_card(page, WORKS)

    expect_paid(page)
    assert opened == []
    context.close()


def test_without_script_everything_up_to_the_card_works(browser: Browser, demo: Demo) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto(demo.page(CARD))
    page.get_by_role("radio", name=re.compile("Regular")).check()
    page.get_by_label("Quantity").fill("2")
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_label(re.compile("^Quantity of")).fill("3")
    page.get_by_role("button", name="Update").click()
    page.get_by_role("link", name=re.compile("Check out")).click()
    expect(page.get_by_label("Street and number")).to_be_hidden()
    page.get_by_role("radio", name=re.compile("Shipping")).check()
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Street and number").fill("1 Main St")
    page.get_by_label("Postcode").fill("02903")
    page.get_by_label("Town").fill("Providence")
    page.get_by_label("State or region").fill("RI")
    page.get_by_label("Country").select_option("US")
    page.get_by_role("button", name=re.compile("Continue to payment")).click()
    page.get_by_role("button", name="Continue to payment · $28.38").click()

    expect(page.get_by_text("Paying by card needs JavaScript")).to_be_visible()
    expect(page.get_by_text("Kept for you until")).to_be_visible()
    expect(page.get_by_text("$28.38").first).to_be_visible()
    context.close()


def test_a_mistake_in_the_form_is_named_and_nothing_typed_is_lost(
    browser: Browser, demo: Demo
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto(demo.page(CARD))
    page.get_by_role("button", name="Buy now").click()
    page.get_by_label("E-mail").fill("ada@nowhere")
    page.get_by_label("Name").fill("Ada")
    page.get_by_role("button", name=re.compile("Continue to payment")).click()

    expect(page.get_by_label("E-mail")).to_be_focused()
    expect(page.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("E-mail")).to_have_value("ada@nowhere")
    expect(page.get_by_label("Name")).to_have_value("Ada")
    context.close()


def test_the_countdown_follows_the_server_and_not_the_shoppers_clock(
    browser: Browser, demo: Demo
) -> None:
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    page.clock.install(time="2020-01-01T00:00:00Z")
    page.goto(demo.page(CARD))
    page.get_by_role("button", name="Buy now").click()
    check_out(page)
    expect(page.get_by_text(re.compile(r"Kept for you (10:00|9:5\d)"))).to_be_visible()
    page.clock.run_for(120_000)

    expect(page.get_by_text(re.compile(r"Kept for you (8:00|7:5\d)"))).to_be_visible()
    context.close()


def test_the_paid_page_survives_a_reload_and_the_way_back(page: Page, demo: Demo) -> None:
    page.goto(demo.page(CARD))
    page.get_by_role("button", name="Buy now").click()
    check_out(page)
    enter_card(page, WORKS)
    expect_paid(page)
    page.reload()
    expect_paid(page)
    page.go_back()
    page.go_forward()

    expect_paid(page)


def test_the_payment_providers_script_is_loaded_on_the_payment_view_only(
    page: Page, demo: Demo
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(demo.page(CARD))
    page.get_by_role("button", name="Buy now").click()
    expect(page.get_by_role("heading", name="Checkout")).to_be_visible()
    before = [url for url in asked if url.startswith(demo.sandbox)]
    check_out(page)
    expect(page.frame_locator("iframe").first.locator("#number")).to_be_visible()

    assert before == []
    assert [url for url in asked if url.startswith(demo.sandbox)] != []

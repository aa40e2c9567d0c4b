"""A gift is sent from a post: as a phone and as a desktop, by keys alone, without script."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.browser.conftest import PHONE, Demo
from tests.browser.looking import check, serious
from tests.browser.test_embed_purchase import CARD, WORKS, enter_card, open_on_host, press

SIZES = {"phone": PHONE, "desktop": {"width": 1280, "height": 800}}

Surface = Page | FrameLocator


@pytest.fixture(params=SIZES)
def window(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport=SIZES[request.param])
    yield page
    page.close()


def name_friends(shop: Surface) -> None:
    """Name two friends, with an address each."""
    shop.locator("#gift_name_1").fill("Ben")
    shop.locator("#gift_email_1").fill("ben@example.com")
    press(shop.get_by_role("button", name="One more friend"))
    expect(shop.locator("#gift_name_2")).to_be_focused()
    shop.locator("#gift_name_2").fill("Cleo")
    shop.locator("#gift_email_2").fill("cleo@example.com")


def sign(shop: Surface) -> None:
    shop.locator("#name").fill("Ada")
    shop.locator("#email").fill("ada@example.com")


def test_two_friends_get_an_amount_of_ones_own(window: Page, demo: Demo) -> None:
    frame = open_on_host(window, demo, CARD)
    press(frame.get_by_role("link", name="Send as a gift"))
    press(frame.get_by_role("link", name="Give an amount instead"))
    frame.get_by_role("radio", name="Another").check(force=True)
    frame.get_by_label("Your own amount").fill("35")
    name_friends(frame)
    frame.get_by_label("Your words").fill("Happy birthday!")
    sign(frame)
    preview = frame.locator('[data-part="preview"]')
    if preview.get_attribute("open") is None:
        preview.locator("summary").press("Enter")
    letter = frame.frame_locator('[data-part="letter"]').last
    expect(letter.get_by_role("heading", name="A gift for you, Ben")).to_be_visible()
    expect(letter.get_by_text("Happy birthday!")).to_be_visible()
    expect(frame.locator(".sums__total")).to_contain_text("$70.00")
    press(frame.get_by_role("button", name="Continue to payment · $70.00"))
    enter_card(frame, WORKS)

    expect(frame.get_by_role("heading", name="Paid. Thank you, Ada!")).to_be_visible(timeout=20_000)
    for name in ("Ben", "Cleo"):
        gift = frame.locator(".sent-gift").filter(has_text=f"For {name}")
        expect(gift).to_contain_text("$35.00")
        expect(gift).to_contain_text(re.compile("Sent|On its way"))
    assert window.url == f"{demo.host}/a-post"


def tab_to(page: Page, wanted: str) -> None:
    """Go on with the Tab key until what is wanted has the focus."""
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.locator(f":is({wanted}):focus").count():
            return
    expect(page.locator(wanted).first).to_be_focused()


def fill_by_keys(page: Page) -> None:
    """Fill in the whole form without a pointer: $50.00 for Ben, by a link, in the second design."""
    keys = page.keyboard
    for wanted, typed in (
        ('[name="gift_amount"]', "ArrowRight"),
        ('[name="gift_way"]', "ArrowDown"),
        ("#gift_name_1", "Ben"),
        ('[name="gift_design"]', "ArrowRight"),
        ("#gift_words", "Hello!"),
        ("#name", "Ada"),
        ("#email", "ada@example.com"),
    ):
        tab_to(page, wanted)
        if typed.startswith("Arrow"):
            keys.press(typed)
        else:
            keys.type(typed)


def test_a_gift_by_link_is_sent_by_keys_alone_and_called_off(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.page(CARD)}/gift")
    fill_by_keys(page)
    expect(page.locator(".sums__total")).to_contain_text("$50.00")
    page.keyboard.press("Enter")
    enter_card(page, WORKS)
    expect(page.get_by_label("The link for Ben")).to_have_value(
        re.compile(re.escape(demo.shop) + r"/g/\w{48}"), timeout=20_000
    )
    assert serious(page) == []
    sent = page.url
    page.goto(f"{page.get_by_label('The link for Ben').input_value()}/card")
    check(page)
    page.goto(sent)
    press(page.locator("summary", has_text="Call it off"))
    press(page.get_by_role("button", name="Call it off and get the money back"))

    expect(page.get_by_role("heading", name="Your money is on its way back")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_form_has_room_and_no_serious_fault(browser: Browser, demo: Demo, scheme: str) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 600}, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"{demo.page(CARD)}/gift")
    name_friends(page)
    page.get_by_role("radio", name="On a day I choose").check(force=True)
    press(page.get_by_role("button", name=re.compile("See the total|Continue")))
    expect(page.get_by_role("alert").get_by_role("link")).to_have_count(3)
    expect(page.locator("#gift_at")).to_be_focused()

    check(page)
    page.close()


def test_friends_come_and_go_and_nothing_typed_is_lost(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.page(CARD)}/gift")
    name_friends(page)
    press(page.get_by_role("button", name="One more friend"))
    page.locator("#gift_name_3").fill("Dan")
    press(page.get_by_role("button", name="Remove friend 2"))

    expect(page.locator("#gift_name_2")).to_have_value("Dan")
    expect(page.locator("#gift_name_3")).to_be_hidden()
    expect(page.locator(".gift-sum")).to_contain_text("2 gifts of $25.00")


def test_a_gift_is_put_together_without_script(browser: Browser, demo: Demo) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto(f"{demo.frame(CARD)}/gift")
    page.locator("#gift_name_2").fill("Cleo")
    page.locator("#gift_email_2").fill("cleo@example.com")
    sign(page)
    page.get_by_role("button", name="See the total").click()
    expect(page.get_by_role("alert")).to_contain_text("Please write your friend's name")
    page.locator("#gift_name_1").fill("Ben")
    page.locator("#gift_email_1").fill("ben@example.com")
    page.locator("summary", has_text="See the mail").click()
    page.get_by_role("button", name="Show it as it is now").click()
    letter = page.frame_locator('[data-part="letter"]')
    expect(letter.get_by_role("heading", name="A gift for you, Ben")).to_be_visible()
    page.get_by_role("button", name="See the total").click()
    expect(page.get_by_role("alert")).to_contain_text("The total is $50.00")
    page.get_by_role("button", name="Continue to payment · $50.00").click()

    expect(page.get_by_role("heading", name="Payment")).to_be_visible()
    context.close()

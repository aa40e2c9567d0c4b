"""Takes the pictures that the README shows, from a demo that runs: `make demo ARGS=--fresh` in one
terminal, `make pictures` in another. What is in them was really bought, sent and spent."""

import json
import re
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect, sync_playwright

from tests import chromium

HERE = Path(__file__).parent
PHONE, DESK = {"width": 375, "height": 860}, {"width": 1180, "height": 1000}
POST = "pistachio-is-back"
SHARPNESS, QUALITY = 2, 82
PATIENCE = 60_000
# Else frames are drawn at half the sharpness.
MORE_ARGUMENTS = ("--disable-site-isolation-trials",)


def main(told: dict[str, Any]) -> None:
    """Take them all."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.find(), args=[*chromium.ARGUMENTS, *MORE_ARGUMENTS]
        )
        take_post(browser, told, "post.webp")
        take_post(browser, told, "post-dark.webp", scheme="dark")
        take_payment(browser, told)
        take_gift_and_counter(browser, told)
        take_console(browser, told)
        browser.close()


def opened(browser: Browser, size: dict[str, int], scheme: str = "light") -> Page:
    """Open a window that remembers nothing."""
    window = browser.new_context(
        viewport=size,  # type: ignore[arg-type]
        device_scale_factor=SHARPNESS,
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
        locale="en-US",
    )
    window.set_default_timeout(PATIENCE)
    return window.new_page()


def keep(picture: bytes, name: str) -> None:
    """Write a picture down, small enough for a page that is read on the way."""
    Image.open(BytesIO(picture)).save(HERE / name, quality=QUALITY, method=6)


def shop_in(page: Page, told: dict[str, Any], where: str = f"posts/{POST}") -> FrameLocator:
    """Open the post, or the feed, and wait until the shop stands in it."""
    page.goto(f"{told['host_url']}/{where}")
    shop = page.frame_locator("[data-placement] iframe").first
    expect(shop.get_by_role("button", name="Buy now")).to_be_visible()
    page.wait_for_load_state("networkidle")
    return shop


def press(control: Locator) -> None:
    """Press by key: the page may scroll while a mouse would aim."""
    control.press("Enter")


def take_post(browser: Browser, told: dict[str, Any], name: str, scheme: str = "light") -> None:
    """The post with the shop in it, at a desk by day and on a phone by night."""
    page = opened(browser, DESK if scheme == "light" else PHONE, scheme)
    shop_in(page, told, "" if scheme == "light" else f"posts/{POST}")
    if scheme == "light":
        page.locator("article.post").first.evaluate("post => scrollTo(0, post.offsetTop - 90)")
    keep(page.screenshot(), name)
    page.context.close()


def take_payment(browser: Browser, told: dict[str, Any]) -> None:
    """The last step before "Paid", inside the post."""
    page = opened(browser, PHONE)
    shop = shop_in(page, told)
    press(shop.get_by_role("button", name="Buy now"))
    shop.get_by_label("E-mail").fill("nadia@example.com")
    shop.get_by_label("Name", exact=True).fill("Nadia Reyes")
    press(shop.get_by_role("button", name=re.compile("^Continue to payment")))
    enter_card(shop)
    page.locator("[data-placement]").first.evaluate("box => box.scrollIntoView()")
    keep(page.screenshot(), "payment.webp")
    press(shop.get_by_role("button", name=re.compile("^Order and pay")))
    expect(shop.get_by_role("heading", name=re.compile("^Paid"))).to_be_visible()
    page.context.close()


def enter_card(shop: FrameLocator) -> None:
    """Fill in a card that pays."""
    card = shop.frame_locator("iframe").first
    card.locator("#number").fill("4242424242424242")
    card.locator("#expiry").fill("12/34")
    card.locator("#cvc").fill("123")


def take_gift_and_counter(browser: Browser, told: dict[str, Any]) -> None:
    """A gift as its recipient opens it, and the counter's answer when a part was taken."""
    gifts = told["merchants"][0]["gifts"]
    link = next(gift["link"] for gift in gifts if gift["state"] == "unopened")
    friend = opened(browser, PHONE)
    friend.goto(link)
    press(friend.get_by_role("button", name=re.compile("^Show")))
    expect(friend.get_by_text("Copy the code")).to_be_visible()
    code = friend.locator("[data-controller=copy]").first.get_attribute("data-text") or ""
    friend.get_by_role("heading", level=1).evaluate("title => scrollBy(0, title.offsetTop - 16)")
    keep(friend.screenshot(), "gift.webp")
    friend.context.close()
    clerk = opened(browser, PHONE)
    begin_shift(clerk, told)
    clerk.get_by_label("Code of the gift").fill(code)
    clerk.keyboard.press("Enter")
    clerk.get_by_label(re.compile("^How much of it")).fill("9.50")
    press(clerk.get_by_role("button", name="Take it from the card"))
    expect(clerk.get_by_role("heading", name=re.compile("^Taken"))).to_be_visible()
    keep(clerk.screenshot(), "counter.webp")
    clerk.context.close()


def begin_shift(page: Page, told: dict[str, Any]) -> None:
    """Come in by the demo's door to the counter, as a clerk."""
    clerk = told["merchants"][0]["members"][-1]
    page.goto(told["counter_url"])
    press(page.get_by_role("button").first)
    press(page.get_by_role("button", name="Yes, enrol this device"))
    page.get_by_label(clerk["name"]).check(force=True)
    page.get_by_label("PIN").fill(clerk["pin"])
    press(page.get_by_role("button", name="Begin"))
    expect(page.get_by_role("heading", name="Redeem a gift")).to_be_visible()


def take_console(browser: Browser, told: dict[str, Any]) -> None:
    """The line of an order that became a gift, and the report."""
    page, owner = opened(browser, DESK), told["merchants"][0]["members"][0]
    console = f"{told['shop_url']}/console"
    page.goto(f"{console}/sign-in")
    page.get_by_label("E-mail address").fill(owner["email"])
    page.get_by_label("Password").fill(owner["password"])
    press(page.get_by_role("button", name="Sign in"))
    expect(page.get_by_role("heading", name=re.compile("^Hello"))).to_be_visible()
    page.goto(f"{console}/orders?q=wes@example.com")
    press(page.get_by_role("link", name=re.compile(r"#\d{4}")).last)
    expect(page.get_by_role("heading", name="What led here")).to_be_visible()
    keep(page.locator("main section").first.screenshot(), "line.webp")
    page.goto(f"{console}/report?period=30")
    keep(page.screenshot(), "report.webp")
    page.context.close()


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))

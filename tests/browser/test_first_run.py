"""A new merchant goes from the command line to a first sale, led by the first steps; and people
are invited: as a phone and as a desktop."""

import html
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import PHONE, Demo
from tests.browser.looking import check

SIZES = {"phone": PHONE, "desktop": {"width": 1280, "height": 800}}
PASSWORD = "a-good-long-password"


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """Give a phone, and a desktop."""
    window = browser.new_context(viewport=SIZES[request.param])
    yield window.new_page()
    window.close()


def add_merchant(demo: Demo, slug: str) -> str:
    """Add a merchant as the README says, and return the owner's address."""
    folder = Path(demo.told["mail_dir"]).parent
    settings = {
        "SECRET_KEY": "k3y-for-tests-0123456789-abcdefghijklmn",
        "PEPPER": "p3pper-for-tests-0123456789-abcdefghij",
        "MODE": "sandbox",
        "BASE_URL": demo.shop,
        "INSTANCE_DIR": str(folder),
        "DATABASE_URL": demo.told["database_url"],
        "STRIPE_API_KEY": "sk_test_fake",
        "STRIPE_PUBLISHABLE_KEY": "pk_test_fake",
        "STRIPE_WEBHOOK_SECRETS": "whsec_for_tests_only",
        "STRIPE_API_URL": demo.sandbox,
        "STRIPE_JS_URL": f"{demo.sandbox}/v3/",
        "MAIL_URL": f"file://{folder}/mail",
        "MAIL_FROM": "Shop <hello@shop.test>",
    }
    words = {
        "slug": slug, "name": "Corner Bakery", "currency": "USD", "zone": "Europe/Lisbon",
        "contact-email": "ask@bakery.example.com", "owner-email": f"{slug}@example.com",
        "owner-name": "Berta Baker", "owner-password": PASSWORD,
    }  # fmt: skip
    subprocess.run(
        [sys.executable, "-m", "storefront", "add-merchant",
         *(f"--{name}={value}" for name, value in words.items())],
        env={**os.environ, **{f"STOREFRONT_{name}": value for name, value in settings.items()}},
        check=True, timeout=60,
    )  # fmt: skip
    return f"{slug}@example.com"


def sign_in(page: Page, demo: Demo, email: str, password: str) -> None:
    page.goto(f"{demo.shop}/console/sign-in")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def step(page: Page, title: str) -> Any:
    return page.locator(".guide__step").filter(has_text=title)


def host(page: Page, address: str, body: str) -> None:
    """Answer a site's page with this body, and open it."""

    def answer(route: Route) -> None:
        text = f'<!doctype html><html lang="en"><title>A post</title><h1>A post</h1>{body}</html>'
        route.fulfill(body=text, content_type="text/html")

    page.route(address, answer)
    page.goto(address)


def wait_for(page: Page, address: str, words: str) -> None:
    """Look at a page of the console until it says so."""
    said = page.get_by_text(words)
    for _ in range(40):
        page.goto(address)
        if said.count():
            break
        page.wait_for_timeout(250)
    expect(said.first).to_be_visible()


def buy(page: Page) -> None:
    """Buy on the page that is open, with a card that works."""
    page.get_by_role("button", name="Buy now").click()
    page.get_by_label("E-mail").fill("berta@example.com")
    page.get_by_label("Name", exact=True).fill("Berta")
    page.get_by_role("button", name=re.compile("Continue to payment")).click()
    card = page.frame_locator("iframe").first
    card.locator("#number").fill("4242424242424242")
    card.get_by_label("Expires").fill("12 / 34")
    card.get_by_label("Security code").fill("123")
    page.get_by_role("button", name=re.compile("^Order and pay")).click()
    expect(page.get_by_role("heading", name=re.compile("^Paid"))).to_be_visible(timeout=20_000)


def test_a_new_merchant_is_led_to_a_first_sale(page: Page, demo: Demo) -> None:
    sign_in(page, demo, add_merchant(demo, f"bakery-{secrets.token_hex(4)}"), PASSWORD)
    expect(page.get_by_role("heading", name="Your first steps")).to_be_visible()
    check(page)

    step(page, "Add a product").get_by_role("link").click()
    page.get_by_label("Name", exact=True).fill("Cinnamon roll")
    page.get_by_label(re.compile("^Price")).fill("4.50")
    page.get_by_role("button", name="Put on sale").click()
    page.goto(f"{demo.shop}/console/")
    step(page, "Say how it reaches people").get_by_role("link", name="Add a store").click()
    page.get_by_label("Name", exact=True).fill("Market Square")
    page.get_by_label("Address", exact=True).fill("1 Market Square")
    check(page)
    page.get_by_role("button", name="Add this store").click()

    page.goto(f"{demo.shop}/console/")
    step(page, "Make a placement").get_by_role("link").click()
    page.get_by_label(re.compile("Cinnamon roll")).check()
    expect(
        page.frame_locator("iframe").get_by_role("heading", name="Cinnamon roll")
    ).to_be_visible()
    page.get_by_label("Name of the post or spot").fill("Rolls are out")
    page.get_by_label(re.compile("Address of the post")).fill(f"{demo.host}/rolls")
    check(page)
    page.get_by_role("button", name="Make the placement").click()
    expect(page.get_by_text("Your placement is made")).to_be_visible()
    check(page)
    placement, snippet = page.url.partition("?")[0], page.locator("#snippet-embed").input_value()

    with page.expect_response(lambda answer: answer.url.endswith("/interactions")):
        host(page, f"{demo.host}/rolls", snippet)
    shop = page.frame_locator("[data-placement] iframe")
    expect(shop.get_by_role("button", name="Buy now")).to_be_visible()
    wait_for(page, placement, "For the first time")

    page.goto(f"{demo.shop}/console/")
    step(page, "Sell something to yourself").get_by_role("link").click()
    buy(page)
    page.goto(f"{demo.shop}/console/")
    expect(page.get_by_text("6 of 7 done")).to_be_visible()
    page.get_by_role("button", name="Put away").click()
    expect(page.get_by_role("heading", name="Your first steps")).to_have_count(0)
    page.get_by_role("button", name="Show the first steps again").click()
    expect(page.get_by_role("heading", name="Your first steps")).to_be_visible()


def test_a_poster_is_one_page_of_paper(page: Page, demo: Demo) -> None:
    owner = demo.told["merchants"][0]["members"][0]
    sign_in(page, demo, owner["email"], owner["password"])
    place = f"{demo.shop}/console/placements/{next(iter(demo.placements.values()))}"
    for paper in ("A4", "Letter"):
        page.goto(f"{place}/poster?paper={paper.lower()}&headline=Come+in")
        check(page)
        pages = re.findall(rb"/Type\s*/Page\b", page.pdf(format=paper))
        assert 1 == len(pages)


def test_a_shop_says_who_it_is_before_anybody_pays(page: Page, demo: Demo) -> None:
    """Step 6: a text and a colour are seen by the next buyer."""
    owner = demo.told["merchants"][1]["members"][0]
    sign_in(page, demo, owner["email"], owner["password"])
    page.goto(f"{demo.shop}/console/shop")
    page.locator("#terms summary").click()
    page.locator("#body-terms").fill("We pack it with care.")
    check(page)
    page.locator("#terms").get_by_role("button", name="Save").click()
    expect(page.get_by_text("The text is linked")).to_be_visible()

    placement = demo.told["merchants"][1]["placements"][0]["public_id"]
    page.goto(f"{demo.shop}/e/{placement}")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Terms").click()
    expect(opened.value.get_by_text("We pack it with care.")).to_be_visible()
    check(opened.value)


def test_a_site_that_was_turned_away_is_allowed_with_one_click(page: Page, demo: Demo) -> None:
    """Bad input 38, in a real browser: it blocks, reports, and the merchant decides."""
    site = f"http://stranger-{secrets.token_hex(4)}.test"
    snippet = next(iter(demo.placements))
    with page.expect_console_message(lambda said: "frame-ancestors" in said.text):
        host(page, f"{site}/a-post", demo.snippet(snippet))
    owner = demo.told["merchants"][0]["members"][0]
    place = f"{demo.shop}/console/placements/{demo.placements[snippet]}"
    sign_in(page, demo, owner["email"], owner["password"])
    wait_for(page, place, f"A page of {site} tried to show the shop")
    page.get_by_role("button", name=f"Allow {site}").click()
    expect(page.get_by_text("That site may show the shop now.")).to_be_visible()

    page.goto(f"{site}/a-post")
    shop = page.frame_locator("[data-placement] iframe")
    expect(shop.get_by_role("heading").first).to_be_visible()


def link_in_mail(page: Page, demo: Demo, address: str) -> str:
    """Wait for a mail to somebody and return the link in it."""
    for _ in range(60):
        for file in Path(demo.told["mail_dir"]).rglob("*.eml"):
            mail = message_from_bytes(file.read_bytes(), policy=policy.default)
            if address in str(mail["To"]):
                body = mail.get_body(("plain",))
                assert body is not None
                found = re.search(r"http\S+/joining/\S+", body.get_content())
                assert found
                return html.unescape(found[0])
        page.wait_for_timeout(250)
    message = f"no mail to {address} has come"
    raise AssertionError(message)


def test_an_invited_person_joins_and_the_log_tells(page: Page, demo: Demo) -> None:
    owner = demo.told["merchants"][1]["members"][0]
    address = f"june-{secrets.token_hex(4)}@example.com"
    sign_in(page, demo, owner["email"], owner["password"])
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Team").click()
    page.get_by_label("E-mail address").fill(address)
    page.get_by_label(re.compile("^Reports only")).check()
    check(page)
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_text("The invitation is on its way")).to_be_visible()
    link = link_in_mail(page, demo, address)
    page.goto(f"{demo.shop}/console/")
    page.get_by_role("button", name="Sign out").click()

    page.goto(link)
    page.get_by_label("Your name").fill("June Parker")
    page.get_by_label("Choose a password").fill(PASSWORD)
    check(page)
    page.get_by_role("button", name=re.compile("^Join")).click()
    expect(page.get_by_role("heading", name="Hello, June")).to_be_visible()
    expect(page.get_by_role("link", name="Orders")).to_have_count(0)
    page.goto(link)
    expect(page.get_by_text("This invitation is over")).to_be_visible()

    page.goto(f"{demo.shop}/console/")
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, demo, owner["email"], owner["password"])
    page.goto(f"{demo.shop}/console/log")
    expect(page.locator(".deed").filter(has_text="June Parker").first).to_be_visible()
    check(page)

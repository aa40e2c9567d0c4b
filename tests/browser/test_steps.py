"""The demo's three steps, walked as a person walks them: as a phone and as a desktop."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import PHONE, Demo

POST = "/posts/pistachio-is-back"
DECLINED, WORKS = "4000000000000002", "4242424242424242"
SIZES = {"phone": PHONE, "desktop": {"width": 1280, "height": 800}}


class People:
    """Opens windows in which nobody is known yet."""

    def __init__(self, browser: Browser, size: dict[str, int]) -> None:
        self._browser = browser
        self._size = size
        self._windows: list[BrowserContext] = []

    def somebody(self) -> Page:
        """Open a private window."""
        window = self._browser.new_context(viewport=self._size)
        self._windows.append(window)
        return window.new_page()

    def leave(self) -> None:
        """Close every window."""
        for window in self._windows:
            window.close()


@pytest.fixture(params=SIZES)
def people(request: pytest.FixtureRequest, browser: Browser) -> Iterator[People]:
    people = People(browser, SIZES[request.param])
    yield people
    people.leave()


def like_comment_and_share(page: Page, demo: Demo) -> str:
    """Do what a visitor does around a post, and return the link they got."""
    page.goto(demo.host + POST)
    expect(page.frame_locator("iframe").first.get_by_role("button", name="Buy now")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Like")).first.click()
    page.get_by_label("Your name").fill("Ana")
    page.get_by_label("Your comment").fill("I want one of these today.")
    page.get_by_role("button", name="Post").click()
    expect(page.get_by_text("I want one of these today.").first).to_be_visible()
    share = page.get_by_role("button", name=re.compile("Share"))
    (share if share.count() else page.get_by_role("link", name=re.compile("Share"))).first.click()
    link = page.locator("dialog input").first
    expect(link).to_have_value(re.compile(re.escape(demo.shop) + r"/s/\w{26}"))
    return link.input_value()


def buy(page: Page, *, cards: tuple[str, ...]) -> str:
    """Buy in the frame, trying one card after the other; return the order's number."""
    shop = page.frame_locator("[data-placement] iframe").first
    shop.get_by_role("button", name="Buy now").click()
    shop.get_by_label("E-mail").fill("ben@example.com")
    shop.get_by_label("Name", exact=True).fill("Ben")
    shop.get_by_role("button", name=re.compile("Continue to payment")).click()
    for card in cards:
        form = shop.frame_locator("iframe").first
        form.locator("#number").fill(card)
        form.get_by_label("Expires").fill("12 / 34")
        form.get_by_label("Security code").fill("123")
        shop.get_by_role("button", name=re.compile("^Order and pay")).click()
        if card == DECLINED:
            expect(shop.get_by_role("alert")).to_contain_text("declined")
    expect(shop.get_by_role("heading", name=re.compile("^Paid"))).to_be_visible(timeout=20_000)
    said = shop.get_by_text(re.compile(r"Order #\d+")).first.inner_text()
    return re.search(r"#(\d+)", said)[1]


def open_mail(page: Page, demo: Demo, number: str) -> None:
    """Look into the mailbox until the receipt has come, and open it."""
    mail = page.get_by_role("link", name=re.compile(f"#{number}")).first
    for _ in range(40):
        page.goto(f"{demo.host}/demo/mailbox/")
        if mail.count():
            break
        page.wait_for_timeout(250)
    mail.click()


def sign_in(page: Page, demo: Demo) -> None:
    owner = demo.told["merchants"][0]["members"][0]
    page.goto(f"{demo.shop}/console/")
    page.get_by_label("E-mail").fill(owner["email"])
    page.get_by_label("Password").fill(owner["password"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_a_shared_post_sells_and_the_console_draws_the_line(people: People, demo: Demo) -> None:
    """Ana shares, Ben opens and buys without leaving the post, the owner sees what led to it."""
    link = like_comment_and_share(people.somebody(), demo)

    ben = people.somebody()
    ben.goto(link)
    post = ben.url.partition("?")[0]
    number = buy(ben, cards=(DECLINED, WORKS))
    assert demo.host + POST == post == ben.url.partition("?")[0]

    open_mail(people.somebody(), demo, number)

    owner = people.somebody()
    sign_in(owner, demo)
    owner.goto(f"{demo.shop}/console/orders")
    owner.get_by_role("link", name=re.compile(f"#{number}")).first.click()
    line = owner.locator("ol").filter(has_text="opened").first
    for word in (re.compile("shared", re.IGNORECASE), re.compile("opened", re.IGNORECASE)):
        expect(line.get_by_text(word).first).to_be_visible()
    expect(owner.get_by_text(re.compile("100")).first).to_be_visible()


def test_the_order_opens_again_from_its_mail(people: People, demo: Demo) -> None:
    buyer = people.somebody()
    buyer.goto(demo.host + POST)
    number = buy(buyer, cards=(WORKS,))

    mailbox = people.somebody()
    open_mail(mailbox, demo, number)
    link = re.search(rf"{re.escape(demo.shop)}/orders/\S+?(?=[\"'<\s])", mailbox.content())[0]
    mailbox.goto(link.replace("&amp;", "&"))

    expect(mailbox.get_by_role("heading", name=re.compile("^Paid"))).to_be_visible()

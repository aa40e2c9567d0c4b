"""A gift as its recipient has it: on a phone and at a desk, by night, without a network, without a
script, on paper, and in the demo's mailbox."""

import io
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zxingcpp
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, FloatRect, Page, ViewportSize, expect
from werkzeug.serving import make_server

from gifting import codes, delivery
from gifting.links import gift_token
from gifting.models import Gift
from storefront.adapters.file_mailer import FileMailer
from storefront.app import build_app
from storefront.demo.mailbox import create_mailbox
from storefront.services import merchants
from storefront.web import forms
from tests.browser.looking import check
from tests.engines import Databases
from tests.factories import world_on
from tests.fakes import make_bench
from tests.gifting.factories import a_gift
from tests.gifting.letters import change_gift, with_letters
from tests.races.servers import free_port

PHONE = ViewportSize(width=375, height=667)
NARROW = ViewportSize(width=320, height=640)
DESK = ViewportSize(width=1280, height=800)
PILE_UP = """(words, [above, below]) => {
  const pile = (text) => text.replace(/[a-z]/gi, (letter) => letter + above + below);
  const walker = document.createTreeWalker(words, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) walker.currentNode.data = pile(walker.currentNode.data);
}"""
LOADED = "all => Promise.all(all.map(each => each.decode().then(() => each.naturalWidth)))"


@dataclass(frozen=True)
class Given:
    """A gift in a running shop: its page, its code, and the folder in which its mail lies."""

    url: str
    code: str
    mail: Path


@contextmanager
def served(app: Flask, port: int = 0) -> Iterator[str]:
    """Serve an application on loopback; give its address."""
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def given(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Given]:
    """Give a gift that was sent, in a shop with three stores."""
    folder, port = tmp_path_factory.mktemp("gift-page"), free_port()
    with databases.fresh("sqlite") as database_url:
        base_url = f"http://localhost:{port}"
        bench = with_letters(make_bench(folder, database_url, datetime.now(UTC), base_url=base_url))
        world = world_on(bench)
        with bench.database.begin() as session:
            for position, name in enumerate(("Harbour Walk", "Old Market"), start=1):
                merchants.add_store(
                    session,
                    world.merchant.id,
                    name=name,
                    address=f"{position} Quay Street",
                    hours="Mon-Sat 10-20",
                    position=position,
                )
        gift = a_gift(bench, world, face_minor=2500)
        words = "Happy birthday, dear Jonas!\nTake the biggest cone they have."
        change_gift(bench, gift.gift_id, sender="Marta", recipient="Jonas", words=words)
        delivery.deliver_gift(bench.ports, gift.gift_id)
        FileMailer(folder / "mail", bench.clock).send(bench.mailbox.sent[-1])
        with bench.database.reads() as session:
            token = gift_token(bench.ports.sign, session.get_one(Gift, gift.gift_id))
        with served(build_app(bench.ports), port):
            yield Given(f"{base_url}/g/{token}", gift.code, folder / "mail")
        bench.database.dispose()


def open_gift(page: Page, given: Given) -> None:
    page.goto(given.url)
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".code")).to_have_text(codes.grouped(given.code))


def scan(page: Page) -> list[str]:
    """Read every QR code that can be seen, as a scanner does."""
    shot = page.locator(".qr").screenshot()
    return [found.text for found in zxingcpp.read_barcodes(Image.open(io.BytesIO(shot)))]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, NARROW, DESK], ids=["phone", "narrow", "desk"])
def test_a_gift_is_opened_read_and_scanned(
    browser: Browser, given: Given, size: ViewportSize, scheme: str
) -> None:
    page = browser.new_page(
        viewport=size, color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce"
    )
    page.goto(given.url)
    check(page)
    open_gift(page, given)

    assert scan(page) == [given.url]
    check(page)
    page.close()


def test_words_with_piled_marks_stay_in_their_box(browser: Browser, given: Given) -> None:
    """Bad input 32: as many marks as we keep, above each letter and below; nothing else changes."""
    page = browser.new_page(viewport=PHONE, reduced_motion="reduce")
    page.goto(given.url)
    box = page.locator(".words").bounding_box()
    plain = without(page, box)
    page.locator(".words").evaluate(
        PILE_UP, ["\u0300" * forms.MOST_MARKS, "\u0316" * forms.MOST_MARKS]
    )

    assert "\u0300" in page.locator(".words").inner_text()
    assert page.locator(".words").bounding_box() == box
    assert without(page, box) == plain
    page.close()


def without(page: Page, box: FloatRect | None) -> bytes:
    """Return the pixels of a page but for those of one box."""
    assert box is not None
    shot = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
    left, top = int(box["x"]), int(box["y"])
    size = (int(box["width"]) + 2, int(box["height"]) + 2)
    shot.paste(Image.new("RGB", size), (left, top))
    return shot.tobytes()


def test_without_a_network_the_open_page_still_serves(browser: Browser, given: Given) -> None:
    context = browser.new_context(viewport=PHONE)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    open_gift(page, given)
    context.set_offline(offline=True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="Copy the code").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()

    assert page.evaluate("navigator.clipboard.readText()") == given.code
    assert scan(page) == [given.url]
    assert asked == []
    context.close()


def test_the_saved_file_is_the_gift_without_any_network(
    browser: Browser, given: Given, tmp_path: Path
) -> None:
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    open_gift(page, given)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save it as a file").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    context.set_offline(offline=True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())

    expect(page.locator(".code")).to_have_text(codes.grouped(given.code))
    assert scan(page) == [given.url]
    assert asked == [file.as_uri()]
    assert page.locator(".sheet").evaluate("each => getComputedStyle(each).borderRadius") != "0px"
    context.close()


def test_a_gift_is_printed_on_one_page(browser: Browser, given: Given) -> None:
    page = browser.new_page(viewport=DESK)
    open_gift(page, given)
    paper = page.pdf(format="A4", print_background=True)
    page.emulate_media(media="print")

    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    assert scan(page) == [given.url]
    expect(page.get_by_role("button", name="Say thank you")).to_be_hidden()
    page.close()


def test_without_a_script_a_gift_is_opened_and_thanked_for(browser: Browser, given: Given) -> None:
    page = browser.new_page(viewport=DESK, java_script_enabled=False)
    open_gift(page, given)
    expect(page.get_by_role("button", name="Copy the code")).to_be_hidden()
    page.get_by_label("A few words").fill("The best cone of my life!")
    page.get_by_role("button", name="Say thank you").click()

    expect(page.get_by_role("heading", name="Marta knows that you are happy")).to_be_visible()
    page.close()


def test_the_mail_is_shown_with_its_pictures_and_leads_to_the_gift(
    browser: Browser, given: Given
) -> None:
    with served(create_mailbox(given.mail)) as url:
        page = browser.new_page(viewport=PHONE)
        page.goto(url)
        page.get_by_role("link", name="Marta has sent you a gift").click()
        mail = page.frame_locator("iframe")
        sizes = mail.locator("img").evaluate_all(LOADED)
        with page.expect_popup() as popup:
            mail.get_by_role("link", name="See your gift").click()

        assert len(sizes) == 2
        assert all(sizes)
        expect(popup.value).to_have_url(given.url)
        expect(page.locator(".text")).to_contain_text(codes.grouped(given.code))
        popup.value.close()
        page.close()

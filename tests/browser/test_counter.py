"""The counter as clerks use it: on a telephone and at a desk, with the camera, with a scanner that
types, with the network cut at the worst moment, and without script."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Route, expect
from sqlalchemy import select
from werkzeug.serving import make_server

from gifting import codes, devices, links
from gifting.models import Gift, GiftCard
from storefront.app import build_app
from storefront.errors import Invalid
from tests import chromium
from tests.browser.looking import faults, settle
from tests.engines import Databases
from tests.factories import World, world_on
from tests.fakes import Bench, make_bench
from tests.gifting.counter.factories import PIN, a_clerk, link_of, owner_of
from tests.gifting.counter.test_scanning import picture
from tests.gifting.factories import Given, a_gift

SMALLEST_TARGET = 44
SMALL_TARGETS = """(smallest) => [...document.querySelectorAll('main button, main a, .bar button, '
  + '.bar a, main input:not([type=hidden]), main summary')].filter(each => each.checkVisibility())
  .map(each => [each.getBoundingClientRect(), each.outerHTML.slice(0, 60)])
  .filter(([box]) => box.height < smallest && box.width > 0)
  .map(([box, html]) => `${box.height} ${html}`)"""


@dataclass
class Shop:
    """A shop that is served to browsers, and the cards of its guests."""

    bench: Bench
    world: World
    url: str

    def enrolment(self) -> str:
        """Prepare a place for a device and return the address that enrols it."""
        with self.bench.database.begin() as session:
            device = devices.invite(
                session,
                owner_of(self.bench, self.world),
                name="Till 1",
                store=self.world.store.public_id,
                now=self.bench.clock.now(),
            )
        return f"{self.url}/counter/enrolment/{link_of(self.bench, self.world, device)}"

    def gift(self, **facts: Any) -> Given:
        """Sell a gift."""
        return a_gift(self.bench, self.world, **facts)

    def link(self, given: Given) -> str:
        """Return what a gift's QR code holds."""
        with self.bench.database.reads() as session:
            gift = session.get_one(Gift, given.gift_id)
            return links.gift_url(self.bench.ports.settings, self.bench.ports.sign, gift)

    def balance(self, given: Given) -> int:
        """Return what is left on a card."""
        with self.bench.database.reads() as session:
            return session.scalars(
                select(GiftCard.balance_minor).where(GiftCard.id == given.card_id)
            ).one()


@pytest.fixture(scope="module")
def shop(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Serve a shop of its own, with a clerk who has a PIN."""
    with databases.fresh("sqlite") as database_url:
        folder = tmp_path_factory.mktemp("counter")
        server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
        url = f"http://localhost:{server.port}"
        bench = make_bench(folder, database_url, datetime.now(UTC), base_url=url)
        world = world_on(bench, stock=None)
        a_clerk(bench, world)
        server.app = build_app(bench.ports)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Shop(bench, world, url)
        finally:
            server.shutdown()
            thread.join(10)
            server.server_close()
            bench.database.dispose()


@pytest.fixture
def clerk(browser: Browser, shop: Shop) -> Iterator[Page]:
    """Give a telephone on which a clerk is at work."""
    context = browser.new_context(
        viewport={"width": 375, "height": 667}, reduced_motion="reduce", locale="en-US"
    )
    yield begin(context, shop)
    context.close()


def begin(context: BrowserContext, shop: Shop) -> Page:
    """Enrol a device and begin to work on it."""
    page = context.new_page()
    page.goto(shop.enrolment())
    page.get_by_role("button", name="Yes, enrol this device").click()
    page.get_by_label("PIN").fill(PIN)
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", name="Redeem a gift")).to_be_visible()
    return page


def look_up(page: Page, shop: Shop, typed: str) -> None:
    """Type a code as a hand scanner does: the symbols, then Enter."""
    page.goto(f"{shop.url}/counter")
    page.get_by_label("Code of the gift").fill(typed)
    page.keyboard.press("Enter")


def take(page: Page, amount: str) -> None:
    """Take a part of the card that lies there."""
    page.get_by_label("How much of it").fill(amount)
    page.get_by_role("button", name="Take it from the card").click()


def answer(page: Page, role: Any, title: str) -> None:
    """Expect the one loud answer: read out, with its mark and its words."""
    said = page.get_by_role(role).filter(has=page.get_by_role("heading", name=title))
    expect(said).to_be_visible()
    expect(said.locator(".answer__mark svg")).to_be_visible()


def test_a_clerk_types_a_code_sees_the_card_and_takes_a_part(clerk: Page, shop: Shop) -> None:
    given = shop.gift()
    look_up(clerk, shop, codes.grouped(given.code).lower())
    expect(clerk.get_by_role("heading", name="$20.00")).to_be_visible()
    expect(clerk.get_by_text("Lin", exact=True)).to_be_visible()
    before = shop.balance(given)
    take(clerk, "7.50")
    answer(clerk, "status", "Taken: $7.50")

    assert (2000, 1250) == (before, shop.balance(given))


def test_a_hand_scanner_is_heard_wherever_the_last_tap_was(clerk: Page, shop: Shop) -> None:
    given = shop.gift()
    clerk.goto(f"{shop.url}/counter")
    clerk.get_by_role("heading", name="Redeem a gift").click()
    clerk.evaluate("() => document.activeElement.blur()")
    clerk.keyboard.type(given.code)
    clerk.keyboard.press("Enter")

    expect(clerk.get_by_role("heading", name="$20.00")).to_be_visible()


def test_used_and_wrong_cards_are_told_apart_in_more_than_colour(clerk: Page, shop: Shop) -> None:
    given = shop.gift()
    look_up(clerk, shop, given.code)
    clerk.get_by_role("button", name="Take it from the card").click()
    answer(clerk, "status", "Taken: $20.00")
    look_up(clerk, shop, given.code)
    answer(clerk, "alert", "Refused")
    expect(clerk.get_by_role("alert").filter(has_text="by Cleo")).to_be_visible()
    look_up(clerk, shop, given.code[:-1])
    answer(clerk, "alert", "Look again")


def swapped(code: str) -> str:
    """Return a code with two neighbours that are not alike the wrong way round."""
    place = next(place for place, symbol in enumerate(code) if symbol != code[place + 1])
    return f"{code[:place]}{code[place + 1]}{code[place]}{code[place + 2 :]}"


def test_a_mistyped_code_is_said_in_the_page_before_an_attempt_is_spent(
    clerk: Page, shop: Shop
) -> None:
    given = shop.gift()
    asked: list[str] = []
    clerk.on("request", lambda request: asked.append(request.method))
    clerk.goto(f"{shop.url}/counter")
    field = clerk.get_by_label("Code of the gift")
    for wrong in (given.code[:-1], swapped(given.code)):
        field.fill(wrong)
        clerk.keyboard.press("Enter")
        answer(clerk, "alert", "Look again")
    field.fill(f"{given.code[:5]}O{given.code[6:]}")
    clerk.keyboard.press("Enter")
    expect(clerk.get_by_role("alert").filter(has_text="in place 6")).to_be_visible()

    assert "POST" not in asked


def _verdict(typed: str) -> int | None:
    """Return what Python's own check says, in the form of its twin."""
    try:
        codes.normalise(typed)
    except Invalid as refused:
        return int(refused.data.get("place", 0)) if refused.code == "code_mistyped" else None
    return None


def test_the_check_in_the_page_and_in_python_agree(clerk: Page, shop: Shop) -> None:
    code = codes.new_code()
    samples = [
        code, code.lower(), codes.grouped(code), f" {code}\r\n", "-".join(code),
        "".join(chr(ord(each) + 0xFEE0) for each in code), f"{code[:8]}\u2212{code[8:]}\u00ad",
        "", "x", "O", code + "2", "https://shop.test/g/abc", "www.example.com", "\U0001f381" * 17,
        *(code[:at] + symbol + code[at + 1 :] for at in range(17) for symbol in "2ZO1"),
        *(code[:at] + code[at + 1] + code[at] + code[at + 2 :] for at in range(16)),
    ]  # fmt: skip
    path = clerk.context.request.get(f"{shop.url}/counter").text()
    script = re.findall(r'src="([^"]+/js/counter-[^"]+)"', path)[0]
    source = clerk.context.request.get(f"{shop.url}{script}").text()
    body = source[source.index("const mistyped =") :]
    twin = body[: body.index("})();") + 5]

    given = clerk.evaluate(
        f"(samples) => {{ {twin} return samples.map((each) => mistyped(each) ?? null); }}", samples
    )

    assert [_verdict(each) for each in samples] == given


def _cut_after_the_server_has_answered(page: Page, path: str) -> Callable[[], None]:
    """Lose every answer to a form: the server does its work, the browser hears nothing."""

    def cut(route: Route) -> None:
        if route.request.method == "POST":
            route.fetch(max_redirects=0)
            route.abort()
        else:
            route.continue_()

    page.route(path, cut)
    return lambda: page.unroute(path)


def test_an_answer_that_is_lost_is_asked_for_again_and_nothing_is_taken_twice(
    clerk: Page, shop: Shop
) -> None:
    given = shop.gift()
    look_up(clerk, shop, given.code)
    mend = _cut_after_the_server_has_answered(clerk, "**/counter/redemptions")
    take(clerk, "7.50")
    answer(clerk, "alert", "No answer came")
    after_the_cut = shop.balance(given)
    mend()
    clerk.get_by_role("button", name="Take it from the card").click()
    answer(clerk, "status", "Taken: $7.50")
    expect(clerk.get_by_text("Nothing was taken twice.")).to_be_visible()

    assert (1250, 1250) == (after_the_cut, shop.balance(given))


def test_a_reload_after_a_lost_answer_shows_what_was_taken(clerk: Page, shop: Shop) -> None:
    given = shop.gift()
    look_up(clerk, shop, given.code)
    mend = _cut_after_the_server_has_answered(clerk, "**/counter/redemptions")
    take(clerk, "7.50")
    answer(clerk, "alert", "No answer came")
    mend()
    clerk.reload()
    expect(clerk.get_by_text("Nothing was taken twice.")).to_be_visible()

    assert 1250 == shop.balance(given)


def test_the_back_button_takes_nothing(clerk: Page, shop: Shop) -> None:
    given = shop.gift()
    look_up(clerk, shop, given.code)
    take(clerk, "7.50")
    answer(clerk, "status", "Taken: $7.50")
    clerk.go_back()
    expect(clerk.get_by_text("Nothing was taken twice.")).to_be_visible()

    assert 1250 == shop.balance(given)


def test_without_network_it_says_that_nothing_can_be_taken(clerk: Page, shop: Shop) -> None:
    given = shop.gift()
    look_up(clerk, shop, given.code)
    expect(clerk.get_by_role("heading", name="$20.00")).to_be_visible()
    clerk.context.set_offline(True)
    expect(clerk.get_by_text("Nothing can be taken until it is back")).to_be_visible()
    clerk.get_by_role("button", name="Take it from the card").click()
    answer(clerk, "alert", "No network")
    clerk.context.set_offline(False)
    expect(clerk.get_by_text("Nothing can be taken until it is back")).to_be_hidden()

    assert 2000 == shop.balance(given)


def test_a_typed_code_is_redeemed_and_undone_without_script(browser: Browser, shop: Shop) -> None:
    context = browser.new_context(
        viewport={"width": 375, "height": 667}, java_script_enabled=False, locale="en-US"
    )
    given = shop.gift()
    page = begin(context, shop)
    scanner = page.get_by_role("button", name="Scan with the camera").is_visible()
    look_up(page, shop, given.code)
    page.get_by_label("A part of it").check()
    take(page, "7.50")
    answer(page, "status", "Taken: $7.50")
    taken = shop.balance(given)
    page.go_back()
    expect(page.get_by_text("Nothing was taken twice.")).to_be_visible()
    page.get_by_role("button", name="Undo: put $7.50 back").click()
    answer(page, "alert", "Undone")
    context.close()

    assert (False, 1250, 2000) == (scanner, taken, shop.balance(given))


def _film(path: Path, text: str) -> Path:
    """Write a second of film in which somebody holds a QR code before the camera."""
    frame = picture(text, turned=12).crop((0, 0, 640, 480)).resize((640, 480))
    whole = picture(text, turned=12).resize((480, 480))
    frame.paste(120, (0, 0, 640, 480))
    frame.paste(whole, (80, 0))
    colour = bytes([128]) * (640 * 480 // 2)
    with path.open("wb") as film:
        film.write(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420\n")
        for _ in range(10):
            film.write(b"FRAME\n" + frame.tobytes() + colour)
    return path


@contextmanager
def _filming(playwright: Playwright, film: Path) -> Iterator[Browser]:
    """Open a browser whose camera shows a film."""
    browser = playwright.chromium.launch(
        executable_path=chromium.find(),
        args=[
            *chromium.ARGUMENTS,
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={film}",
        ],
    )
    try:
        yield browser
    finally:
        browser.close()


def test_the_camera_reads_the_code_of_a_gift(
    playwright: Playwright,
    shop: Shop,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    given = shop.gift()
    film = _film(tmp_path / "gift.y4m", shop.link(given))
    with _filming(playwright, film) as browser:
        page = begin(browser.new_context(viewport={"width": 375, "height": 667}), shop)
        page.get_by_role("button", name="Scan with the camera").click()
        page.wait_for_function("() => document.querySelector('video')?.currentTime > 0")
        start = time.perf_counter()
        expect(page.get_by_role("heading", name="$20.00")).to_be_visible()
        seconds = time.perf_counter() - start
        take(page, "7.50")
        answer(page, "status", "Taken: $7.50")

    record_property("figure", f"{seconds:.2f} s from the camera's first frame to the card")
    assert 1250 == shop.balance(given)


def test_a_foreign_code_before_the_camera_is_refused_once(
    playwright: Playwright, shop: Shop, tmp_path: Path
) -> None:
    film = _film(tmp_path / "foreign.y4m", "https://elsewhere.example/g/" + "a" * 48)
    sent: list[str] = []
    with _filming(playwright, film) as browser:
        page = begin(browser.new_context(viewport={"width": 375, "height": 667}), shop)
        page.on("request", lambda request: sent.append(request.url))
        page.get_by_role("button", name="Scan with the camera").click()
        answer(page, "alert", "Look again")
        looked = len([url for url in sent if url.endswith("/frames")])
        page.wait_for_function(
            "(least) => performance.getEntriesByType('resource')"
            ".filter(({ name }) => name.endsWith('/frames')).length >= least",
            arg=looked + 5,
        )

    assert 1 == len([url for url in sent if url.endswith("/counter/cards")])


def _faults(page: Page, name: str) -> list[str]:
    """Name what is wrong with a page, and what is too small for a thumb."""
    settle(page)
    small = page.evaluate(SMALL_TARGETS, SMALLEST_TARGET)
    return faults(page, name) + [f"{name}: {target}" for target in small]


def test_every_page_of_the_counter_can_be_used_by_everybody(browser: Browser, shop: Shop) -> None:
    context = browser.new_context(reduced_motion="reduce", locale="en-US")
    page = context.new_page()
    page.goto(f"{shop.url}/counter")
    found = _faults(page, "stranger")
    page.goto(shop.enrolment())
    found += _faults(page, "enrolment")
    page.get_by_role("button", name="Yes, enrol this device").click()
    page.get_by_label("PIN").fill("111222")
    page.get_by_role("button", name="Begin").click()
    found += _faults(page, "wrong PIN")
    page.get_by_label("PIN").fill(PIN)
    page.get_by_role("button", name="Begin").click()
    found += _faults(page, "start")
    given = shop.gift()
    look_up(page, shop, "ABCD")
    found += _faults(page, "look again")
    look_up(page, shop, given.code)
    expect(page.get_by_role("heading", name="$20.00")).to_be_visible()
    expect(page.locator("main")).to_be_focused()
    found += _faults(page, "card")
    page.get_by_role("button", name="Take it from the card").click()
    answer(page, "status", "Taken: $20.00")
    found += _faults(page, "taken")
    look_up(page, shop, given.code)
    answer(page, "alert", "Refused")
    found += _faults(page, "refused")
    page.goto(f"{shop.url}/counter/day?counted=3")
    found += _faults(page, "day")
    context.close()

    assert [] == found

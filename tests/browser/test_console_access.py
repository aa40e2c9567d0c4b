"""The console for everybody: nothing serious found by axe, and room on a phone. Signing in is
walked as a person would; then every page is looked at, as a phone by day and a desktop by night."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Demo
from tests.browser.console_pages import PAGES, STATES
from tests.browser.looking import check, faults, serious, sideways
from tests.demo.test_examples import eventually, run_examples

SIZES = {"phone": (375, "light"), "desktop": (1280, "dark")}
SMALLEST = 320
PARTS = 4
LANGUAGES = {True: ("en", "zh-Hant"), False: ("zh-Hans", "en")}
"""By turns, so that each page is seen in English and in Chinese, on one of the two."""

REFUSED = "the server responded with a status of"
"""What the browser says of a page that is refused, as such a page has to be."""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Give a person's browser that moves nothing about."""
    context = browser.new_context(
        viewport={"width": 375, "height": 667}, reduced_motion="reduce", locale="en-US"
    )
    yield context.new_page()
    context.close()


def credentials(demo: Demo, role: str) -> dict[str, str]:
    """Return address and password of the first merchant's member with this role."""
    told = demo.told["merchants"][0]["members"]
    person = next(each for each in told if each["role"] == role)
    return {"email": person["email"], "password": person["password"]}


def sign_in(page: Page, demo: Demo, role: str) -> dict[str, str]:
    """Give address and password of the first merchant's member with this role."""
    person = credentials(demo, role)
    page.goto(f"{demo.shop}/console/sign-in")
    page.get_by_label("E-mail address").fill(person["email"])
    page.get_by_label("Password").fill(person["password"])
    page.get_by_role("button", name="Sign in").click()
    return person


def test_signing_in_can_be_used_by_everybody(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.shop}/console/sign-in")
    found = faults(page, "sign-in")
    page.get_by_role("link", name="Forgotten your password?").click()
    found += faults(page, "password reset")
    person = sign_in(page, demo, "manager")
    page.goto(f"{demo.shop}/console/account")
    found += faults(page, "account")
    secret = _begin_second_step(page, person["password"])
    found += faults(page, "second factor")
    page.get_by_role("textbox", name="Code").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Turn the second step on").click()
    recovery = page.locator(".account__codes code").first.inner_text()
    found += faults(page, "recovery codes")
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, demo, "manager")
    found += faults(page, "code")
    page.get_by_role("textbox", name="Code").fill(recovery)
    page.get_by_role("button", name="Go on").click()
    page.goto(f"{demo.shop}/console/account")
    page.locator("#second-old").fill(person["password"])
    page.get_by_role("button", name="Turn it off").click()
    expect(page.get_by_text("The second step is off.")).to_be_visible()

    assert [] == found


def _begin_second_step(page: Page, password: str) -> str:
    page.locator("#second-old").fill(password)
    page.get_by_role("button", name="Set it up").click()
    return page.locator(".account__secret").inner_text()


def test_the_demos_own_pages_can_be_used_by_everybody(page: Page, demo: Demo) -> None:
    for address in (
        f"{demo.shop}/demo/counter/",
        f"{demo.host}/demo/mailbox/",
        f"{demo.host}/demo/levers/",
    ):
        page.goto(address)
        check(page)


@pytest.fixture(scope="module")
def things(demo: Demo) -> dict[str, str]:
    """Give something of each kind that has a page: a disputed order, a gift that was used, what
    the demo is made of, and what a member has to make first."""
    told = json.dumps(demo.told).replace('"pm_card_visa"', '"pm_card_createDispute"')
    sold = run_examples(json.loads(told))
    merchant = demo.told["merchants"][0]
    with httpx.Client(
        base_url=f"{demo.shop}/console/", headers={"Origin": demo.shop}, timeout=20
    ) as console:
        assert console.post("sign-in", data=credentials(demo, "owner")).is_redirect
        return {
            "order": sold["order"]["public_id"],
            "gift": _named(console.get("gifts").text, "gifts/(gft_[0-9a-z]{16})"),
            "rate": _named(console.get("delivery").text, "rates/(shp_[0-9a-z]{16})"),
            "tax": _named(console.get("delivery").text, "taxes/(tax_[0-9a-z]{16})"),
            "placement": merchant["placements"][0]["public_id"],
            "offer": merchant["offers"][0]["public_id"],
            "product": merchant["products"][0]["public_id"],
            "variant": merchant["products"][0]["variants"][0]["public_id"],
            "device": _made(console, "counter/devices", name="Tablet", store=_store(demo)),
            "draft": _made(
                console, "offers", name="Monday", kind="automatic", benefit="percent", rate="5",
                scope="order", returns_use="1",
            ),
            "import": _brought_in(console),
        }  # fmt: skip


def _store(demo: Demo) -> str:
    return str(demo.told["merchants"][0]["stores"][0]["public_id"])


def _named(page: str, pattern: str) -> str:
    found = re.search(pattern, page)
    assert found, pattern
    return found[1]


def _made(console: httpx.Client, path: str, **form: str) -> str:
    """Send a form, and return the name of what it made."""
    answer = console.post(path, data=form)
    assert answer.status_code == 303, answer.text
    return _named(answer.headers["Location"], "([a-z]{3}_[0-9a-z]{16})")


def _brought_in(console: httpx.Client) -> str:
    """Bring a file in of which a row is wrong, and wait until its page stands still."""
    table = "Handle,Title,Variant SKU,Variant Price\npear,Pear,PEAR,3.50\nplum,Plum,PLUM,3.505\n"
    answer = console.post("products/imports", files={"file": ("fruit.csv", table)})
    name = _named(answer.headers["Location"], "(imp_[0-9a-z]{16})")
    assert eventually(lambda: "Refresh" not in console.get(f"products/imports/{name}").headers)
    return name


@dataclass(frozen=True)
class Window:
    """A window of one size in which the owner is signed in, and what went wrong in it so far."""

    page: Page
    errors: list[str]


@pytest.fixture(scope="module", params=SIZES)
def window(request: pytest.FixtureRequest, browser: Browser, demo: Demo) -> Iterator[Window]:
    """Sign in once for each size."""
    width, scheme = SIZES[request.param]
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
        locale="en-US",
    )
    window = Window(context.new_page(), [])
    page, errors = window.page, window.errors
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    sign_in(page, demo, "owner")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    yield window
    context.close()


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_can_be_used_by_everybody(
    window: Window, demo: Demo, things: dict[str, str], part: int
) -> None:
    """A part of the pages at a time, so that none of these takes as long as a whole walk."""
    found = []
    is_phone = window.page.viewport_size == {"width": SIZES["phone"][0], "height": 800}
    for number, path in enumerate((*PAGES.values(), *STATES)[part::PARTS]):
        language = LANGUAGES[is_phone][number % 2]
        address = f"{path.format(**things)}{'&' if '?' in path else '?'}lang={language}"
        window.errors.clear()
        answer = window.page.goto(f"{demo.shop}/console/{address}")
        assert answer
        is_refused = answer.status >= httpx.codes.BAD_REQUEST
        wrong = _wrong(window.page)
        wrong += [each for each in window.errors if not (is_refused and REFUSED in each)]
        found += [f"{address}: {fault}" for fault in wrong]

    assert [] == found


def test_a_new_token_can_be_kept_by_everybody(window: Window, demo: Demo) -> None:
    """The one page of the console that no address leads to."""
    page = window.page
    page.goto(f"{demo.shop}/console/tokens")
    page.get_by_label("What is it for?").fill("Till 9")
    page.get_by_role("button", name="Make this token").click()
    expect(page.get_by_role("heading", name="Keep this token")).to_be_visible()
    expect(page.get_by_role("textbox", name="Till 9")).to_have_value(re.compile("^sft_"))

    assert [] == _wrong(page)


def _wrong(page: Page) -> list[str]:
    """Name what is wrong with the page as it is shown, and a phone's where it is narrowest."""
    shown = page.viewport_size
    assert shown
    found = [*sideways(page), *serious(page)]
    headings = page.locator("h1").count()
    found += [f"{headings} first headings"] if headings != 1 else []
    found += [] if page.title().strip() else ["no title"]
    if shown["width"] == SIZES["phone"][0]:
        page.set_viewport_size({"width": SMALLEST, "height": shown["height"]})
        found += [f"{SMALLEST}: {fault}" for fault in sideways(page)]
        page.set_viewport_size(shown)
    return found

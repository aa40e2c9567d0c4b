"""The windows in which the demo is visited."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.running_demo import Demo

PHONE = {"width": 375, "height": 667}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Give a phone with nothing remembered."""
    page = browser.new_page(viewport=PHONE)
    yield page
    page.close()


@pytest.fixture
def faults(page: Page) -> list[str]:
    """Collect what goes wrong in the page: script errors and refused or failed loads."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda line: found.append(line.text) if line.type == "error" else None)
    return found


@pytest.fixture
def host_page(page: Page, demo: Demo) -> Callable[..., None]:
    """Open a page of a host with this body; `site` is an allowed one unless named."""

    def show(body: str, *, site: str = demo.host) -> None:
        html = f'<!doctype html><html lang="en"><title>A post</title><h1>A post</h1>{body}</html>'
        address = f"{site}/a-post"

        def answer(route: Route) -> None:
            route.fulfill(body=html, content_type="text/html")

        page.route(address, answer)
        page.goto(address)

    return show

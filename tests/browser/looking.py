"""What every look at a page asks: is it there, does it fit, and can everybody use it."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Error, Page

VARIANTS = ((375, "light"), (1280, "light"), (320, "dark"))
SERIOUS = frozenset({"serious", "critical"})
_HAS_AXE = "typeof axe === 'object'"
_VIOLATIONS = "axe.run({resultTypes: ['violations']}).then(told => told.violations)"
_STILL = "() => Promise.allSettled(document.getAnimations().map(each => each.finished))"


def settle(page: Page) -> None:
    """Wait until the page and its frames are loaded and nothing moves any more.

    A click returns when the next page is on its way; what is asked of the document before it
    came is asked of nothing.
    """
    page.wait_for_load_state("load")
    # Colours fade over when the scheme changes, if only for a millisecond.
    page.evaluate(_STILL)
    for frame in page.frames[1:]:
        with suppress(Error):  # A frame that is exchanged meanwhile has nothing to settle.
            frame.wait_for_load_state("load")
            frame.evaluate(_STILL)


def violations(page: Page) -> list[dict[str, Any]]:
    """Return what axe finds wrong, as axe tells it. A page that is looked at again has axe already:
    it is half a megabyte, and all that axe finds right would come back as well."""
    if not page.evaluate(_HAS_AXE):
        page.evaluate(AXE_SCRIPT)
    found: list[dict[str, Any]] = page.evaluate(_VIOLATIONS)
    return found


def serious(page: Page, impacts: Iterable[str] = SERIOUS) -> list[str]:
    """Name what axe finds serious, with the element at fault."""
    settle(page)
    return [
        f"{violation['id']}: {node['html'][:120]}"
        for violation in violations(page)
        if violation["impact"] in impacts
        for node in violation["nodes"]
    ]


def sideways(page: Page) -> list[str]:
    """Tell by how many pixels the page is wider than its window, if it is."""
    settle(page)
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"{wide} px too wide"] if wide > 0 else []


def faults(page: Page, name: str) -> list[str]:
    """Look at the page in every variant and name what is wrong."""
    found = []
    for width, scheme in VARIANTS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        wrong = [*sideways(page), *serious(page)]
        found += [f"{name} {width} {scheme}: {fault}" for fault in wrong]
    return found


def check(page: Page) -> None:
    """Fail where a page as it is shown scrolls sideways, or where somebody could not use it."""
    assert [] == [*sideways(page), *serious(page)], page.url

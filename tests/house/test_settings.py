"""Every setting is in the table of docs/settings.md, and the table has no others."""

import re

from storefront.settings import READERS
from tests.house.source import ROOT

PAGE = ROOT / "docs" / "settings.md"
NAME = re.compile(r"STOREFRONT_[A-Z_]*[A-Z]")


def documented(text: str) -> set[str]:
    """Return the settings that have a row of their own: their name in the first cell."""
    rows = [line for line in text.splitlines() if line.lstrip().startswith("|")]
    return {name for row in rows for name in NAME.findall(row.split("|")[1])}


def test_every_setting_has_a_row_and_every_row_a_setting() -> None:
    assert set(READERS) == documented(PAGE.read_text(encoding="utf-8"))


def test_a_setting_mentioned_in_passing_is_not_documented() -> None:
    text = "Set STOREFRONT_MODE.\n| `STOREFRONT_DEMO` | beside STOREFRONT_MODE |\n"

    assert documented(text) == {"STOREFRONT_DEMO"}

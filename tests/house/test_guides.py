"""What the guide for merchants prints in bold is what they read on a page, to the word."""

import re

from tests.house.source import ROOT

GUIDE = ROOT / "docs" / "guides" / "merchant.md"
BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
SPOKEN = re.compile(r"""\b(?:_|n?gettext)\(\s*(?:"([^"]+)"|'([^']+)')""")


def phrases(text: str) -> list[str]:
    """Return what is in bold; a path through the console is several phrases."""
    bold = [" ".join(each.split()) for each in BOLD.findall(text)]
    return [part.rstrip(".") for each in bold for part in each.split(", ")]


def spoken() -> list[str]:
    """Return every sentence that the pages can say, in small letters."""
    files = [
        *(ROOT / "templates").rglob("*.html"),
        *(ROOT / "storefront").rglob("*.py"),
        *(ROOT / "gifting").rglob("*.py"),
    ]
    found = [SPOKEN.findall(file.read_text(encoding="utf-8")) for file in files]
    return [(double or single).lower() for each in found for double, single in each]


def unknown(text: str, said: list[str]) -> list[str]:
    """Name what is in bold and begins no sentence of any page."""
    return [
        phrase
        for phrase in phrases(text)
        if not any(re.match(re.escape(phrase.lower()) + r"(?!\w)", sentence) for sentence in said)
    ]


def test_the_merchants_guide_speaks_in_the_consoles_words() -> None:
    assert [] == unknown(GUIDE.read_text(encoding="utf-8"), spoken())


def test_a_word_that_no_page_says_is_named() -> None:
    assert ["Buy it"] == unknown("Press **Buy\nit**, or **Put on sale**.", ["put on sale"])

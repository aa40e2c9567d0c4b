"""The languages that the shop speaks: which of them a browser's tag means, and the words of each.

Words are read from the catalogues in `translations/` as people write them: nothing has to be
compiled, so a checkout and a wheel say the same, and no step can be forgotten.
"""

from __future__ import annotations

from functools import cache, lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError, localedata
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from storefront.paths import TRANSLATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LANGUAGES = {"en": "English", "zh_Hans": "简体中文", "zh_Hant": "繁體中文"}
"""Each language, with its own name for itself."""

SOURCE = "en"
"""The language that the code is written in; it needs no catalogue."""


@lru_cache(maxsize=1000)
def language_of(tag: str) -> str | None:
    """Return our language for a browser's tag, or None.

    zh-TW and zh-HK are written in other characters than zh-CN, which only the full locale tells.
    """
    try:
        locale = Locale.negotiate([tag.replace("-", "_")], LANGUAGES) or Locale.parse(
            tag.replace("_", "-"), sep="-"
        )
    except (UnknownLocaleError, ValueError):
        return None
    if locale.language == "zh":
        script = locale.script or ("Hant" if locale.territory in {"TW", "HK", "MO"} else "Hans")
        return "zh_Hant" if script == "Hant" else "zh_Hans"
    return locale.language if locale.language in LANGUAGES else None


def learn_source() -> None:
    """Read what every first page reads: the names of all languages, and how the source's writes
    dates and numbers. Processes that are forked from this one then share it."""
    language_of(SOURCE)
    localedata.load(SOURCE)


def best_language(tags: Iterable[str]) -> str:
    """Return the first of our languages that somebody asks for, else the source's."""
    return next((found for tag in tags if (found := language_of(tag))), SOURCE)


@lru_cache(maxsize=1000)
def words_of(locale: str, folder: Path = TRANSLATIONS) -> NullTranslations:
    """Return the words of a locale's language; a language without a catalogue says the msgids."""
    return _read(folder / best_language([locale]) / "LC_MESSAGES" / "messages.po")


@cache
def _read(file: Path) -> NullTranslations:
    """Read a catalogue, once in each process: it takes about a quarter of a second."""
    if not file.is_file():
        return NullTranslations()
    compiled = BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source, locale=file.parts[-3]))
    compiled.seek(0)
    return Translations(compiled)

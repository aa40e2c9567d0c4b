"""Countries as people choose and read them, in the page's language."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from babel import Locale
from babel.core import get_global
from babel.lists import format_list
from flask import request
from flask_babel import get_locale
from flask_babel import lazy_gettext as _

from storefront.domain.regions import ELSEWHERE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NOWHERE = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}


def country_choices(among: Iterable[str] = ()) -> tuple[tuple[str, str], ...]:
    """Return countries as (code, name), sorted by name: all, or those among the given codes."""
    wanted = set(among)
    found = _countries(str(get_locale() or "en"))
    if not wanted or ELSEWHERE in wanted:
        return tuple(found.items())
    return tuple(pair for pair in found.items() if pair[0] in wanted)


def country_name(code: str) -> str:
    """Return a country's name; "*" is everywhere else, and a code that we do not know is itself."""
    if code == ELSEWHERE:
        return str(_("Everywhere else"))
    return _countries(str(get_locale() or "en")).get(code, code)


def country_list(codes: Iterable[str]) -> str:
    """Return countries as words in a sentence: "Portugal, Spain, and France"."""
    names = sorted(country_name(code) for code in codes)
    return format_list(names, locale=str(get_locale() or "en"))


def is_country(code: str) -> bool:
    """Return whether two letters name a country."""
    return code in _countries("en")


def preferred_country() -> str:
    """Return a country to begin with, from the browser's languages; "" when they name none."""
    for language, _quality in request.accept_languages:
        region = language.replace("_", "-").rpartition("-")[2]
        if len(region) == 2 and region.isupper():  # noqa: PLR2004
            return region
    return ""


def country_of_zone(zone: str) -> str:
    """Return the country in which a time zone's city lies; "" for a zone of no city."""
    found = get_global("zone_territories").get(zone, "")
    return found if is_country(found) else ""


@cache
def _countries(locale: str) -> Mapping[str, str]:
    names: Iterable[tuple[str, str]] = Locale.parse(locale).territories.items()
    # Two letters are countries; digits are continents, and some codes are for no place.
    real = [(code, name) for code, name in names if len(code) == 2 and code.isalpha()]  # noqa: PLR2004
    return dict(sorted((pair for pair in real if pair[0] not in NOWHERE), key=lambda p: p[1]))

"""In which language a page speaks. Its address says so, else what a member chose for the console,
else the browser; what an address says is carried on to the next page, without a cookie."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode

from flask import has_request_context, request, session
from flask_babel import Babel, Domain, get_locale
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from storefront.languages import LANGUAGES, SOURCE, best_language, language_of, words_of

if TYPE_CHECKING:
    from babel.support import NullTranslations
    from flask import Flask

FIELD = "lang"
CHOSEN = "language"
CONSOLE = "/console/"
"""Below it members are known by their session; a shopper's page does not look at one."""

FILES = ("embed.asset", "embed.media", "embed.script")
"""What is the same in every language; an address of its own would only be fetched twice."""


class Choice(NamedTuple):
    """A language to choose: its tag for browsers, its own name, and this page in it."""

    tag: str
    name: str
    url: str
    is_current: bool


class Words(Domain):  # type: ignore[misc] # Flask-Babel ships no types
    """Our catalogues, as Flask-Babel wants to be given them."""

    def get_translations(self) -> NullTranslations:
        """Return the words of the present request's language."""
        return words_of(str(get_locale() or SOURCE))


def init_languages(app: Flask) -> None:
    """Let the pages of `app` speak the reader's language, and offer the others."""
    speak(app)
    app.url_defaults(_carry)
    app.jinja_env.globals.update(language_choices=language_choices, page_language=page_language)


def speak(app: Flask) -> None:
    """Give an application our words, in the language that its readers ask for."""
    babel = Babel(app, locale_selector=asked_language)
    babel.domain_instance = Words()


def named_language() -> str | None:
    """Return the language that the address names, else the one that this member chose, or None."""
    chosen = session.get(CHOSEN, "") if request.path.startswith(CONSOLE) else ""
    return language_of(request.args.get(FIELD, "")) or language_of(chosen)


def remember_language(language: str | None) -> None:
    """Let the console speak this language to whoever is signed in on this device."""
    if language in LANGUAGES:
        session[CHOSEN] = language


def asked_fields() -> dict[str, str]:
    """Return what the address says but for the language, for pages that read a form from it."""
    return {name: value for name, value in request.args.items() if name != FIELD}


def page_language() -> str:
    """Return the language tag of the page, such as en or zh-Hans."""
    return _tag(str(get_locale() or SOURCE))


def asked_language() -> str:
    """Return which language the present request asks for, without making a locale of it."""
    return named_language() or browser_language(request.headers.get("Accept-Language", ""))


@lru_cache(maxsize=1000)
def browser_language(accepted: str) -> str:
    """Return our language for who accepts these."""
    return best_language(tag for tag, _quality in parse_accept_header(accepted, LanguageAccept))


def language_choices(**kept: str) -> list[Choice]:
    """Return all languages, each with the address of this page in it; `kept` goes with them."""
    current = str(get_locale() or SOURCE)
    asked = {**request.args.to_dict(), **{name: value for name, value in kept.items() if value}}
    page = quote(request.script_root + request.path)
    return [
        Choice(
            _tag(each), name, f"{page}?{urlencode({**asked, FIELD: _tag(each)})}", each == current
        )
        for each, name in LANGUAGES.items()
    ]


def _carry(endpoint: str, values: dict[str, Any]) -> None:
    """Let an address that names a language lead to others that name it."""
    if not has_request_context() or endpoint in FILES or _is_remembered():
        return
    if found := language_of(request.args.get(FIELD, "")):
        values.setdefault(FIELD, _tag(found))


def _is_remembered() -> bool:
    return request.path.startswith(CONSOLE) and CHOSEN in session


def _tag(language: str) -> str:
    return language.replace("_", "-")

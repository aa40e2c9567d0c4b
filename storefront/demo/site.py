"""What the demo's sites have in common: how they are built, their headers, and "5 min ago"."""

from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, request
from flask_babel import gettext, ngettext

from storefront.web.languages import page_language, speak

_HOUR = 60
_DAY = 24 * _HOUR


def create_site(name: str, *, policy: str, **configuration: Any) -> Flask:
    """Build an empty site whose every page carries `policy`, unless the page has one of its own."""
    site = Flask(name, root_path=str(Path(__file__).parent), static_folder="static")
    site.config.from_mapping(MAX_CONTENT_LENGTH=64 * 1024, **configuration)
    site.jinja_env.trim_blocks = site.jinja_env.lstrip_blocks = True
    site.jinja_env.filters["ago"] = ago
    speak(site)
    site.jinja_env.globals["page_language"] = page_language
    site.before_request(_refuse_foreign_forms)

    @site.after_request
    def protect(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
        return response

    return site


def _refuse_foreign_forms() -> None:
    is_foreign = request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")
    if request.method == "POST" and is_foreign:
        abort(HTTPStatus.FORBIDDEN)


def ago(minutes: int) -> str:
    """Say how long ago something was, as short as a feed says it."""
    words: str = gettext("now")
    if minutes >= _DAY:
        words = ngettext("%(num)d day", "%(num)d days", minutes // _DAY)
    elif minutes >= _HOUR:
        words = gettext("%(hours)d h", hours=minutes // _HOUR)
    elif minutes >= 1:
        words = gettext("%(minutes)d min", minutes=minutes)
    return words

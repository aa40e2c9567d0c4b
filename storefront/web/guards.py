"""What every request must pass before a view sees it: host, origin, keys, form. No CSRF tokens:
Fetch Metadata and Origin tell where a request comes from, even inside a foreign page."""

from __future__ import annotations

import re
import secrets
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import abort, g, request
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from storefront.errors import Invalid, NotAllowed, NotFound
from storefront.web.bodies import refuse_twice
from storefront.web.context import JSON, JSON_PATHS, ports

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flask import Flask, Request, Response

    from storefront.settings import Settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MACHINES = ("/api/", "/webhooks/", "/refusals/")
"""Paths that answer to a token, a signature or a browser's own report, never to a cookie."""

ANY_BODY = ("/webhooks/", "/refusals/")
"""Where the raw body decides, whatever it calls itself: it is signed, or its reader is wary."""

FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
ANSWERS = ("text/html", JSON, "application/problem+json")
_TO_BE_READ = re.compile(r"[&\0]|%00")
"""What queries are looked into for: another field, and a NUL."""

FILES = frozenset({"embed.script", "embed.asset", "embed.media", "console.export_products"})
"""Endpoints whose files are of any type."""


def init_guards(app: Flask) -> None:
    """Check every request of our private application."""
    app.before_request(_check)
    app.after_request(_vary)


def new_request_id() -> str:
    """Return what a request is called in its answer and in the log."""
    return secrets.token_hex(8)


def passes(environ: Mapping[str, Any], settings: Settings) -> bool:
    """Return whether a request brings nothing that a check below could mind: it reads, takes pages,
    and its query has one field at most. Others may pass too, once they are looked at."""
    known = _hosts(settings.base_url, settings.trusted_hosts)
    host = environ.get("HTTP_HOST")
    return (
        environ["REQUEST_METHOD"] == "GET"
        and not _TO_BE_READ.search(environ.get("QUERY_STRING", ""))
        and host in known
        and environ.get("HTTP_X_FORWARDED_HOST", host) in known
        and _takes_answers(environ.get("HTTP_ACCEPT", ""))
    )


def _check() -> None:
    g.storefront_request_id = new_request_id()
    # Flask's own way past its proxy, which looks for the request again at each word.
    incoming: Request = request._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001
    _check_host(incoming)
    _check_keys(incoming)
    _check_origin(incoming)
    _check_accept(incoming)
    _check_media_type(incoming)


def _check_host(incoming: Request) -> None:
    """Refuse names that are not ours, so that no stranger's name reaches a link or a mail."""
    settings = ports().settings
    known = _hosts(settings.base_url, settings.trusted_hosts)
    forwarded = incoming.headers.get("X-Forwarded-Host", "")
    named = {incoming.host, *(name.strip() for name in forwarded.split(",") if name.strip())}
    if not named <= known:
        raise Invalid("bad_host")


@cache
def _hosts(base_url: str, trusted: Iterable[str]) -> frozenset[str]:
    return frozenset({urlsplit(base_url).netloc, *trusted})


def _check_keys(incoming: Request) -> None:
    """Refuse a key given twice, and the NUL that no text of ours holds and no database takes."""
    if "\0" in incoming.path:
        raise NotFound
    if not incoming.query_string:
        return
    refuse_twice(incoming.args)
    if any("\0" in value for value in incoming.args.values()):
        raise Invalid("bad_request")


def _check_origin(incoming: Request) -> None:
    if incoming.method in SAFE_METHODS or incoming.path.startswith(MACHINES):
        return
    if not is_same_origin(
        site=incoming.headers.get("Sec-Fetch-Site"),
        origin=incoming.headers.get("Origin"),
        own=_own_origins(incoming.host),
        has_cookie="Cookie" in incoming.headers,
    ):
        raise NotAllowed("cross_site_blocked")


def is_same_origin(
    *, site: str | None, origin: str | None, own: frozenset[str], has_cookie: bool
) -> bool:
    """Decide whether a request that changes something comes from our own pages.

    Sec-Fetch-Site decides where a browser sends it; else Origin; with neither, only a caller
    without a cookie is a program and no victim. "Origin: null" is nobody we know.
    """
    if site is not None:
        return site == "same-origin" or (site == "none" and (origin is None or origin in own))
    if origin is not None:
        return origin in own
    return not has_cookie


def _own_origins(host: str) -> frozenset[str]:
    scheme = urlsplit(ports().settings.base_url).scheme
    return frozenset({ports().settings.base_url, f"{scheme}://{host}"})


def _check_accept(incoming: Request) -> None:
    """Refuse who wants neither page nor JSON, before anything is done for them."""
    if not _takes_answers(incoming.headers.get("Accept", "")) and incoming.endpoint not in FILES:
        abort(406)


@lru_cache(maxsize=1000)
def _takes_answers(accept: str) -> bool:
    wanted = parse_accept_header(accept, MIMEAccept)
    return not wanted or any(wanted[kind] for kind in ANSWERS)


def _check_media_type(incoming: Request) -> None:
    """Refuse bodies that are neither JSON nor a form, and packed ones, which may be bombs."""
    if incoming.method in SAFE_METHODS or incoming.path.startswith(ANY_BODY):
        return
    if incoming.headers.get("Content-Encoding", "identity") != "identity":
        abort(415)
    has_body = incoming.content_length or "Transfer-Encoding" in incoming.headers
    is_form = incoming.mimetype in FORMS and not incoming.path.startswith(JSON_PATHS)
    if has_body and not (incoming.is_json or is_form):
        abort(415)


def _vary(response: Response) -> Response:
    if request.method not in SAFE_METHODS:
        response.vary.update(["Sec-Fetch-Site", "Origin", "Cookie"])
    return response

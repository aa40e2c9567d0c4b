"""What every request must pass before a view sees it: host, origin, keys, form. No CSRF tokens:
Fetch Metadata and Origin tell where a request comes from, even inside a foreign page."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import g, request

from storefront.errors import Invalid, NotAllowed
from storefront.web.context import ports

if TYPE_CHECKING:
    from flask import Flask, Response

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MACHINES = ("/api/", "/webhooks/")
"""Paths that answer to a token or a signature, never to a cookie."""


def init_guards(app: Flask) -> None:
    """Check every request of our private application."""
    app.before_request(_name_request)
    app.before_request(_check_host)
    app.before_request(_check_keys)
    app.before_request(_check_origin)
    app.after_request(_vary)


def _name_request() -> None:
    g.storefront_request_id = uuid.uuid4().hex[:16]


def _check_host() -> None:
    """Refuse names that are not ours, so that no stranger's name reaches a link or a mail."""
    settings = ports().settings
    known = {urlsplit(settings.base_url).netloc, *settings.trusted_hosts}
    if request.host not in known:
        raise Invalid("bad_host")


def _check_keys() -> None:
    """Refuse a key given twice: which of the two is meant must not depend on who reads it."""
    for key, values in request.args.lists():
        if len(values) > 1:
            raise Invalid("duplicate_key", field=key[:60], key=key[:60])


def _check_origin() -> None:
    if request.method in SAFE_METHODS or request.path.startswith(MACHINES):
        return
    if not is_same_origin(
        site=request.headers.get("Sec-Fetch-Site"),
        origin=request.headers.get("Origin"),
        own=_own_origins(),
        has_cookie="Cookie" in request.headers,
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


def _own_origins() -> frozenset[str]:
    scheme = urlsplit(ports().settings.base_url).scheme
    return frozenset({ports().settings.base_url, f"{scheme}://{request.host}"})


def _vary(response: Response) -> Response:
    if request.method not in SAFE_METHODS:
        response.vary.update(["Sec-Fetch-Site", "Origin", "Cookie"])
    return response

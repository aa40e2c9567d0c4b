"""What every view may ask for: the ports of its application, and what kind of caller it serves."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, cast

from flask import current_app, g, request
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

if TYPE_CHECKING:
    from storefront.ports import Ports

KEY = "storefront_ports"
JSON = "application/json"
JSON_PATHS = ("/api/", "/webhooks/", "/interactions")


def ports() -> Ports:
    """Return the ports of the application that serves this request."""
    return cast("Ports", current_app.extensions[KEY])


def wants_json() -> bool:
    """Return whether the caller is a program: by its path, its body, or what it accepts."""
    if request.path.startswith(JSON_PATHS) or request.is_json:
        return True
    return prefers_json(request.headers.get("Accept", ""))


@lru_cache(maxsize=1000)
def prefers_json(accept: str) -> bool:
    """Return whether who accepts this would rather have JSON than a page."""
    wanted = parse_accept_header(accept, MIMEAccept)
    return wanted.best_match(["text/html", JSON], default="text/html") == JSON


def note_surface(surface: str) -> None:
    """Remember for an error's page where the present request is shown."""
    g.storefront_surface = surface


def surface() -> str:
    """Return where this request is shown: in a "frame" if that was noted, else as a "page"."""
    return str(g.get("storefront_surface", "page"))


def note_merchant(slug: str) -> None:
    """Remember for the log which merchant the present request is about."""
    g.storefront_merchant = slug


def request_id() -> str:
    """Return this request's id, which error pages and logs both name."""
    return str(g.get("storefront_request_id", ""))

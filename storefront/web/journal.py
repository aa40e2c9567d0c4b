"""One line in the log for each request, and the request's id in the answer. Routes stand in it, not
addresses, so that no token does: `logs.py` relies on it that no word here is a stranger's."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from flask import g, request

from storefront.web.context import request_id

if TYPE_CHECKING:
    from flask import Flask, Response

log = logging.getLogger("storefront.access")
REQUEST_ID = "X-Request-Id"
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
"""A stranger may invent others, at any length."""


def init_journal(app: Flask) -> None:
    """Note every request of our private application, from its first step to its last."""
    app.before_request(_begin)
    app.after_request(_note)


def seconds_taken() -> float:
    """Return how long the present request has taken so far."""
    return time.perf_counter() - float(g.storefront_began)


def route() -> str:
    """Return the rule that the request was answered by; "none" where there was none."""
    return request.url_rule.rule if request.url_rule else "none"


def _begin() -> None:
    g.storefront_began = time.perf_counter()


def _note(response: Response) -> Response:
    response.headers[REQUEST_ID] = request_id()
    write_line(
        method=request.method if request.method in METHODS else "other",
        route=route(),
        status=response.status_code,
        seconds=seconds_taken(),
        request_id=request_id(),
        merchant=g.get("storefront_merchant"),
    )
    return response


def write_line(*, seconds: float, **fields: str | int | None) -> None:
    """Write the line of one request, which took so long until it was answered."""
    log.info("request", extra={**fields, "ms": round(seconds * 1000, 1)})

"""What is asked for most, answered before Flask makes a request of it: that alone costs as much as
opening a shared link does otherwise. A shortcut takes what is plain. Where anything is unusual, or
goes wrong, it says nothing; Flask's way follows, which gives the same answer and knows the rest."""

from __future__ import annotations

import logging
import time
from functools import lru_cache, partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from storefront.values import frozen
from storefront.web.context import KEY
from storefront.web.errors import FORESEEN
from storefront.web.guards import new_request_id, passes
from storefront.web.headers import STRICT, headers_beside
from storefront.web.journal import REQUEST_ID, write_line
from storefront.web.metrics import tally_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from storefront.settings import Settings
    from storefront.web.headers import Policy
    from storefront.web.private import PrivateFlask

    Environ = dict[str, Any]
    Headers = tuple[tuple[str, str], ...]
    Way = Callable[[Flask, Environ, str], "Answer | None"]

log = logging.getLogger("storefront.web")

PAGE = ("Content-Type", "text/html; charset=utf-8")


@frozen
class Answer:
    """What a shortcut answers. `steady` headers are the same again and again, `own` are not; those
    of `policy` come to them. The log names the merchant where there is one."""

    status: int
    body: bytes
    merchant: str | None = None
    steady: Headers = (PAGE,)
    own: Headers = ()
    policy: Policy = STRICT


@frozen
class Shortcut:
    """Answers addresses of one rule of Flask's, whose only variable part it is given, or says
    None."""

    rule: str
    way: Way


def take_shortcut(
    app: PrivateFlask, environ: Environ, start_response: Callable[..., Any]
) -> list[bytes] | None:
    """Answer a request as a WSGI application does, counted and logged as all are; None where it is
    to go Flask's way."""
    began = time.perf_counter()
    family, _, part = environ["PATH_INFO"][1:].partition("/")
    shortcut = app.shortcuts.get(family)
    if shortcut is None or not _is_name(part):
        return None
    settings: Settings = app.extensions[KEY].settings
    if not passes(environ, settings):
        return None
    answer = _tried(partial(shortcut.way, app, environ, part))
    if answer is None:
        return None
    request_id = new_request_id()
    seconds = time.perf_counter() - began
    tally_of(app).count("GET", shortcut.rule, answer.status, seconds=seconds)
    write_line(
        method="GET",
        route=shortcut.rule,
        status=answer.status,
        seconds=seconds,
        request_id=request_id,
        merchant=answer.merchant,
    )
    start_response(
        _status_line(answer.status),
        [
            *answer.own,
            *_steady(answer.steady, answer.policy, is_https=settings.is_https),
            ("Content-Length", str(len(answer.body))),
            (REQUEST_ID, request_id),
        ],
    )
    return [answer.body]


def _is_name(part: str) -> bool:
    """Return whether this may be a name of ours: others are Flask's to take apart."""
    return part.isascii() and part.replace("_", "").isalnum()


def _tried(way: Callable[[], Answer | None]) -> Answer | None:
    try:
        return way()
    except FORESEEN:
        return None  # Flask's way will meet it too, and answer it
    except Exception:
        log.exception("a shortcut failed")
        return None


@lru_cache(maxsize=1000)
def _steady(headers: Headers, policy: Policy, *, is_https: bool) -> Headers:
    present = frozenset(name.lower() for name, _ in headers)
    return (*headers, *headers_beside(present, policy, is_https=is_https))


@lru_cache(maxsize=100)
def _status_line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase.upper()}"

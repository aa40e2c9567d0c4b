"""The gate before the application: spoils answers as the switchboard will have it."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from storefront.sandbox.errors import StripeError
from storefront.sandbox.ids import random_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from storefront.sandbox.faults import ApiFault
    from storefront.sandbox.switchboard import Switchboard

    Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]

_STRIPE = "/v1/"


class Gate:
    """A WSGI application around the sandbox's own. Only Stripe's addresses are ever spoiled."""

    def __init__(self, inner: Wsgi, switchboard: Switchboard) -> None:
        self._inner = inner
        self._switchboard = switchboard

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request, or do not."""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        is_stripe = path.startswith(_STRIPE) and method != "OPTIONS"
        fault = self._switchboard.draw(method, path) if is_stripe else None
        if fault is None:
            return self._inner(environ, start_response)
        answer: Wsgi = self._inner
        if fault.after_work:
            answer = Response.from_app(self._inner, environ, buffered=True)
        if fault.kind in ("slow", "hang"):
            self._switchboard.wait(fault.seconds)
        if fault.kind == "hang":
            raise _hung_up(environ)
        if fault.kind != "slow":
            answer = _spoiled(fault)
        return answer(environ, start_response)


def _hung_up(environ: dict[str, Any]) -> ConnectionError:
    """Close the line without a word, and return what makes the server drop the request."""
    line = environ.get("werkzeug.socket")
    if line is not None:
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
    return ConnectionAbortedError("a fault that was switched on")


def _spoiled(fault: ApiFault) -> Response:
    limited = fault.kind == "limit"
    error = StripeError(
        fault.status,
        "invalid_request_error" if limited else "api_error",
        "Too many requests: a fault that was switched on in the sandbox."
        if limited
        else "An error occurred: a fault that was switched on in the sandbox.",
        code="rate_limit" if limited else None,
    )
    response = Response(json.dumps(error.body), fault.status, mimetype="application/json")
    response.headers["Request-Id"] = f"req_{random_text(14)}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    if limited:
        response.headers["Retry-After"] = f"{fault.seconds:g}"
    return response

"""The API for merchants' own servers: /api/v1, bearer tokens, OpenAPI at /api/v1/openapi.json.

Its addresses stand here. What answers them is loaded at the first call: marshmallow and
flask-smorest are an eighth of a start, and most shops have no server that ever calls."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from storefront.values import frozen
from storefront.web.api.access import init_access

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from flask import Flask
    from flask_smorest import Blueprint

PREFIX = "/api/v1"


@frozen
class Call:
    """An address of the API below its prefix, and the endpoint that answers there."""

    method: str
    path: str
    endpoint: str


@frozen
class Part:
    """Calls, and what loads the blueprints that answer them."""

    calls: tuple[Call, ...]
    load: Callable[[], Iterable[Blueprint]]


def _load() -> Iterable[Blueprint]:
    from storefront.web.api import interactions, orders, refunds  # noqa: PLC0415 - see above

    return interactions.blueprint, orders.blueprint, refunds.blueprint


OURS = Part(
    (
        Call("GET", "/openapi.json", "api-docs.openapi_json"),
        Call("POST", "/interactions", "api_interactions.create"),
        Call("GET", "/orders/<public_id>", "api_orders.read"),
        Call("POST", "/orders/<public_id>/refunds", "api_refunds.create"),
    ),
    _load,
)


def init_api(app: Flask, more: Iterable[Part] = ()) -> None:
    """Mount the API and its description on our private application; `more` is what others add."""
    init_access(app)
    parts = (OURS, *more)
    views = _Views(parts)
    for part in parts:
        for call in part.calls:
            view = views.late(call.endpoint)
            app.add_url_rule(PREFIX + call.path, call.endpoint, view, methods=[call.method])


class _Views:
    """What answers the calls: loaded by whoever calls first, while others wait."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._lock = Lock()
        self._loaded: Mapping[str, Callable[..., Any]] = {}

    def late(self, endpoint: str) -> Callable[..., Any]:
        """Return what looks for a view when it is called, and calls it."""

        def answer(**told: object) -> Any:
            return self._known()[endpoint](**told)

        return answer

    def _known(self) -> Mapping[str, Callable[..., Any]]:
        if not self._loaded:
            with self._lock:
                self._loaded = self._loaded or self._load()
        return self._loaded

    def _load(self) -> Mapping[str, Callable[..., Any]]:
        from storefront.web.api.described import described  # noqa: PLC0415 - see above

        blueprints = [blueprint for part in self._parts for blueprint in part.load()]
        return described(blueprints, prefix=PREFIX).view_functions

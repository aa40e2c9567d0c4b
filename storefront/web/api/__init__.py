"""The API for merchants' own servers: /api/v1, bearer tokens, OpenAPI at /api/v1/openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_smorest import Api

from storefront.web.api import interactions, orders, refunds
from storefront.web.api.access import init_access
from storefront.web.api.answers import describe_refusals

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask
    from flask_smorest import Blueprint


class QuietApi(Api):  # type: ignore[misc]
    """flask-smorest without its error handlers and its word on errors: our one table answers every
    error, and `answers.py` describes them."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Leave errors to `web/errors.py`."""


def init_api(app: Flask, more: Iterable[Blueprint] = ()) -> None:
    """Mount the API and its description on our private application; `more` is what others add."""
    app.config.update(_configuration())
    api = QuietApi(app)
    bearer: dict[str, Any] = {"type": "http", "scheme": "bearer"}
    api.spec.components.security_scheme("bearer", bearer)
    init_access(app)
    describe_refusals(api)
    for blueprint in (interactions.blueprint, orders.blueprint, refunds.blueprint, *more):
        api.register_blueprint(blueprint, url_prefix="/api/v1")


def _configuration() -> dict[str, object]:
    return {
        "API_TITLE": "Social Storefront",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": "/api/v1",
        "OPENAPI_JSON_PATH": "openapi.json",
    }

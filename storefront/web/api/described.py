"""The API as flask-smorest knows it: what answers each call, and the description of all of them.
It is an application that serves nobody: the one that does calls its views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Flask
from flask_smorest import Api

from storefront.web.api.answers import describe_refusals

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask_smorest import Blueprint


class QuietApi(Api):  # type: ignore[misc]
    """flask-smorest without its error handlers and its word on errors: our one table answers every
    error, and `answers.py` describes them."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Leave errors to `web/errors.py`."""


def described(blueprints: Iterable[Blueprint], *, prefix: str) -> Flask:
    """Return an application with these blueprints and their description below `prefix`."""
    app = Flask("storefront_api", static_folder=None)
    app.config.update(_configuration(prefix))
    api = QuietApi(app)
    bearer: dict[str, Any] = {"type": "http", "scheme": "bearer"}
    api.spec.components.security_scheme("bearer", bearer)
    describe_refusals(api)
    for blueprint in blueprints:
        api.register_blueprint(blueprint, url_prefix=prefix)
    return app


def _configuration(prefix: str) -> dict[str, object]:
    return {
        "API_TITLE": "Social Storefront",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": prefix,
        "OPENAPI_JSON_PATH": "openapi.json",
    }

"""The sandbox as a Flask application: Stripe's addresses, the element's pages, the controls."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from storefront.sandbox.calls import perform, respond
from storefront.sandbox.controls import blueprint as controls
from storefront.sandbox.elements.onboarding import blueprint as onboarding
from storefront.sandbox.elements.pages import blueprint as element_pages
from storefront.sandbox.endpoints import ENDPOINTS, Endpoint
from storefront.sandbox.errors import invalid
from storefront.sandbox.gate import Gate
from storefront.sandbox.idempotency import Answer
from storefront.sandbox.ids import random_text
from storefront.sandbox.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Callable

    from storefront.sandbox.config import SandboxConfig

_LARGEST_BODY = 1024 * 1024
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": (
        "Authorization, Content-Type, Idempotency-Key, Stripe-Account, Stripe-Version"
    ),
    "Access-Control-Expose-Headers": "Request-Id, Idempotent-Replayed",
    "Access-Control-Max-Age": "600",
}


def create_sandbox(config: SandboxConfig, clock: Callable[[], float] = time.time) -> Flask:
    """Build a sandbox. Its deliveries and timers begin with `app.extensions["sandbox"].start()`."""
    app = Flask(__name__, static_folder=None, template_folder="elements")
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY
    machine = Machine(config, clock)
    app.extensions["sandbox"] = machine
    for endpoint in ENDPOINTS:
        _add(app, machine, endpoint)
    app.register_blueprint(element_pages)
    app.register_blueprint(onboarding)
    app.register_blueprint(controls)
    app.register_error_handler(HTTPException, _http_error)
    app.before_request(_preflight)
    app.after_request(_allow_pages)
    app.wsgi_app = Gate(app.wsgi_app, machine.switchboard)  # type: ignore[method-assign]
    return app


def _add(app: Flask, machine: Machine, endpoint: Endpoint) -> None:
    def view(**path: str) -> Response:
        return perform(machine, endpoint, path)

    name = f"{endpoint.method} {endpoint.rule}"
    app.add_url_rule(
        endpoint.rule, name, view, methods=[endpoint.method], provide_automatic_options=False
    )


def _preflight() -> Response | None:
    is_question = request.method == "OPTIONS" and request.path.startswith("/v1/")
    return Response(status=204) if is_question else None


def _allow_pages(response: Response) -> Response:
    if request.path.startswith("/v1/"):
        response.headers.update(_CORS)
    return response


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    message = f"Unrecognized request URL ({request.method}: {request.path})."
    if status not in (404, 405):
        message = str(error.description)
    refusal = invalid(message, status=404 if status == 405 else status)  # noqa: PLR2004 - Stripe knows no 405
    request_id = f"req_{random_text(14)}"
    answer = Answer(refusal.status, json.dumps(refusal.body), request_id)
    return respond(answer, request_id=request_id)

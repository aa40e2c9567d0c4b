"""Figures for Prometheus at /metrics, for whoever holds the token. Requests are counted in each
process and added up through PROMETHEUS_MULTIPROC_DIR; the rest is counted in the database."""

from __future__ import annotations

import os
from dataclasses import asdict
from hmac import compare_digest
from typing import TYPE_CHECKING, cast

from flask import Blueprint, Response, current_app, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from storefront.errors import NotFound
from storefront.services import figures
from storefront.web.context import ports
from storefront.web.journal import METHODS, route, seconds_taken

if TYPE_CHECKING:
    from flask import Flask

blueprint = Blueprint("metrics", __name__)

TALLY = "storefront_tally"


class Tally:
    """What one application counts in this process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "storefront_requests",
            "Requests by method, route and status",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "storefront_request_seconds",
            "How long requests took, by route",
            ("route",),
            registry=self.registry,
        )
        self._webhooks = Counter(
            "storefront_webhooks",
            "Messages of the gateway: received, duplicate, or the code of the refusal",
            ("outcome",),
            registry=self.registry,
        )
        self._delayed = Counter(
            "storefront_delayed_rows",
            "Openings of links that waited to be written: written, written at_once because too"
            " many waited, to be tried again, or lost",
            ("outcome",),
            registry=self.registry,
        )
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def note(self, response: Response) -> Response:
        """Count the present request."""
        method = request.method if request.method in METHODS else "other"
        self.count(method, route(), response.status_code, seconds=seconds_taken())
        if request.endpoint == "webhooks.stripe":
            self._webhooks.labels(_outcome(response)).inc()
        return response

    def count(self, method: str, rule: str, status: int, *, seconds: float) -> None:
        """Count one request that was answered after so long."""
        requests, durations = self._series(method, rule, status)
        requests.inc()
        durations.observe(seconds)

    def note_delayed(self, outcome: str, count: int) -> None:
        """Count rows that waited, by what has become of them."""
        self._delayed.labels(outcome).inc(count)

    def _series(self, method: str, rule: str, status: int) -> tuple[Counter, Histogram]:
        """Return what counts such requests; the library looks it up behind a lock each time."""
        found = self._known.get((method, rule, status))
        if found is None:
            found = (
                self._requests.labels(method, rule, status),
                self._seconds.labels(rule),
            )
            self._known[method, rule, status] = found
        return found


def _outcome(response: Response) -> str:
    told = response.get_json(silent=True) or {}
    return "duplicate" if told.get("duplicate") else str(told.get("code", "received"))


def init_metrics(app: Flask) -> None:
    """Count every request of our private application."""
    tally = Tally()
    app.extensions[TALLY] = tally
    app.after_request(tally.note)


def tally_of(app: Flask) -> Tally:
    """Return what `app` counts in this process."""
    return cast("Tally", app.extensions[TALLY])


@blueprint.get("/metrics")
def metrics() -> Response:
    """Answer with every figure; without the token there is nothing here."""
    wanted = ports().settings.metrics_token
    given = request.headers.get("Authorization", "")
    if not wanted or not compare_digest(given.encode(), f"Bearer {wanted}".encode()):
        raise NotFound
    text = generate_latest(_requests()) + generate_latest(_books())
    return Response(text, content_type=CONTENT_TYPE_LATEST)


def _requests() -> CollectorRegistry:
    """Return what all processes of this machine have counted, or this one where it is alone."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return tally_of(current_app).registry
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def _books() -> CollectorRegistry:
    with ports().reads() as session:
        books = figures.read_books(session, now=ports().clock.now())
    registry = CollectorRegistry()
    for name, value in asdict(books).items():
        gauge = Gauge(f"storefront_{name}", name.replace("_", " ").capitalize(), registry=registry)
        gauge.set(value)
    return registry

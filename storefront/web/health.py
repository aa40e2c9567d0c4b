"""Whether this process can serve, and whether the whole shop can: for supervisors, load balancers
and watchers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, jsonify

from storefront.services import jobs, upkeep
from storefront.web.context import ports

if TYPE_CHECKING:
    from flask import Response

blueprint = Blueprint("health", __name__)

NOT_READY = 503
UPGRADE = "Run `storefront db upgrade`."


@blueprint.get("/healthz")
def healthz() -> Response:
    """Answer 200 when the database and its schema answer; their own error otherwise."""
    with ports().reads() as session:
        jobs.next_due(session)
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> Response:
    """Answer 200 when every migration has run and a worker was seen lately, else 503 and what is
    missing. A shop without a worker still sells, so load balancers ask `/healthz`."""
    with ports().reads() as session:
        found = upkeep.readiness(session, now=ports().clock.now())
    response = jsonify(
        status="ok" if found.is_ready else "not_ready",
        database="ok",
        schema="ok" if found.is_schema_current else "behind",
        worker="ok" if found.is_worker_there else "not_seen",
        **({} if found.is_schema_current else {"do": UPGRADE}),
    )
    if not found.is_ready:
        response.status_code = NOT_READY
    return response

"""Whether this process can serve: for supervisors and load balancers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, jsonify

from storefront.services import jobs
from storefront.web.context import ports

if TYPE_CHECKING:
    from flask import Response

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Answer 200 when the database and its schema answer; their own error otherwise."""
    with ports().reads() as session:
        jobs.next_due(session)
    return jsonify(status="ok")

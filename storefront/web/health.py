"""Whether this process can serve: for supervisors and load balancers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, jsonify
from sqlalchemy import text

from storefront.web.context import ports

if TYPE_CHECKING:
    from flask import Response

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Answer 200 when the database answers; its own error otherwise."""
    with ports().reads() as session:
        session.execute(text("SELECT 1"))
    return jsonify(status="ok")

"""Bodies of API calls: a JSON object, or a clear refusal."""

from __future__ import annotations

from typing import Any

from flask import request

from storefront.errors import Invalid


def json_body() -> dict[str, Any]:
    """Return the JSON object that was sent; raise `Invalid` bad_request for anything else."""
    value = request.get_json(silent=True)
    if not isinstance(value, dict):
        raise Invalid("bad_request")
    return value

"""The console's blueprint, apart from its views so that each of them can import it."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("console", __name__, url_prefix="/console")

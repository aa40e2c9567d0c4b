"""The first page after signing in."""

from __future__ import annotations

from flask import render_template

from storefront.web.auth import member, roles
from storefront.web.console.blueprint import blueprint


@blueprint.route("/")
@roles("owner", "manager", "clerk")
def home() -> str:
    """Show how today goes. Clerks have it too: it is where everybody arrives."""
    return render_template("console/home.html", person=member())

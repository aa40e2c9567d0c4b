"""Shared links in the console: what the people who share bring."""

from __future__ import annotations

from storefront.services.reporting.shares import list_shares
from storefront.web.auth import roles
from storefront.web.console.blueprint import blueprint
from storefront.web.console.page import shop, show
from storefront.web.context import ports


@blueprint.route("/shares")
@roles("owner", "manager", "reports")
def shares() -> str:
    """List the shares that brought most."""
    merchant = shop()
    with ports().reads() as session:
        found = list_shares(session, merchant)
    return show("console/shares.html", merchant, found=found)

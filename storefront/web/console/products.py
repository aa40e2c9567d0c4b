"""Products in the console: what is sold, at what price, and how many are left. Read only."""

from __future__ import annotations

from storefront.services.reporting.products import list_products
from storefront.web.auth import member, roles
from storefront.web.console.blueprint import blueprint
from storefront.web.console.page import page_number, shop, show
from storefront.web.context import ports


@blueprint.route("/products")
@roles("owner", "manager")
def products() -> str:
    """List products with the stock of each variant."""
    with ports().reads() as session:
        found = list_products(session, member().merchant_id, ports().settings, page=page_number())
    return show("console/products.html", shop(), found=found)

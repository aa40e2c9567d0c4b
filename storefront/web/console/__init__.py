"""The console: first-party pages where a merchant's members see what social brings. Thin views;
what they show is read in services/reporting/."""

from storefront.web.console import home, orders, placements, products, shares, signing
from storefront.web.console.blueprint import blueprint

__all__ = ["blueprint", "home", "orders", "placements", "products", "shares", "signing"]

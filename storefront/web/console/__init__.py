"""The console: first-party pages where a merchant's members see what social brings. Thin views;
what they show is read in services/reporting.py."""

from storefront.web.console import home, signing
from storefront.web.console.blueprint import blueprint

__all__ = ["blueprint", "home", "signing"]

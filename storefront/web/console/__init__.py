"""The console: first-party pages where a merchant's members see what social brings. Thin views;
what they show is read in services/reporting/."""

from storefront.web.console import (
    account,
    handover,
    home,
    joining,
    log,
    members,
    orders,
    passwords,
    payments,
    placements,
    products,
    refunds,
    second_factor,
    settings,
    shares,
    signing,
)
from storefront.web.console.blueprint import blueprint

__all__ = [
    "account",
    "blueprint",
    "handover",
    "home",
    "joining",
    "log",
    "members",
    "orders",
    "passwords",
    "payments",
    "placements",
    "products",
    "refunds",
    "second_factor",
    "settings",
    "shares",
    "signing",
]

"""The console: first-party pages where a merchant's members see what social brings. Thin views;
what they show is read in services/reporting/."""

from storefront.web.console import (
    account,
    handover,
    home,
    joining,
    log,
    members,
    order_rules,
    orders,
    passwords,
    payments,
    pictures,
    placements,
    products,
    refunds,
    second_factor,
    settings,
    shares,
    signing,
    variants,
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
    "order_rules",
    "orders",
    "passwords",
    "payments",
    "pictures",
    "placements",
    "products",
    "refunds",
    "second_factor",
    "settings",
    "shares",
    "signing",
    "variants",
]

"""Orders in the console: the list, and the page of one with the line that led to it."""

from __future__ import annotations

from flask import request

from storefront.domain.orders import OrderStatus
from storefront.services import order_notes
from storefront.services.chains import chain_of
from storefront.services.reporting.dossier import OrderDossier, PaymentFacts, get_dossier
from storefront.services.reporting.orders import list_orders
from storefront.web.auth import member, roles
from storefront.web.console.blueprint import blueprint
from storefront.web.console.line import draw
from storefront.web.console.page import is_clerk, named, page_number, search, shop, show
from storefront.web.context import ports

DASHBOARD = "https://dashboard.stripe.com"


@blueprint.route("/orders")
@roles("owner", "manager", "clerk")
def orders() -> str:
    """List orders, newest first. Clerks have it to find what a buyer comes to pick up."""
    query, status = search(), _status()
    with ports().reads() as session:
        found = list_orders(
            session,
            member().merchant_id,
            now=ports().clock.now(),
            query=query,
            status=status,
            page=page_number(),
        )
    return show("console/orders.html", shop(), found=found, query=query, status=status)


def _status() -> OrderStatus | None:
    given = request.args.get("status", "")
    return OrderStatus(given) if given in set(OrderStatus) else None


@blueprint.route("/orders/<public_id>")
@roles("owner", "manager", "clerk")
def order(public_id: str) -> str:
    """Show one order. Clerks see what they hand over and to whom; the line that led to it, its
    credits and its payment are for owners and managers."""
    return order_page(named(public_id))


def order_page(name: str, *, error: str = "") -> str:
    """Render the page of one order, with what a step of a member was refused for."""
    merchant = shop()
    with ports().reads() as session:
        dossier = get_dossier(
            session, merchant.id, name, settings=ports().settings, now=ports().clock.now()
        )
        chain = None if is_clerk() else chain_of(session, merchant.id, name)
    return show(
        "console/order.html",
        merchant,
        dossier=dossier,
        order=dossier.order,
        line=draw(chain, dossier) if chain else None,
        payment_links=_payment_links(dossier),
        error=error,
        longest_note=order_notes.LONGEST,
    )


def _payment_links(dossier: OrderDossier) -> dict[str, str]:
    """Return where each payment is found at the provider's, by our public id."""
    mode = ports().settings.mode
    return {
        payment.public_id: _dashboard(payment, mode)
        for payment in dossier.payments
        if payment.reference and mode in {"test", "live"}
    }


def _dashboard(payment: PaymentFacts, mode: str) -> str:
    parts = (payment.account, "test" if mode == "test" else "", "payments", payment.reference)
    return "/".join([DASHBOARD, *(part for part in parts if part)])

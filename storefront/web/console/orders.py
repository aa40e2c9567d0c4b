"""Orders in the console: the list, and the page of one with the line that led to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import flash, redirect, url_for

from storefront.errors import Conflict
from storefront.services import fulfilment, order_notes
from storefront.services.chains import chain_of, follow_order
from storefront.services.fulfilment import Handling
from storefront.services.reporting.dossier import OrderDossier, PaymentFacts, get_dossier
from storefront.services.reporting.orders import every_order, list_orders, order_choices
from storefront.services.saved_views import list_views
from storefront.web.auth import member, roles, safe_next
from storefront.web.bodies import form_body
from storefront.web.console.blueprint import blueprint
from storefront.web.console.line import draw
from storefront.web.console.order_sheet import csv_header, csv_row
from storefront.web.console.page import is_clerk, named, page_number, shop, show
from storefront.web.console.searching import address, asked, order_search
from storefront.web.context import ports
from storefront.web.sentences import sentence_of
from storefront.web.spreadsheets import csv_answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.services.reporting.order_search import OrderSearch
    from storefront.services.views import MerchantView

TICK = "order-"
MOST_AT_ONCE = 100
SHOWN_REFUSALS = 10
DASHBOARD = "https://dashboard.stripe.com"


@blueprint.route("/orders")
@roles("owner", "manager", "clerk")
def orders() -> str:
    """List orders. Clerks have it to find what a buyer comes to pick up."""
    return orders_page()


def orders_page(*, error: str = "") -> str:
    """Render the list that the address asks for, with why a view of it was not kept."""
    merchant, now = shop(), ports().clock.now()
    search = order_search(merchant.zone)
    with ports().reads() as session:
        found = list_orders(session, merchant.id, search, now=now, page=page_number())
        choices = order_choices(session, merchant.id)
        views = list_views(session, member())
    return show(
        "console/orders.html",
        merchant,
        found=found,
        choices=choices,
        search=search,
        asked=asked(),
        address=address,
        views=views,
        error=error,
    )


@blueprint.route("/orders.csv")
@roles("owner", "manager")
def orders_csv() -> Response:
    """Give exactly the orders that the list's filters choose, all of them."""
    merchant = shop()
    return csv_answer(f"{merchant.slug}-orders", _csv_rows(merchant, order_search(merchant.zone)))


def _csv_rows(merchant: MerchantView, search: OrderSearch) -> Iterator[Iterable[object]]:
    yield csv_header(merchant.zone)
    with ports().reads() as session:
        for row in every_order(session, merchant.id, search, now=ports().clock.now()):
            yield csv_row(row, merchant.zone)


@blueprint.route("/orders/handovers", methods=["POST"])
@roles("owner", "manager", "clerk")
def hand_over_many() -> AnyResponse:
    """Mark the ticked orders as picked up or shipped, each as its way is; say of which not."""
    who, form = member(), form_body()
    ticked = [named(name.removeprefix(TICK)) for name in form if name.startswith(TICK)]
    done, refused = 0, []
    for order in ticked[:MOST_AT_ONCE]:
        hand = Handling(who.merchant_id, order, who.member_id)
        try:
            with ports().sessions.begin() as session:
                fulfilment.hand_over(session, hand, now=ports().clock.now())
            done += 1
        except Conflict as error:
            refused.append((order, sentence_of(error)))
    # Flask keeps whatever JSON can hold, though it only promises to keep text.
    news: Any = {"done": done, "refused": refused[:SHOWN_REFUSALS], "more": len(refused)}
    flash(news, "handovers")
    return redirect(safe_next(form.get("next"), url_for("console.orders")), 303)


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
        after = follow_order(session, merchant.id, name, kinds=ports().kinds) if chain else ()
    return show(
        "console/order.html",
        merchant,
        dossier=dossier,
        order=dossier.order,
        line=draw(chain, dossier, after) if chain else None,
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

"""POST /quotes: what a cart costs for a way to its buyer, before anything is ordered. The page gets
its sums, a program gets JSON; nothing is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, jsonify, make_response, render_template, request

from storefront.errors import Conflict
from storefront.services import carts, quotes
from storefront.services.codes import MOST_ENTERED
from storefront.services.order_foresight import ask_about_quote
from storefront.services.placements import get_placement
from storefront.services.taxes import Place
from storefront.web import forms
from storefront.web.bodies import form_body, json_body
from storefront.web.checkout_form import checkout_form
from storefront.web.context import ports, wants_json
from storefront.web.formats import sums_as_json
from storefront.web.frame import FrameState, frame_values, read_surface, use_frame_policy
from storefront.web.occasions import occasion_of
from storefront.web.offers import offers_as_json
from storefront.web.sentences import sentence_of

if TYPE_CHECKING:
    from flask import Response

    from storefront.services.views import QuoteView

blueprint = Blueprint("quotes", __name__)

FIELDS = frozenset(
    {"placement", "in", "c", "lines", "codes", "fulfilment", "address_country", "address_region"}
)


@blueprint.post("/quotes")
def create() -> Response:
    """Say what a cart costs, with delivery and tax where the way to the buyer is known."""
    body = json_body() if request.is_json else form_body()
    forms.refuse_unknown(body, FIELDS)
    with ports().reads() as session:
        placement = get_placement(
            session, forms.line(body.get("placement"), field="placement", longest=24)
        )
    cart_token = forms.token(body.get("c"), field="c")
    state = FrameState(read_surface(body.get("in")), placement, cart_token=cart_token)
    use_frame_policy(state)
    return _as_json(state, body) if wants_json() else _as_sums(state, body)


def _as_json(state: FrameState, body: dict[str, Any]) -> Response:
    merchant, settings = state.placement.merchant, ports().settings
    codes = forms.short_list(body.get("codes"), field="codes", most=MOST_ENTERED)
    lines = dict(forms.order_lines(body, ports().sign, merchant.public_id))
    occasion, destination = occasion_of(state, codes=codes), _destination(body)
    with ports().reads() as session:
        ask_about_quote(session, merchant, lines, destination=destination, now=occasion.now)
        cart = carts.price_cart(
            session,
            merchant,
            lines,
            settings=settings,
            occasion=occasion,
            destination=destination,
            is_shown=False,
        )
    if len(cart.lines) < len(lines):
        gone = next(iter(lines.keys() - {line.variant.public_id for line in cart.lines}))
        raise Conflict("sold_out", field=gone)
    answer = jsonify(**_told(cart.quote, merchant.currency), **offers_as_json(cart))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _destination(body: dict[str, Any]) -> quotes.Destination | None:
    if not body.get("fulfilment"):
        return None
    way = forms.fulfilment(body)
    if way == quotes.PICKUP:
        return quotes.Destination(way, Place())
    country = forms.country(body.get("address_country"), field="address_country")
    region = forms.line(body.get("address_region"), field="address_region", longest=120)
    return quotes.Destination(way, Place(country, region))


def _told(quote: QuoteView, currency: str) -> dict[str, Any]:
    return {
        "amount_minor": quote.sums.total.minor,
        "currency": currency,
        "is_final": quote.is_final,
        **sums_as_json(quote.view),
        "shipping_name": quote.shipping_name,
        "tax_name": quote.tax_name,
    }


def _as_sums(state: FrameState, body: dict[str, Any]) -> Response:
    with ports().reads() as session:
        form = checkout_form(session, state, body)
    fault = form.fault
    page = render_template(
        "checkout/_quote.html",
        **frame_values(state, ports().settings),
        cart=form.cart,
        hint=sentence_of(fault) if fault else None,
    )
    response = make_response(page)  # what is not known yet, while somebody types, is no fault
    response.headers["Cache-Control"] = "private, no-store"
    return response

"""Offers as a shopper comes by them: a code that is entered or taken out, a link that brings one.
Nothing is stored: the cart's token carries them on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import Blueprint, redirect

from storefront.errors import Conflict, Invalid
from storefront.services import carts
from storefront.services.placements import get_placement
from storefront.web import forms
from storefront.web.bodies import form_body
from storefront.web.context import ports
from storefront.web.frame import (
    HOME,
    FrameState,
    read_surface,
    read_token,
    use_frame_policy,
)
from storefront.web.occasions import entered_of
from storefront.web.sentences import sentence_of
from storefront.web.showing import state_at

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.services.offering import Entered
    from storefront.services.views import CartView

blueprint = Blueprint("offers", __name__)

CODE_FIELDS = frozenset({"surface", "placement", "v", "c", "code", "action", "back"})
BACK = {"cart": "embed.cart", "checkout": "embed.checkout"}
LONGEST_CODE = 60
LONGEST_LINK = 26


@blueprint.post("/carts/codes")
def change_codes() -> AnyResponse:
    """Enter a code, or take one out; whether it is any good, the cart says."""
    form = form_body()
    forms.refuse_unknown(form, CODE_FIELDS)
    placement = forms.line(form.get("placement"), field="placement", longest=24)
    with ports().reads() as session:
        view = get_placement(session, placement)
    state = FrameState(
        read_surface(form.get("surface")),
        view,
        read_token(form.get("v")),
        read_token(form.get("c")),
    )
    use_frame_policy(state)
    code = forms.line(form.get("code"), field="code", longest=LONGEST_CODE, code="code_unknown")
    entered = entered_of(state)
    if form.get("action") == "remove":
        entered = carts.without_code(entered, code)
    elif form.get("action") == "enter":
        # An empty field is no mistake: the page simply comes back.
        entered = carts.with_code(entered, code) if code else entered
    else:
        raise Invalid(field="action")
    goal = BACK.get(form.get("back", ""), "embed.cart")
    return redirect(_with(state, entered).url(goal) + "#code", 303)


@blueprint.get("/<any(e, p):family>/<placement>/offers/<link>")
def follow(family: str, placement: str, link: str) -> AnyResponse:
    """Open a placement with the offer that a link brings; nobody has to type anything."""
    with ports().reads() as session:
        state = state_at(session, placement, family)
    entered = carts.with_link(entered_of(state), link[:LONGEST_LINK])
    response = redirect(_with(state, entered).url(HOME), 303)
    response.headers["Cache-Control"] = "no-store"
    return response


def offers_as_json(cart: CartView) -> dict[str, Any]:
    """Return the offers that count for a cart, and the codes that do not with their reasons."""
    return {
        "offers": [
            {
                "public_id": each.public_id,
                "name": each.name,
                "code": each.code,
                "discount_minor": each.amount.minor,
            }
            for each in cart.offers
        ],
        "refused": [
            {"code": each.code, "reason": each.reason, "detail": sentence_of(Conflict(each.reason))}
            for each in cart.refused
        ],
    }


def _with(state: FrameState, entered: Entered) -> FrameState:
    """Return the state with a cart that carries what was entered."""
    merchant = state.placement.merchant.public_id
    lines = carts.read_cart(ports().sign, state.cart_token, merchant) or {}
    token = carts.seal_cart(ports().sign, lines, merchant, entered=entered)
    return replace(state, cart_token=token)

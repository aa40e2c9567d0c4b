"""The shop as a shopper meets it: card, collection, cart and checkout form, in a host's frame or
as a page of its own. No GET here changes anything."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from flask import Blueprint, current_app, make_response, redirect, request, send_from_directory

from storefront import links
from storefront.domain.orders import MAX_QUANTITY
from storefront.errors import Invalid, NotFound
from storefront.services import carts, shelf
from storefront.services.placements import get_placement
from storefront.web import forms
from storefront.web.assets import FOREVER, serve
from storefront.web.bodies import form_body
from storefront.web.checkout_form import checkout_form
from storefront.web.context import ports
from storefront.web.frame import (
    FrameState,
    read_surface,
    read_token,
    render_frame,
    use_frame_policy,
)
from storefront.web.occasions import entered_of, occasion_of
from storefront.web.previews import preview_of_product
from storefront.web.showing import cart_at, doors_at, show, state_at

if TYPE_CHECKING:
    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.web.assets import Assets

blueprint = Blueprint("embed", __name__)

ASSETS = "storefront_assets"
"""Where the composition root keeps the static files it has read."""

SCRIPT = "js/embed.js"
SCRIPT_CACHE = "public, max-age=300, stale-while-revalidate=86400"
PICTURE_SECONDS = 86_400
CONTENT_NAMED = "p/"
"""Below it are pictures named after their content: they never change."""

CART_FIELDS = frozenset({"surface", "placement", "v", "c", "variant", "quantity", "action"})
ACTIONS = frozenset({"add", "set", "buy"})


def _assets() -> Assets:
    return cast("Assets", current_app.extensions[ASSETS])


@blueprint.get("/embed.js")
def script() -> Response:
    """Serve the host's script under one steady address, looked at again every few minutes."""
    return serve(_assets().by_name[SCRIPT], request, cache=SCRIPT_CACHE)


@blueprint.get("/static/<path:path>")
def asset(path: str) -> Response:
    """Serve a static file by the name that carries its content's digest."""
    found = _assets().find(path)
    if found is None:
        raise NotFound
    file, is_exact = found
    return serve(file, request) if is_exact else serve(file, request, cache="no-cache")


@blueprint.get("/media/<path:path>")
def media(path: str) -> AnyResponse:
    """Serve a product's picture; previews on other sites may show it."""
    folder = ports().settings.media_dir.absolute()
    response = send_from_directory(folder, path, max_age=PICTURE_SECONDS)
    if path.startswith(CONTENT_NAMED):
        response.headers["Cache-Control"] = FOREVER
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@blueprint.get("/e/<placement>")
def card(placement: str) -> AnyResponse:
    """Show a placement inside a host's frame."""
    return show(placement, "e")


@blueprint.get("/p/<placement>")
def page(placement: str) -> AnyResponse:
    """Show a placement as a page of its own."""
    return show(placement, "p")


@blueprint.get("/<any(e, p):family>/<placement>/products/<product>")
def product(family: str, placement: str, product: str) -> AnyResponse:
    """Show one product of a collection."""
    settings = ports().settings
    with ports().reads() as session:
        state = state_at(session, placement, family)
        occasion = occasion_of(state)
        view = shelf.get_product(
            session,
            state.placement,
            product,
            settings=settings,
            now=occasion.now,
            followed=occasion.entered.links,
            visitor=occasion.visitor,
        )
        cart = cart_at(session, state, occasion)
        doors = doors_at(session, state, product)
    own = f"{links.placement_page(settings, placement)}/products/{view.public_id}"
    preview = preview_of_product(view, state.placement.merchant, own)
    return make_response(
        render_frame(
            "embed/product.html",
            state,
            settings,
            product=view,
            cart=cart,
            doors=doors,
            preview=None if state.surface == "frame" else preview,
        )
    )


@blueprint.get("/<any(e, p):family>/<placement>/cart")
def cart(family: str, placement: str) -> AnyResponse:
    """Show the cart that the address carries."""
    with ports().reads() as session:
        state = state_at(session, placement, family)
        view = cart_at(session, state, occasion_of(state))
    return make_response(render_frame("embed/cart.html", state, ports().settings, cart=view))


@blueprint.get("/<any(e, p):family>/<placement>/checkout")
def checkout(family: str, placement: str) -> AnyResponse:
    """Show the form that places the order; its request key makes a second click harmless."""
    with ports().reads() as session:
        state = state_at(session, placement, family)
        form = checkout_form(session, state, {})
    page = render_frame(
        "checkout/checkout.html",
        state,
        ports().settings,
        **form.values,
        errors={},
        request_key=secrets.token_urlsafe(24),
    )
    response = make_response(page)
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.post("/carts")
def change_cart() -> AnyResponse:
    """Put something into the cart, change its quantity, or buy it at once."""
    form = form_body()
    forms.refuse_unknown(form, CART_FIELDS)
    action = form.get("action", "")
    with ports().reads() as session:
        state = _state_of_form(session, form)
        variant = forms.line(form.get("variant"), field="variant", longest=24)
        merchant = state.placement.merchant
        if action not in ACTIONS:
            raise Invalid(field="action")
        settings = ports().settings
        if not shelf.products_of_variants(session, merchant.id, [variant], settings=settings):
            raise NotFound
    lines = carts.read_cart(ports().sign, state.cart_token, merchant.public_id) or {}
    quantity = _quantity(form.get("quantity"), lines.get(variant, 0), action)
    token = carts.seal_cart(
        ports().sign,
        carts.changed(lines, variant, quantity),
        merchant.public_id,
        entered=entered_of(state),
    )
    goal = "embed.checkout" if action == "buy" else "embed.cart"
    return redirect(replace(state, cart_token=token).url(goal), 303)


def _quantity(given: str | None, present: int, action: str) -> int:
    """Return the new quantity. Buying sets it, so that going back and buying again does not
    double it; only `set` may take a thing out, with 0."""
    if action == "set" and given == "0":
        return 0
    wanted = forms.quantity(given)
    return min(present + wanted, MAX_QUANTITY) if action == "add" else wanted


def _state_of_form(session: Session, form: dict[str, str]) -> FrameState:
    view = get_placement(session, forms.line(form.get("placement"), field="placement", longest=24))
    state = FrameState(
        read_surface(form.get("surface")),
        view,
        read_token(form.get("v")),
        read_token(form.get("c")),
    )
    use_frame_policy(state)
    return state

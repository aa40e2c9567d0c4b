"""The pages on which a gift is put together: the form, what it comes to, the mail as it will be.
Nothing here writes; the form goes to /orders as any other."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from flask import Blueprint, Response, make_response, render_template, request

from gifting import art, preview
from gifting.designs import DESIGNS
from gifting.form import gift_form, summarise, thing_named
from gifting.terms import gift_terms
from gifting.wishes import FIELDS
from storefront.errors import Conflict, NotFound
from storefront.web import forms
from storefront.web.bodies import form_body
from storefront.web.context import ports
from storefront.web.frame import render_frame
from storefront.web.headers import Policy, use_policy
from storefront.web.sentences import sentence_of
from storefront.web.showing import state_at

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.web.frame import FrameState

blueprint = Blueprint("gift_form", __name__)

PICTURE_CACHE = "public, max-age=86400"


@blueprint.get("/<any(e, p):family>/<placement>/gift")
def show(family: str, placement: str) -> AnyResponse:
    """Show the form: for an amount, or for the product that the address names."""
    settings = ports().settings
    with ports().reads() as session:
        state = state_at(session, placement, family)
        merchant = state.placement.merchant
        if not gift_terms(session, merchant.id).is_on:
            raise Conflict("gifts_off")
        begun = _begun(session, state)
        form = gift_form(session, state, begun)
    page = render_frame(
        form.template,
        state,
        settings,
        holds_ours=form.holds_ours,
        **form.values,
        values=begun,
        errors={},
        request_key=secrets.token_urlsafe(24),
    )
    return _fresh(make_response(page))


def _begun(session: Session, state: FrameState) -> dict[str, str]:
    """Return what is chosen at first: the product that the address names, else an amount."""
    named = request.args.get("product")
    if named:
        thing = thing_named(session, state, named)
        buyable = [each for each in thing.variants if each.availability.is_buyable]
        return {"gift_variant": (buyable or thing.variants)[0].public_id}
    presets = gift_terms(session, state.placement.merchant.id).presets
    return {"gift_amount": str(presets[min(1, len(presets) - 1)].minor)} if presets else {}


@blueprint.post("/<any(e, p):family>/<placement>/gift/summary")
def summary(family: str, placement: str) -> AnyResponse:
    """Say what the gifts come to, and when they arrive, while somebody types."""
    body = _body()
    with ports().reads() as session:
        state = state_at(session, placement, family)
        found = summarise(session, state, body)
    fault = sentence_of(found.fault) if found.fault else ""
    return _fresh(make_response(render_template("gift/_summary.html", summary=found, fault=fault)))


@blueprint.post("/<any(e, p):family>/<placement>/gift/letter")
def letter(family: str, placement: str) -> AnyResponse:
    """Show the mail that the recipient will get, as far as it is typed."""
    body = _body()
    with ports().reads() as session:
        state = state_at(session, placement, family)
        page = preview.letter(session, state, body)
    use_policy(Policy(ancestors=_ancestors(state), letter=True))
    return _fresh(make_response(page))


def _body() -> dict[str, str]:
    body = form_body()
    forms.refuse_unknown(body, forms.ORDER_FIELDS | FIELDS)
    return body


def _ancestors(state: FrameState) -> tuple[str, ...]:
    hosts = state.placement.merchant.allowed_origins if state.surface == "frame" else ()
    return ("'self'", *hosts)


def _fresh(response: Response) -> Response:
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.get("/gift-designs/<design>.png")
def design_picture(design: str) -> AnyResponse:
    """Show the picture of a design."""
    if design not in DESIGNS:
        raise NotFound
    response = Response(art.picture(design), mimetype="image/png")
    response.headers["Cache-Control"] = PICTURE_CACHE
    return response

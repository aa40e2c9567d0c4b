"""Drafts of offers in the console: the form, empty, filled in, or copied from another offer. How
its fields are read is in `offer_fields.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import make_response, redirect, request, url_for

from storefront.domain.window import end_of, start_of
from storefront.errors import Conflict, Invalid
from storefront.services import actions, offers
from storefront.services.reporting.offer_choices import (
    list_choices,
    list_companions,
    list_spots,
)
from storefront.web.auth import member, roles
from storefront.web.bodies import form_body
from storefront.web.console.blueprint import blueprint
from storefront.web.console.offer_fields import again, moment, read_draft, typed_of
from storefront.web.console.offers import find_offer
from storefront.web.console.page import shop, show
from storefront.web.console.reading import Reading
from storefront.web.context import ports
from storefront.web.errors import status_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.domain.window import Typed
    from storefront.services.reporting.offers import OfferPage

EMPTY = {"kind": "automatic", "benefit": "percent", "scope": "chosen", "returns_use": "1"}


@blueprint.route("/offers/new")
@roles("owner", "manager")
def new_offer() -> AnyResponse:
    """Show the form of a new offer; `like` names one whose terms it begins with. Nothing begins
    again by itself: the copy has no window, and the old offer stays over."""
    like = request.args.get("like")
    if not like:
        return _form(Reading(EMPTY))
    found = find_offer(like)
    return _form(Reading(again(found)), copied=found)


@blueprint.route("/offers", methods=["POST"])
@roles("owner", "manager")
def add_offer() -> AnyResponse:
    """Write a draft down."""
    reading, who, now = Reading(form_body()), member(), ports().clock.now()
    merchant = shop()
    draft = read_draft(reading, merchant)
    if reading.errors:
        return _form(reading, status=422)
    try:
        with ports().sessions.begin() as session:
            offer = offers.draft_for(session, who.merchant_id, draft, now=now)
            actions.note(session, who, "offer_made", of=("offer", offer.public_id), now=now)
    except (Conflict, Invalid) as error:
        reading.keep(error)
        return _form(reading, status=status_of(error))
    return redirect(url_for("console.offer", public_id=offer.public_id), 303)


@blueprint.route("/offers/<public_id>/draft")
@roles("owner", "manager")
def offer_draft(public_id: str) -> AnyResponse:
    """Show the form of a draft, filled in."""
    found = find_offer(public_id)
    return _form(Reading(typed_of(found)), name=found.offer.public_id)


@blueprint.route("/offers/<public_id>", methods=["POST"])
@roles("owner", "manager")
def change_offer(public_id: str) -> AnyResponse:
    """Change a draft; what is published stays as it was promised."""
    found = find_offer(public_id)
    reading, who, now = Reading(form_body()), member(), ports().clock.now()
    draft = read_draft(reading, shop())
    name = found.offer.public_id
    if reading.errors:
        return _form(reading, name=name, status=422)
    try:
        with ports().sessions.begin() as session:
            own = offers.get_offer(session, who.merchant_id, name)
            offers.edit_draft(session, own, draft, now=now)
            actions.note(session, who, "offer_changed", of=("offer", name), now=now)
    except (Conflict, Invalid) as error:
        reading.keep(error)
        return _form(reading, name=name, status=status_of(error))
    return redirect(url_for("console.offer", public_id=name), 303)


def _form(
    reading: Reading,
    *,
    name: str | None = None,
    copied: OfferPage | None = None,
    status: int = 200,
) -> Response:
    merchant, now = shop(), ports().clock.now()
    with ports().reads() as session:
        choices = list_choices(session, merchant.id)
        spots = list_spots(session, merchant.id)
        companions = list_companions(session, merchant.id, but=name, now=now)
    form = reading.form
    shown: dict[str, Any] = dict(form)
    page = show(
        "console/offer_form.html",
        merchant,
        name=name,
        copied=copied,
        form=form,
        errors=reading.errors,
        choices=choices,
        spots=spots,
        companions=companions,
        start=_meant(start_of, moment(form, "starts"), merchant.zone),
        end=_meant(end_of, moment(form, "ends"), merchant.zone),
        preview_url=url_for("console.preview_offer_draft", **shown),
        holds_ours=True,
    )
    return make_response(page, status)


def _meant(read: Callable[[str, str], Typed], typed: str, zone: str) -> Typed | None:
    """Return what a typed time means, None while it means nothing."""
    try:
        return read(typed, zone) if typed else None
    except Invalid:
        return None

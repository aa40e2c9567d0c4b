"""Offers in the console: the list, and the page from which one is put in force and out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import make_response, redirect, request, url_for

from storefront.domain.offers import Lane, Mode, State
from storefront.domain.window import end_of, start_of
from storefront.errors import Conflict, Invalid
from storefront.services import actions, offer_lanes, offer_life, offers
from storefront.services.offer_preview import Stage, moment_of
from storefront.services.reporting.offers import get_offer_page, list_offers
from storefront.web import forms
from storefront.web.auth import member, roles
from storefront.web.bodies import form_body
from storefront.web.console.blueprint import blueprint
from storefront.web.console.page import named, page_number, search, shop, show
from storefront.web.console.reading import Reading
from storefront.web.context import ports
from storefront.web.errors import status_of

if TYPE_CHECKING:
    from datetime import datetime

    from flask import Response
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.models import Offer
    from storefront.services.actions import Doer
    from storefront.services.reporting.offers import OfferPage

ACTS = ("publish", "pause", "resume", "end")


@blueprint.route("/offers", endpoint="offers")
@roles("owner", "manager")
def offers_page() -> str:
    """List offers, searched and by state."""
    only = request.args.get("state", "")
    only = only if only in set(State) else ""
    with ports().reads() as session:
        found = list_offers(
            session,
            member().merchant_id,
            query=search(),
            only=only,
            page=page_number(),
            now=ports().clock.now(),
        )
        modes = offer_lanes.lane_modes(session, member().merchant_id)
    return show(
        "console/offers.html",
        shop(),
        found=found,
        query=search(),
        state=only,
        modes=modes,
        news=request.args.get("news"),
    )


@blueprint.route("/offers/lanes", methods=["POST"])
@roles("owner", "manager")
def set_offer_lanes() -> AnyResponse:
    """Say how offers compete, turn by turn."""
    form, who, now = form_body(), member(), ports().clock.now()
    forms.refuse_unknown(form, {lane.value for lane in Lane})
    for lane in Lane:
        if form.get(lane.value) not in set(Mode):
            raise Invalid("invalid", field=lane.value)
    modes = {lane: Mode(form[lane.value]) for lane in Lane}
    with ports().sessions.begin() as session:
        offer_lanes.set_lane_modes(session, who.merchant_id, modes, now=now)
        thing = ("merchant", shop().public_id)
        actions.note(session, who, "offer_lanes_set", of=thing, now=now)
    return redirect(url_for("console.offers", news="lanes"), 303)


@blueprint.route("/offers/<public_id>")
@roles("owner", "manager")
def offer(public_id: str) -> AnyResponse:
    """Show an offer; while it is a draft, with its form."""
    return offer_page(find_offer(public_id))


def offer_page(
    found: OfferPage, *, errors: dict[str, str] | None = None, status: int = 200
) -> Response:
    """Show an offer, with what is wrong with what was asked."""
    own, now = found.offer, ports().clock.now()
    page = show(
        "console/offer.html",
        shop(),
        found=found,
        errors=errors or {},
        start=start_of(own.starts_wall, own.zone) if own.starts_wall else None,
        end=end_of(own.ends_wall, own.zone) if own.ends_wall else None,
        news=request.args.get("news"),
        stages={stage.value: moment_of(own.terms, stage, now=now) for stage in Stage},
        holds_ours=True,
    )
    return make_response(page, status)


@blueprint.route("/offers/<public_id>/state", methods=["POST"])
@roles("owner", "manager")
def set_offer_state(public_id: str) -> AnyResponse:
    """Publish, pause, resume or end an offer."""
    found, form = find_offer(public_id), form_body()
    forms.refuse_unknown(form, {"act"})
    if form.get("act") not in ACTS:
        raise Invalid("invalid", field="act")
    who, now, name = member(), ports().clock.now(), found.offer.public_id
    try:
        with ports().sessions.begin() as session:
            own = offers.get_offer(session, who.merchant_id, name)
            _act(session, who, own, act=form["act"], now=now)
    except (Conflict, Invalid) as error:
        reading = Reading(form)
        reading.keep(error, at="form")
        return offer_page(found, errors=reading.errors, status=status_of(error))
    return redirect(url_for("console.offer", public_id=name, news=form["act"]), 303)


def _act(session: Session, who: Doer, own: Offer, *, act: str, now: datetime) -> None:
    thing = ("offer", own.public_id)
    if act == "publish":
        offer_life.publish(session, own, now=now)
        actions.note(session, who, "offer_published", of=thing, now=now)
    elif act == "pause":
        offer_life.pause(session, own, now=now)
        actions.note(session, who, "offer_paused", of=thing, now=now)
    elif act == "resume":
        offer_life.resume(session, own, now=now)
        actions.note(session, who, "offer_resumed", of=thing, now=now)
    else:
        offer_life.end(session, own, now=now)
        actions.note(session, who, "offer_ended", of=thing, now=now)


def find_offer(public_id: str) -> OfferPage:
    """Return an offer of the merchant at work; raise `NotFound`."""
    with ports().reads() as session:
        return get_offer_page(
            session, member().merchant_id, named(public_id), now=ports().clock.now()
        )

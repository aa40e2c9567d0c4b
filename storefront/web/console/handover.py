"""What members do with one order: make it ready, hand it over, ship it, cancel it, write about it.
A step that comes too late shows the order as it is by now, with a sentence that says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import make_response, redirect, url_for

from storefront.errors import Conflict, Invalid
from storefront.services import cancelling, fulfilment, order_notes
from storefront.services.fulfilment import Handling
from storefront.web import forms
from storefront.web.auth import member, roles
from storefront.web.bodies import form_body
from storefront.web.console.blueprint import blueprint
from storefront.web.console.orders import order_page
from storefront.web.console.page import named
from storefront.web.context import ports, wants_json
from storefront.web.errors import status_of
from storefront.web.sentences import sentence_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.errors import StorefrontError

    Step = Callable[[Session, Handling], None]


@blueprint.route("/orders/<public_id>/readiness", methods=["POST"])
@roles("owner", "manager", "clerk")
def make_ready(public_id: str) -> AnyResponse:
    """Call an order ready to be picked up."""
    return _do(public_id, lambda session, hand: fulfilment.make_ready(session, hand, now=_now()))


@blueprint.route("/orders/<public_id>/pick-up", methods=["POST"])
@roles("owner", "manager", "clerk")
def pick_up(public_id: str) -> AnyResponse:
    """Note that an order was picked up."""
    return _do(public_id, lambda session, hand: fulfilment.pick_up(session, hand, now=_now()))


@blueprint.route("/orders/<public_id>/pick-up/reversal", methods=["POST"])
@roles("owner", "manager", "clerk")
def undo_pick_up(public_id: str) -> AnyResponse:
    """Take back that an order was picked up."""
    return _do(public_id, lambda session, hand: fulfilment.undo_pick_up(session, hand, now=_now()))


@blueprint.route("/orders/<public_id>/shipment", methods=["POST"])
@roles("owner", "manager", "clerk")
def ship(public_id: str) -> AnyResponse:
    """Note that an order is on its way, and how to follow it."""

    def step(session: Session, hand: Handling) -> None:
        tracking = forms.tracking(form_body())
        fulfilment.ship(session, hand, tracking=tracking, now=_now())

    return _do(public_id, step)


@blueprint.route("/orders/<public_id>/shipment/correction", methods=["POST"])
@roles("owner", "manager", "clerk")
def correct_tracking(public_id: str) -> AnyResponse:
    """Say anew how a shipped order can be followed."""

    def step(session: Session, hand: Handling) -> None:
        tracking = forms.tracking(form_body())
        fulfilment.correct_tracking(session, hand, tracking=tracking, now=_now())

    return _do(public_id, step)


@blueprint.route("/orders/<public_id>/notes", methods=["POST"])
@roles("owner", "manager", "clerk")
def note_order(public_id: str) -> AnyResponse:
    """Keep a note for colleagues."""

    def step(session: Session, hand: Handling) -> None:
        order_notes.note_for_colleagues(session, hand, _words(), now=_now())

    return _do(public_id, step)


@blueprint.route("/orders/<public_id>/messages", methods=["POST"])
@roles("owner", "manager")
def write_to_buyer(public_id: str) -> AnyResponse:
    """Send the buyer a mail."""

    def step(session: Session, hand: Handling) -> None:
        order_notes.write_to_buyer(session, hand, _words(), now=_now())

    return _do(public_id, step)


@blueprint.route("/orders/<public_id>/cancellation", methods=["POST"])
@roles("owner", "manager")
def cancel(public_id: str) -> AnyResponse:
    """Cancel an order; what was paid goes back."""
    hand = _handling(public_id)
    try:
        cancelling.cancel_order(ports(), hand)
    except Conflict as error:
        return _refused(hand.order, error)
    return _back(hand.order)


def _do(public_id: str, step: Step) -> AnyResponse:
    hand = _handling(public_id)
    try:
        with ports().sessions.begin() as session:
            step(session, hand)
    except (Conflict, Invalid) as error:
        return _refused(hand.order, error)
    return _back(hand.order)


def _handling(public_id: str) -> Handling:
    who = member()
    return Handling(who.merchant_id, named(public_id), who.member_id)


def _now() -> datetime:
    return ports().clock.now()


def _words() -> str:
    return forms.text(form_body().get("words"), field="words", longest=order_notes.LONGEST)


def _back(public_id: str) -> AnyResponse:
    return redirect(url_for("console.order", public_id=public_id), 303)


def _refused(public_id: str, error: StorefrontError) -> AnyResponse:
    if wants_json():
        raise error
    return make_response(order_page(public_id, error=sentence_of(error)), status_of(error))

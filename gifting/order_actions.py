"""What a giver can do on their order's page with one of its gifts: send it again, correct its
address, call it off. Whoever holds the order's token may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, jsonify, make_response, redirect, request, url_for

from gifting import cancelling, delivery, order_panel
from storefront.errors import Conflict, Invalid, NotFound, StorefrontError
from storefront.models import Order
from storefront.services.order_tokens import read_order_token
from storefront.web import checkout, forms
from storefront.web.bodies import form_body, json_body
from storefront.web.context import ports, wants_json
from storefront.web.sentences import sentence_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as AnyResponse

    from gifting.models import Gift
    from gifting.order_panel import SentGift

    Do = Callable[[Session, Gift, datetime], None]

blueprint = Blueprint("gift_order", __name__, url_prefix="/orders/<public_id>/gifts/<gift>")


@blueprint.post("/resend")
def resend(public_id: str, gift: str) -> AnyResponse:
    """Send a gift's mail once more."""

    def act(session: Session, found: Gift, now: datetime) -> None:
        if not _shown(session, found, now).can_resend:
            raise Conflict("gift_not_sent")
        delivery.resend(session, found, now=now)

    return _answer(public_id, gift, act)


@blueprint.post("/address")
def correct(public_id: str, gift: str) -> AnyResponse:
    """Send a gift that nobody has opened to another address instead."""
    body = json_body() if request.is_json else form_body()

    def act(session: Session, found: Gift, now: datetime) -> None:
        forms.refuse_unknown(body, {"email"})
        email = forms.email(body.get("email"))
        delivery.correct_address(session, found, email, sign=ports().sign, now=now)

    return _answer(public_id, gift, act, typed=body.get("email"))


@blueprint.post("/cancellation")
def cancel(public_id: str, gift: str) -> AnyResponse:
    """Call a gift off, and give its money back."""

    def act(session: Session, found: Gift, now: datetime) -> None:
        cancelling.cancel_gift(session, found, kinds=ports().kinds, now=now)

    return _answer(public_id, gift, act)


def _answer(public_id: str, gift: str, act: Do, *, typed: object = "") -> AnyResponse:
    """Do it in one transaction, and show what came of it: to people on the order's page."""
    merchant_id = read_order_token(ports().sign, request.args.get("t"), public_id)
    try:
        with ports().sessions.begin() as session:
            found = _find(session, merchant_id, order=public_id, gift=gift)
            act(session, found, ports().clock.now())
    except (Conflict, Invalid) as error:
        if wants_json():
            raise
        return _refused(public_id, gift, error, typed=typed)
    if wants_json():
        with ports().reads() as session:
            found = _find(session, merchant_id, order=public_id, gift=gift)
            shown = _shown(session, found, ports().clock.now())
        return make_response(jsonify(order_panel.as_json(shown)))
    page = url_for("checkout.order", public_id=public_id, _anchor=gift, **checkout.kept_tokens())
    return redirect(page, 303)


def _refused(public_id: str, gift: str, error: StorefrontError, *, typed: object) -> AnyResponse:
    fault = {"gift": gift, "field": error.field or "", "sentence": sentence_of(error)}
    return checkout.refused_page(public_id, error, **fault, typed=typed)


def _find(session: Session, merchant_id: int, *, order: str, gift: str) -> Gift:
    found = delivery.get_gift(session, merchant_id, gift)
    if session.get_one(Order, found.order_id).public_id != order:
        raise NotFound
    return found


def _shown(session: Session, gift: Gift, now: datetime) -> SentGift:
    shop = order_panel.Shop(ports().settings, ports().sign)
    order = session.get_one(Order, gift.order_id)
    shown = order_panel.sent_gifts(session, order, shop, now=now)
    return next(each for each in shown if each.public_id == gift.public_id)

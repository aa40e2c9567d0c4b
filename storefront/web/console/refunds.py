"""Give money back in the console: choose, see what will happen, confirm. No script is needed."""

from __future__ import annotations

import re
import secrets
import unicodedata
from typing import TYPE_CHECKING, Any

from flask import make_response, redirect, url_for

from storefront.domain.money import exponent
from storefront.errors import Conflict, Invalid
from storefront.services import actions, idempotency
from storefront.services.refunds import Wish, refund_order
from storefront.services.reporting.refunds import preview_refund, refund_choices, weigh_order
from storefront.web.auth import member, roles
from storefront.web.bodies import form_body
from storefront.web.console.blueprint import blueprint
from storefront.web.console.page import named, shop, show
from storefront.web.context import ports, wants_json
from storefront.web.errors import status_of
from storefront.web.languages import asked_fields
from storefront.web.sentences import sentence_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from storefront.errors import StorefrontError

ROUTE = "POST /console/orders/refunds"
WAYS = ("all", "lines", "amount")
QUANTITY = "line-"
LONGEST_KEY = 64


@blueprint.route("/orders/<public_id>/refunds")
@roles("owner", "manager")
def refund(public_id: str) -> AnyResponse:
    """Show what can go back, and, once something is chosen, what would happen."""
    return _page(named(public_id), asked_fields())


@blueprint.route("/orders/<public_id>/refunds", methods=["POST"])
@roles("owner", "manager")
def make_refund(public_id: str) -> AnyResponse:
    """Give money back, once for each key that the form was given."""
    name, form = named(public_id), form_body()
    try:
        _refund_once(name, form)
    except (Conflict, Invalid) as error:
        if wants_json():
            raise
        return _page(name, form, error)
    return redirect(url_for("console.order", public_id=name), 303)


def _refund_once(public_id: str, form: Mapping[str, str]) -> None:
    who, now = member(), ports().clock.now()
    key = idempotency.check_key(form.get("key", "")[:LONGEST_KEY], is_anonymous=False)
    asked = {name: value for name, value in form.items() if name != "key"}
    body_hash = idempotency.hash_body({"order": public_id, **asked})
    with ports().sessions.begin() as session:
        choices = refund_choices(session, who.merchant_id, public_id)
        wish = _wish(form, choices.left.currency)
        turn = idempotency.take_turn(
            session,
            idempotency.RequestKey(who.merchant_id, who.member_public_id, ROUTE, key, body_hash),
            now=now,
        )
        if turn.answer is None:
            made = refund_order(
                session,
                who.merchant_id,
                public_id,
                wish=wish,
                kinds=ports().kinds,
                now=now,
                member_id=who.member_id,
            )
            actions.note(
                session,
                who,
                "refunded",
                of=("order", public_id),
                now=now,
                amount_minor=made.amount_minor,
                currency=made.currency,
                refund=made.public_id,
            )
            answer = {"refund": made.public_id}
            idempotency.keep_answer(session, turn, status=303, answer=answer)


def _page(
    public_id: str, chosen: Mapping[str, str], error: StorefrontError | None = None
) -> Response:
    merchant, now = shop(), ports().clock.now()
    preview = None
    with ports().reads() as session:
        choices = refund_choices(session, merchant.id, public_id)
        panels = weigh_order(session, merchant.id, public_id, kinds=ports().kinds, now=now)
        if chosen.get("way") and error is None:
            try:
                wish = _wish(chosen, choices.left.currency)
                preview = preview_refund(session, merchant.id, public_id, wish=wish)
            except (Conflict, Invalid) as refused:
                error = refused
    page = show(
        "console/refund.html",
        merchant,
        choices=choices,
        preview=preview,
        panels=panels,
        chosen=chosen,
        error=sentence_of(error) if error else None,
        key=secrets.token_urlsafe(24),
    )
    response = make_response(page, status_of(error) if error else 200)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _wish(given: Mapping[str, str], currency: str) -> Wish:
    """Return what the form asks for; a box that is not ticked is not sent."""
    way = given.get("way", "")
    if way not in WAYS:
        raise Invalid("invalid", field="way")
    values: dict[str, Any] = {
        "is_restocked": bool(given.get("restock")) and way != "amount",
        "with_shipping": bool(given.get("shipping")),
        "is_forced": bool(given.get("forced") and given.get("sure")),
    }
    if way == "amount":
        values["amount_minor"] = _minor(given.get("amount", ""), currency)
    elif way == "lines":
        values["lines"] = _quantities(given)
    return Wish(**values)


def _quantities(given: Mapping[str, str]) -> dict[int, int]:
    typed = {
        name.removeprefix(QUANTITY): unicodedata.normalize("NFKC", value).strip()
        for name, value in given.items()
        if name.startswith(QUANTITY)
    }
    for value in [*typed, *typed.values()]:
        if value and not re.fullmatch(r"[0-9]{1,2}", value, re.ASCII):
            raise Invalid("invalid_quantity", field="lines", least=0, most=99)
    lines = {int(place): int(value) for place, value in typed.items() if value and int(value)}
    if not lines:
        raise Invalid("unknown_line", field="lines")
    return lines


def _minor(typed: str, currency: str) -> int:
    """Return an amount such as 4.50 in minor units: a point or a comma, no separators."""
    places = exponent(currency)
    text = unicodedata.normalize("NFKC", typed[:40]).strip().replace(",", ".")
    match = re.fullmatch(r"([0-9]{1,12})(?:\.([0-9]*))?", text, re.ASCII)
    if match is None or len(match[2] or "") > places:
        raise Invalid("invalid_refund_amount", field="amount")
    return int(match[1] + (match[2] or "").ljust(places, "0"))

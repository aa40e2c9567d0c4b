"""What members do to a gift in the console: send it again or elsewhere, block, unblock, void,
adjust."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import redirect, url_for

from gifting import cards, delivery
from gifting.console.blueprint import blueprint
from gifting.console.gifts import gift_page
from gifting.reporting.dossier import get_gift_dossier
from storefront.domain.prices import read_price
from storefront.errors import Conflict, Invalid
from storefront.services import actions, idempotency
from storefront.web import forms
from storefront.web.auth import member, roles
from storefront.web.bodies import form_body
from storefront.web.console.page import named
from storefront.web.context import ports, wants_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response as AnyResponse

    Act = Callable[[Session, str, Mapping[str, str]], None]

ROUTE = "POST /console/gifts/adjustments"
DIRECTIONS = {"up": 1, "down": -1}
LONGEST_KEY = 64


@blueprint.route("/<public_id>/mails", methods=["POST"])
@roles("owner", "manager")
def resend_gift(public_id: str) -> AnyResponse:
    """Send a gift to its recipient once more."""
    return _do(named(public_id), _resend, news="resent")


@blueprint.route("/<public_id>/address", methods=["POST"])
@roles("owner", "manager")
def correct_gift_address(public_id: str) -> AnyResponse:
    """Send a gift that nobody has opened to another address; its old link opens nothing."""
    return _do(named(public_id), _correct, news="corrected")


@blueprint.route("/<public_id>/block", methods=["POST"])
@roles("owner", "manager")
def block_gift(public_id: str) -> AnyResponse:
    """Let the card of a gift buy nothing for now; with `again`, let it buy again."""
    is_over = bool(form_body().get("again"))
    return _do(named(public_id), _unblock if is_over else _block, news="kept")


@blueprint.route("/<public_id>/voiding", methods=["POST"])
@roles("owner", "manager")
def void_gift(public_id: str) -> AnyResponse:
    """Make the card of a gift worthless for good."""
    return _do(named(public_id), _void, news="void")


@blueprint.route("/<public_id>/adjustments", methods=["POST"])
@roles("owner", "manager")
def adjust_gift(public_id: str) -> AnyResponse:
    """Put something on the card of a gift, or take something off; once for each form."""
    return _do(named(public_id), _adjust, news="adjusted")


def _do(name: str, act: Act, *, news: str) -> AnyResponse:
    try:
        with ports().sessions.begin() as session:
            act(session, name, form_body())
    except (Conflict, Invalid) as error:
        if wants_json():
            raise
        return gift_page(name, error)
    return redirect(url_for("gift_console.gift", public_id=name, news=news), 303)


def _resend(session: Session, name: str, form: Mapping[str, str]) -> None:
    del form
    who, now = member(), ports().clock.now()
    number = delivery.resend(session, delivery.get_gift(session, who.merchant_id, name), now=now)
    actions.note(session, who, "gift_resent", of=("gift", name), now=now, number=number)


def _correct(session: Session, name: str, form: Mapping[str, str]) -> None:
    who, now = member(), ports().clock.now()
    found = delivery.get_gift(session, who.merchant_id, name)
    email = forms.email(form.get("email"))
    delivery.correct_address(session, found, email, sign=ports().sign, now=now)
    actions.note(session, who, "gift_address_corrected", of=("gift", name), now=now)


def _block(session: Session, name: str, form: Mapping[str, str]) -> None:
    cards.block(session, member(), _card(session, name), **_why(form))


def _unblock(session: Session, name: str, form: Mapping[str, str]) -> None:
    cards.unblock(session, member(), _card(session, name), **_why(form))


def _void(session: Session, name: str, form: Mapping[str, str]) -> None:
    cards.void(session, member(), _card(session, name), **_why(form))


def _adjust(session: Session, name: str, form: Mapping[str, str]) -> None:
    who, now = member(), ports().clock.now()
    key = idempotency.check_key(form.get("key", "")[:LONGEST_KEY], is_anonymous=False)
    asked = {field: value for field, value in form.items() if field != "key"}
    request = idempotency.RequestKey(
        who.merchant_id,
        who.member_public_id,
        ROUTE,
        key,
        idempotency.hash_body({"gift": name, **asked}),
    )
    turn = idempotency.take_turn(session, request, now=now)
    if turn.answer is not None:
        return
    dossier = get_gift_dossier(session, who.merchant_id, name, now=now)
    sign = DIRECTIONS.get(form.get("direction", ""))
    if sign is None:
        raise Invalid("invalid", field="direction")
    minor = sign * read_price(form.get("amount", ""), dossier.row.face.currency).minor
    held = cards.adjust(session, who, _card(session, name), minor=minor, **_why(form))
    idempotency.keep_answer(session, turn, status=303, answer={"balance_minor": held.minor})


def _why(form: Mapping[str, str]) -> dict[str, Any]:
    return {"reason": form.get("reason", ""), "now": ports().clock.now()}


def _card(session: Session, name: str) -> str:
    """Return the public id of a gift's card; raise `Conflict` code_pending before it is paid."""
    found = get_gift_dossier(session, member().merchant_id, name, now=ports().clock.now())
    if found.card is None:
        raise Conflict("code_pending")
    return found.card.public_id

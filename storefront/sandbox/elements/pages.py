"""The pages and files of the element, each with its own strict Content-Security-Policy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from flask import (
    Blueprint,
    Response,
    current_app,
    make_response,
    render_template,
    request,
    send_from_directory,
)

from storefront.sandbox.cards import BY_NAME
from storefront.sandbox.currencies import shown
from storefront.sandbox.elements.texts import Texts, texts_for

if TYPE_CHECKING:
    from storefront.sandbox.machine import Machine

blueprint = Blueprint("elements", __name__)

_FOLDER = Path(__file__).parent
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)
_FILES = ("payment.css", "payment.js", "challenge.css", "challenge.js")
# The first three stand as buttons, the others in a list below them.
_LISTED = (
    ("visa", "works"),
    ("chargeDeclined", "declined"),
    ("threeDSecure2Required", "asks"),
    ("chargeDeclinedInsufficientFunds", "funds"),
    ("chargeDeclinedExpiredCard", "expired"),
    ("chargeDeclinedIncorrectCvc", "bad_cvc"),
    ("sandboxProcessing", "slow"),
    ("sandboxProcessingFails", "slow_fails"),
    ("refundFail", "refund_fails"),
    ("createDispute", "disputed"),
)


@dataclass(frozen=True, slots=True)
class ListedCard:
    """A test card as the form offers it."""

    name: str
    number: str
    note: str

    @property
    def digits(self) -> str:
        """Return the number without spaces."""
        return self.number.replace(" ", "")


@blueprint.get("/v3/")
@blueprint.get("/v3", strict_slashes=False)
@blueprint.get("/stripe.js")
def stripe_js() -> Response:
    """Send the stand-in for Stripe.js."""
    return _file("stripe.js")


@blueprint.get("/elements/<path:name>")
def element(name: str) -> Response:
    """Send the card form, or one of its files."""
    if name in _FILES:
        return _file(name)
    if name not in ("payment", "card"):
        return Response("Not found", 404, mimetype="text/plain")
    words = texts_for(request.args.get("locale", ""))
    return _page("payment.html", t=words, cards=_cards(words))


@blueprint.get("/challenges/<intent_id>")
def challenge(intent_id: str) -> Response:
    """Send the page where a buyer confirms, or does not."""
    words = texts_for(request.args.get("locale", request.accept_languages.best or ""))
    return _page("challenge.html", t=words, amount=_amount(intent_id), intent_id=intent_id)


def _amount(intent_id: str) -> str | None:
    machine = cast("Machine", current_app.extensions["sandbox"])
    with machine.store.reading() as tx:
        account = tx.account_of(intent_id)
        intent = tx.find(account or "", "payment_intent", intent_id)
    secret = request.args.get("client_secret")
    if intent is None or intent["client_secret"] != secret:
        return None
    return shown(intent["amount"], intent["currency"]).upper()


def _cards(words: Texts) -> list[ListedCard]:
    return [
        ListedCard(words[text], _grouped(BY_NAME[name].number), words[f"{text}_note"])
        for name, text in _LISTED
    ]


def _grouped(number: str) -> str:
    return " ".join(re.findall(r"\d{1,4}", number))


def _page(template: str, **values: object) -> Response:
    response = make_response(render_template(template, **values))
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _file(name: str) -> Response:
    response = send_from_directory(_FOLDER, name, max_age=0)
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response

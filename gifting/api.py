"""What a merchant's own till does by /api/v1: look what a card is worth, take from it, undo that.
The code stands in the body, never in an address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, ValidationError, fields, validate

from gifting import machines
from gifting.codes import LONGEST_TYPED
from gifting.redemption import Redeem, look_up, redeem
from gifting.reversal import REASONS, Reverse, reverse
from storefront.errors import Invalid
from storefront.web import forms
from storefront.web.api.access import caller, caller_of_late, request_key
from storefront.web.api.answers import (
    KEY_PARAMETER,
    PUBLIC_ID,
    PUBLIC_ID_PATTERN,
    REPLAY_HEADER,
    WITH_BODY,
    refusals,
)
from storefront.web.bodies import json_body
from storefront.web.context import ports
from storefront.web.formats import use_zone

if TYPE_CHECKING:
    from gifting.redeemed import Redeemed

blueprint = Blueprint("api_gifts", __name__, description="Gift cards spent at a merchant's till.")

GREATEST = 2**53
"""Beyond it, programs that count in floating point no longer tell amounts apart."""

REPLAYED = {"Idempotent-Replayed": "true"}
FINER_CODES = {
    "amount_minor": "invalid_gift_amount",
    "basket_minor": "invalid_gift_amount",
    "store": "unknown_store",
}
MINOR = "In minor units of the card's currency."
HOLDER = (
    "Of a card that is for one person alone: the e-mail address that the gift went to, as the "
    "guest says it. Taking needs it; looking checks it where it is said."
)
STORE = "Needed with a token of the whole merchant; a store's token acts for its own."


class LookupBody(Schema):
    """A card that somebody shows."""

    class Meta:
        """Refuse what we do not know."""

        unknown = RAISE

    code = fields.String(
        required=True,
        metadata={
            "description": "As it was typed or scanned: case, spaces and dashes do not matter, and "
            "the address in a gift's QR code is as good.",
            "example": "ABCD-EFGH-JKMN-PQRS-6",
        },
    )
    store = fields.String(
        validate=PUBLIC_ID,
        metadata={"description": STORE, "example": "sto_0123456789abcdef", **PUBLIC_ID_PATTERN},
    )
    holder = fields.String(metadata={"description": HOLDER, "example": "ben@example.com"})


class RedemptionBody(LookupBody):
    """What is to be taken from a card. A product is taken as a whole: say no amount."""

    amount_minor = fields.Integer(
        strict=True, validate=validate.Range(1, GREATEST), metadata={"description": MINOR}
    )
    basket_minor = fields.Integer(
        strict=True,
        validate=validate.Range(1, GREATEST),
        metadata={"description": "The whole bill, if you like to know what the gift brought."},
    )


class ReversalBody(Schema):
    """Why a redemption is undone."""

    class Meta:
        """Refuse what we do not know."""

        unknown = RAISE

    reason = fields.String(metadata={"enum": list(REASONS), "default": REASONS[0]})


class CardAnswer(Schema):
    """What a card is worth at this till."""

    card = fields.String(required=True)
    last_four = fields.String(required=True)
    title = fields.String(required=True, metadata={"description": "What to hand over."})
    is_product = fields.Boolean(required=True)
    is_bound = fields.Boolean(
        required=True, metadata={"description": "Whether `holder` is needed to take from it."}
    )
    status = fields.String(required=True, metadata={"enum": ["active", "partly_redeemed"]})
    balance_minor = fields.Integer(required=True, metadata={"description": MINOR})
    face_minor = fields.Integer(required=True)
    currency = fields.String(required=True)
    expires_on = fields.Date(
        allow_none=True, required=True, metadata={"description": "The last day; null is never."}
    )


class RedemptionAnswer(Schema):
    """What was taken, and what is left. `public_id` is the receipt's number."""

    public_id = fields.String(required=True)
    card = fields.String(required=True)
    last_four = fields.String(required=True)
    title = fields.String(required=True)
    amount_minor = fields.Integer(required=True)
    balance_minor = fields.Integer(required=True)
    basket_minor = fields.Integer(allow_none=True, required=True)
    on_top_minor = fields.Integer(
        allow_none=True, required=True, metadata={"description": "Paid besides the gift."}
    )
    currency = fields.String(required=True)
    store = fields.String(required=True)
    redeemed_at = fields.AwareDateTime(required=True)


class ReversalAnswer(Schema):
    """What came back on the card."""

    redemption = fields.String(required=True)
    amount_minor = fields.Integer(required=True)
    balance_minor = fields.Integer(required=True)
    currency = fields.String(required=True)
    reversed_at = fields.String(required=True, metadata={"format": "date-time"})


@blueprint.post("/gift-cards/lookup")
@blueprint.doc(
    operationId="lookAtCard",
    security=[{"bearer": []}],
    requestBody={"required": True, "content": {"application/json": {"schema": LookupBody}}},
    responses={
        200: {"links": {"takeFromIt": {
            "operationId": "redeemCard",
            "requestBody": {"code": "$request.body#/code", "store": "$request.body#/store"},
        }}},
        **refusals(*WITH_BODY, 429),
    },
)  # fmt: skip
@blueprint.response(200, CardAnswer)
def look() -> Any:
    """Look what a card is worth at a store. Nothing is taken."""
    who = caller()
    body = _load(_LOOKUP, json_body())
    till = machines.till_of(ports(), who, body.get("store"))
    use_zone(who.zone)
    card = look_up(ports(), till, body["code"], holder=_holder(body))
    return {
        "card": card.public_id,
        "last_four": card.last_four,
        "title": card.title,
        "is_product": card.is_product,
        "is_bound": card.is_bound,
        "status": card.status.value,
        "balance_minor": card.balance.minor,
        "face_minor": card.face.minor,
        "currency": card.balance.currency,
        "expires_on": card.expires_on,
    }


@blueprint.post("/redemptions")
@blueprint.doc(
    operationId="redeemCard",
    security=[{"bearer": []}],
    parameters=[KEY_PARAMETER],
    requestBody={"required": True, "content": {"application/json": {"schema": RedemptionBody}}},
    responses={
        201: {"links": {"undoIt": {
            "operationId": "undoRedemption",
            "parameters": {"public_id": "$response.body#/public_id"},
        }}},
        **refusals(*WITH_BODY, 429),
    },
)  # fmt: skip
@blueprint.response(201, RedemptionAnswer, headers=REPLAY_HEADER)
def take() -> Any:
    """Take a part of a card, or all of it. A repeat under the same key takes nothing twice."""
    who, key = caller_of_late(), request_key()
    body = _load(_REDEMPTION, json_body())
    till = machines.till_of(ports(), who, body.get("store"))
    use_zone(who.zone)
    wish = Redeem(
        body["code"],
        body.get("amount_minor"),
        key,
        basket_minor=body.get("basket_minor"),
        holder=_holder(body),
    )
    taken = redeem(ports(), till, wish)
    return _told(taken), 201, REPLAYED if taken.is_replayed else {}


@blueprint.post("/redemptions/<public_id>/reversal")
@blueprint.doc(
    operationId="undoRedemption",
    security=[{"bearer": []}],
    parameters=[KEY_PARAMETER],
    requestBody={"content": {"application/json": {"schema": ReversalBody}}},
    responses=refusals(*WITH_BODY),
)
@blueprint.response(201, ReversalAnswer, headers=REPLAY_HEADER)
def undo(public_id: str) -> Any:
    """Undo a redemption, once and as a whole."""
    who, key = caller(), request_key()
    body = _load(_REVERSAL, json_body() if request.content_length else {})
    till = machines.till_for_undoing(ports(), who, public_id)
    back = reverse(ports(), till, Reverse(public_id, key, body.get("reason", REASONS[0])))
    answer = {
        "redemption": back.redemption,
        "amount_minor": back.amount.minor,
        "balance_minor": back.balance.minor,
        "currency": back.balance.currency,
        "reversed_at": back.at,
    }
    return answer, 201, REPLAYED if back.is_replayed else {}


def _holder(body: dict[str, Any]) -> str:
    said = body.get("holder", "")
    return forms.email(said, field="holder") if said else ""


def _told(taken: Redeemed) -> dict[str, Any]:
    return {
        "public_id": taken.public_id,
        "card": taken.card,
        "last_four": taken.last_four,
        "title": taken.title,
        "amount_minor": taken.amount.minor,
        "balance_minor": taken.balance.minor,
        "basket_minor": taken.basket.minor if taken.basket else None,
        "on_top_minor": taken.on_top.minor if taken.on_top else None,
        "currency": taken.amount.currency,
        "store": taken.store,
        "redeemed_at": taken.at,
    }


_LOOKUP, _REDEMPTION, _REVERSAL = LookupBody(), RedemptionBody(), ReversalBody()
"""Made once: it takes longer than to read a body with them."""


def _load(schema: Schema, raw: dict[str, Any]) -> dict[str, Any]:
    stray = sorted(set(raw) - set(schema.fields))
    if stray:
        raise Invalid("unknown_field", field=stray[0][:60], name=stray[0][:60])
    try:
        body: dict[str, Any] = schema.load(raw)
    except ValidationError as error:
        field = next(iter(error.messages_dict))
        raise Invalid(FINER_CODES.get(field, "invalid"), field=field) from None
    return {
        name: value[:LONGEST_TYPED] if name == "code" else value for name, value in body.items()
    }

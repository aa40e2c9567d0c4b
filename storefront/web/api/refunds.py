"""POST /api/v1/orders/<id>/refunds: a merchant's own server gives money back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, ValidationError, fields

from storefront.errors import Invalid
from storefront.services import idempotency
from storefront.services.refunds import Wish, refund_order
from storefront.web.api.access import merchant_caller, request_key
from storefront.web.api.answers import KEY_PARAMETER, REPLAY_HEADER, WITH_BODY, refusals
from storefront.web.bodies import json_body
from storefront.web.context import ports

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

blueprint = Blueprint("api_refunds", __name__, description="Money that goes back.")

ROUTE = "POST /api/v1/orders/refunds"
GREATEST = 2**53
MOST_LINES = 20
FINER_CODES = {"amount_minor": "invalid_refund_amount", "lines": "unknown_line"}


class LineBody(Schema):
    """So many units of one line; `line` is its place in the order, the first is 0."""

    class Meta:
        """Refuse what we do not know."""

        unknown = RAISE

    line = fields.Integer(required=True, strict=True)
    quantity = fields.Integer(required=True, strict=True)


class RefundBody(Schema):
    """Units of lines, or an amount; neither means all that is left."""

    class Meta:
        """Refuse what we do not know."""

        unknown = RAISE

    lines = fields.List(fields.Nested(LineBody))
    amount_minor = fields.Integer(
        strict=True, metadata={"description": "In minor units of the order's currency."}
    )
    restock = fields.Boolean(
        truthy={True},
        falsy={False},
        metadata={"description": "Put units back on sale; true unless you say otherwise."},
    )
    shipping = fields.Boolean(
        truthy={True},
        falsy={False},
        metadata={"description": "Give the shipping back too; false for lines, else true."},
    )


class RefundAnswer(Schema):
    """A refund that is on its way."""

    public_id = fields.String(required=True)
    order = fields.String(required=True)
    amount_minor = fields.Integer(required=True)
    tax_minor = fields.Integer(required=True, metadata={"description": "The tax in the amount."})
    shipping_minor = fields.Integer(
        required=True, metadata={"description": "The shipping in the amount."}
    )
    currency = fields.String(required=True)
    intended_at = fields.String(required=True, metadata={"format": "date-time"})


@blueprint.post("/orders/<public_id>/refunds")
@blueprint.doc(
    operationId="refundOrder",
    security=[{"bearer": []}],
    parameters=[KEY_PARAMETER],
    requestBody={"required": True, "content": {"application/json": {"schema": RefundBody}}},
    responses={
        201: {"links": {"lookAtIt": {
            "operationId": "readOrder",
            "parameters": {"public_id": "$response.body#/order"},
        }}},
        **refusals(*WITH_BODY),
    },
)  # fmt: skip
@blueprint.response(201, RefundAnswer, headers=REPLAY_HEADER)
def create(public_id: str) -> Any:
    """Give back an order's money: whole, by line or by amount."""
    who, key = merchant_caller(), request_key()
    raw = json_body()
    wish = _wish(raw)
    asked = idempotency.hash_body({"order": public_id, "body": raw})
    now = ports().clock.now()
    with ports().sessions.begin() as session:
        turn = idempotency.take_turn(
            session,
            idempotency.RequestKey(who.merchant_id, who.token, ROUTE, key, asked),
            now=now,
        )
        if turn.answer is not None:
            return dict(turn.answer), turn.status, {"Idempotent-Replayed": "true"}
        answer = _refund(session, who.merchant_id, public_id, wish=wish)
        idempotency.keep_answer(session, turn, status=201, answer=answer)
    return answer


def _refund(session: Session, merchant_id: int, public_id: str, *, wish: Wish) -> dict[str, Any]:
    now = ports().clock.now()
    refund = refund_order(session, merchant_id, public_id, wish=wish, kinds=ports().kinds, now=now)
    return {
        "public_id": refund.public_id,
        "order": public_id,
        "amount_minor": refund.amount_minor,
        "tax_minor": refund.tax_minor,
        "shipping_minor": refund.shipping_minor,
        "currency": refund.currency,
        "intended_at": now.isoformat(),
    }


def _wish(raw: Mapping[str, Any]) -> Wish:
    body = _load(raw)
    if "lines" in body and "amount_minor" in body:
        raise Invalid("invalid", field="amount_minor")
    lines = _lines(body["lines"]) if "lines" in body else {}
    return Wish(
        lines=lines,
        amount_minor=body.get("amount_minor"),
        is_restocked=body.get("restock", True),
        with_shipping=body.get("shipping"),
    )


def _load(raw: Mapping[str, Any]) -> dict[str, Any]:
    known = RefundBody()
    stray = sorted(set(raw) - set(known.fields))
    if stray:
        raise Invalid("unknown_field", field=stray[0][:60], name=stray[0][:60])
    try:
        body: dict[str, Any] = known.load(raw)
    except ValidationError as error:
        field = next(iter(error.messages_dict))
        raise Invalid(FINER_CODES.get(field, "invalid"), field=field) from None
    if not 1 <= body.get("amount_minor", 1) <= GREATEST:
        raise Invalid("invalid_refund_amount", field="amount_minor")
    return body


def _lines(given: list[dict[str, int]]) -> dict[int, int]:
    lines = {each["line"]: each["quantity"] for each in given}
    if not given or len(lines) != len(given) or len(given) > MOST_LINES:
        raise Invalid("unknown_line", field="lines")
    return lines

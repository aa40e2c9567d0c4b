"""GET /api/v1/orders/<id>: a merchant's own server reads an order and what led to it."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint
from marshmallow import Schema, fields

from storefront.services import chains, orders
from storefront.web.api.access import merchant_caller
from storefront.web.api.answers import refusals
from storefront.web.context import ports
from storefront.web.formats import sums_as_json

blueprint = Blueprint("api_orders", __name__, description="Orders and what led to them.")


class CreditAnswer(Schema):
    """One interaction's share of an order under one model."""

    model = fields.String(required=True)
    interaction = fields.String(allow_none=True, required=True)
    share = fields.Integer(required=True, metadata={"description": "Of 10,000."})


class StepAnswer(Schema):
    """One step of the line that led to the order, the earliest first."""

    kind = fields.String(required=True)
    interaction = fields.String(required=True)
    assurance = fields.String(required=True)
    occurred_at = fields.AwareDateTime(required=True)


class LineAnswer(Schema):
    """One line of the order. `line` names it when some of it goes back."""

    line = fields.Integer(required=True)
    title = fields.String(required=True)
    sku = fields.String(required=True)
    quantity = fields.Integer(required=True)
    unit_minor = fields.Integer(required=True, metadata={"description": "List price of one."})
    discount_minor = fields.Integer(required=True)
    tax_minor = fields.Integer(required=True)
    total_minor = fields.Integer(
        required=True, metadata={"description": "Less the discount, with tax that is added."}
    )
    refunded_quantity = fields.Integer(required=True)
    refunded_minor = fields.Integer(required=True)


class OrderAnswer(Schema):
    """An order."""

    public_id = fields.String(required=True)
    number = fields.Integer(allow_none=True, required=True)
    status = fields.String(required=True)
    amount_minor = fields.Integer(required=True)
    goods_minor = fields.Integer(required=True, metadata={"description": "At list prices."})
    discount_minor = fields.Integer(required=True)
    shipping_minor = fields.Integer(required=True)
    tax_minor = fields.Integer(required=True, metadata={"description": "On goods and shipping."})
    is_tax_included = fields.Boolean(required=True)
    refunded_minor = fields.Integer(required=True)
    currency = fields.String(required=True)
    lines = fields.List(fields.Nested(LineAnswer), required=True)
    placed_at = fields.AwareDateTime(required=True)
    paid_at = fields.AwareDateTime(allow_none=True, required=True)
    placement = fields.String(required=True)
    evidence = fields.String(required=True)
    line = fields.List(fields.Nested(StepAnswer), required=True)
    credits = fields.List(fields.Nested(CreditAnswer), required=True)


@blueprint.get("/orders/<public_id>")
@blueprint.doc(
    operationId="readOrder",
    security=[{"bearer": []}],
    responses={
        200: {"links": {"giveBack": {
            "operationId": "refundOrder",
            "parameters": {"public_id": "$response.body#/public_id"},
        }}},
        **refusals(404),
    },
)  # fmt: skip
@blueprint.response(200, OrderAnswer)
def read(public_id: str) -> dict[str, Any]:
    """Read one of the merchant's own orders, with the line that led to it."""
    who = merchant_caller()
    with ports().reads() as session:
        order = orders.get_order(
            session, who.merchant_id, public_id, settings=ports().settings, now=ports().clock.now()
        )
        chain = chains.chain_of(session, who.merchant_id, public_id)
    return {
        "public_id": order.public_id,
        "number": order.number,
        "status": order.status.value,
        "amount_minor": order.total.minor,
        **sums_as_json(order.sums),
        "refunded_minor": order.refunded.minor,
        "currency": order.total.currency,
        "lines": [
            {
                "line": line.position,
                "title": line.title,
                "sku": line.sku,
                "quantity": line.quantity,
                "unit_minor": line.unit.minor,
                "discount_minor": line.discount.minor,
                "tax_minor": line.tax.minor,
                "total_minor": line.total.minor,
                "refunded_quantity": line.refunded_quantity,
                "refunded_minor": line.refunded.minor,
            }
            for line in order.lines
        ],
        "placed_at": order.placed_at,
        "paid_at": order.paid_at,
        "placement": order.placement.public_id,
        "evidence": chain.evidence,
        "line": [
            {
                "kind": step.kind,
                "interaction": step.interaction,
                "assurance": step.assurance,
                "occurred_at": step.occurred_at,
            }
            for step in chain.steps
        ],
        "credits": [
            {"model": credit.model, "interaction": credit.interaction, "share": credit.share}
            for credit in chain.credits
        ],
    }

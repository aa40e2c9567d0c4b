"""POST /api/v1/interactions: a network's or merchant's server tells us what happened there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, ValidationError, fields

from storefront import links
from storefront.errors import Invalid, NotFound
from storefront.services import idempotency, interactions, visitors
from storefront.services.placements import get_placement
from storefront.web.api.access import Caller, merchant_caller, request_key
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

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storefront.services.views import PlacementView

blueprint = Blueprint("api_interactions", __name__, description="What happened where people talk.")

ROUTE = "POST /api/v1/interactions"
OLDEST = timedelta(days=30)
AHEAD = timedelta(minutes=5)


class InteractionBody(Schema):
    """One social act that a server has seen."""

    class Meta:
        """Refuse what we do not know."""

        unknown = RAISE

    placement = fields.String(
        required=True,
        validate=PUBLIC_ID,
        metadata={"example": "plc_0123456789abcdef", **PUBLIC_ID_PATTERN},
    )
    kind = fields.String(required=True, metadata={"enum": sorted(interactions.NETWORK_KINDS)})
    visitor = fields.String(metadata={"description": "A visitor mark, if the server has one."})
    parent = fields.String(
        validate=PUBLIC_ID,
        metadata={"description": "The interaction that this one answers.", **PUBLIC_ID_PATTERN},
    )
    occurred_at = fields.AwareDateTime(metadata={"description": "When it happened, with zone."})


class InteractionAnswer(Schema):
    """What was recorded."""

    interaction = fields.String(required=True)
    kind = fields.String(required=True)
    assurance = fields.String(required=True)
    visitor = fields.String(required=True, metadata={"description": "The visitor's mark."})
    share_url = fields.String(allow_none=True, required=True)


@blueprint.post("/interactions")
@blueprint.doc(
    operationId="recordInteraction",
    security=[{"bearer": []}],
    parameters=[KEY_PARAMETER],
    requestBody={"required": True, "content": {"application/json": {"schema": InteractionBody}}},
    responses={
        201: {"links": {"answerIt": {
            "operationId": "recordInteraction",
            "requestBody": {
                "placement": "$request.body#/placement",
                "parent": "$response.body#/interaction",
                "visitor": "$response.body#/visitor",
                "kind": "like",
            },
        }}},
        **refusals(*WITH_BODY),
    },
)  # fmt: skip
@blueprint.response(201, InteractionAnswer, headers=REPLAY_HEADER)
def create() -> Any:
    """Record an interaction that the merchant's or a network's server vouches for."""
    who, key = merchant_caller(), request_key()
    raw = json_body()
    body = _load(raw)
    now = ports().clock.now()
    with ports().sessions.begin() as session:
        turn = idempotency.take_turn(
            session,
            idempotency.RequestKey(
                who.merchant_id, who.token, ROUTE, key, idempotency.hash_body(raw)
            ),
            now=now,
        )
        if turn.answer is not None:
            return dict(turn.answer), turn.status, {"Idempotent-Replayed": "true"}
        placement = _own(get_placement(session, body["placement"]), who)
        answer = _record(session, placement, body, now=now)
        idempotency.keep_answer(session, turn, status=201, answer=answer)
    return answer


def _own(placement: PlacementView, who: Caller) -> PlacementView:
    if placement.merchant.id != who.merchant_id:
        raise NotFound
    return placement


def _load(raw: Mapping[str, Any]) -> dict[str, Any]:
    known = InteractionBody()
    stray = sorted(set(raw) - set(known.fields))
    if stray:
        raise Invalid("unknown_field", field=stray[0][:60], name=stray[0][:60])
    try:
        body: dict[str, Any] = known.load(raw)
    except ValidationError as error:
        field = next(iter(error.messages_dict))
        raise Invalid(
            "invalid_time" if field == "occurred_at" else "invalid", field=field
        ) from None
    interactions.check_kind(body["kind"], interactions.NETWORK_KINDS)
    return body


def _record(
    session: Any, placement: PlacementView, body: Mapping[str, Any], *, now: datetime
) -> dict[str, Any]:
    occurred_at = body.get("occurred_at") or now
    if not now - OLDEST <= occurred_at <= now + AHEAD:
        raise Invalid("invalid_time", field="occurred_at")
    merchant = placement.merchant
    visitor = visitors.read_mark(ports().sign, body.get("visitor"), merchant.public_id, now=now)
    act = interactions.Act(
        kind=body["kind"],
        visitor=visitor,
        assurance="network",
        surface="server",
        parent=body.get("parent"),
        occurred_at=occurred_at,
    )
    recorded = interactions.record(session, placement, act, sign=ports().sign, now=now)
    token = recorded.share_token
    return {
        "interaction": recorded.public_id,
        "kind": body["kind"],
        "assurance": "network",
        "visitor": visitors.make_mark(ports().sign, visitor, merchant.public_id),
        "share_url": links.share_link(ports().settings, token) if token else None,
    }

"""The sandbox's own controls, which Stripe does not have: challenges, deliveries, a sign of life.

Switches for faults will stand here too.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from flask import Blueprint, Response, current_app, jsonify, request

from storefront.sandbox.access import check_client_secret, public
from storefront.sandbox.calls import read_tree
from storefront.sandbox.challenges import ANSWER, answer
from storefront.sandbox.errors import StripeError, no_such
from storefront.sandbox.params import read

if TYPE_CHECKING:
    from storefront.sandbox.machine import Machine
    from storefront.sandbox.store import Object

blueprint = Blueprint("controls", __name__, url_prefix="/sandbox")
_LISTED = 100
_LONGEST_WAIT = 10.0


@blueprint.get("/health")
def health() -> Response:
    """Say that the sandbox runs, and how many deliveries have not arrived."""
    return jsonify(ok=True, pending_deliveries=_machine().deliveries.pending())


@blueprint.get("/deliveries")
def list_deliveries() -> Response:
    """Show the newest deliveries: event, type, attempts, last status, when delivered, next try."""
    deliveries = _machine().deliveries
    limit = request.args.get("limit", _LISTED, int)
    return jsonify(pending=deliveries.pending(), data=deliveries.listing(limit=limit))


@blueprint.post("/deliveries/flush")
def flush_deliveries() -> Response:
    """Try every delivery that has not arrived, now; `wait` seconds (at most 10) for them."""
    deliveries = _machine().deliveries
    flushed = deliveries.flush()
    patience = min(request.args.get("wait", 0.0, float), _LONGEST_WAIT)
    return jsonify(flushed=flushed, pending=deliveries.wait_for_none(patience))


@blueprint.post("/challenges/<intent_id>")
def answer_challenge(intent_id: str) -> Response:
    """Complete or fail a confirmation: `client_secret` and `outcome` (`complete` or `fail`)."""
    try:
        body, status = _answer_challenge(intent_id), 200
    except StripeError as refusal:
        body, status = refusal.body, refusal.status
    return Response(json.dumps(public(body)), status, mimetype="application/json")


def _answer_challenge(intent_id: str) -> Object:
    machine = _machine()
    params = read(read_tree(), ANSWER, required=("client_secret", "outcome"))
    with machine.store.writing() as tx:
        account = tx.account_of(intent_id)
        if account is None:
            raise no_such("payment_intent", intent_id, param="intent")
        work = machine.work(tx, account, now=machine.clock())
        intent = work.get("payment_intent", intent_id, param="intent")
        check_client_secret(intent, params["client_secret"])
        return answer(work, params, intent_id)


def _machine() -> Machine:
    return cast("Machine", current_app.extensions["sandbox"])

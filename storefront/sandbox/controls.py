"""The sandbox's own controls, which Stripe does not have: challenges, deliveries, faults, books."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from flask import Blueprint, Response, current_app, jsonify, request

from storefront.sandbox.access import check_client_secret, public
from storefront.sandbox.accounts import leave, stop
from storefront.sandbox.books import read_accounts, read_books, read_payments
from storefront.sandbox.calls import read_tree
from storefront.sandbox.challenges import ANSWER, answer
from storefront.sandbox.disputes import OPEN, VERDICT, end_by_hand, open_by_hand
from storefront.sandbox.errors import StripeError, invalid, no_such
from storefront.sandbox.faults import read_faults
from storefront.sandbox.params import read
from storefront.sandbox.refunds import fail_refund as fail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from storefront.sandbox.machine import Machine
    from storefront.sandbox.store import Object
    from storefront.sandbox.work import Work

blueprint = Blueprint("controls", __name__, url_prefix="/sandbox")
_LISTED = 100
_LONGEST_WAIT = 10.0


@blueprint.before_request
def _refuse_foreign_pages() -> Response | None:
    """Keep other sites that a browser has open from pulling these levers."""
    where = request.headers.get("Sec-Fetch-Site", "none")
    is_foreign = request.method == "POST" and where not in ("none", "same-origin")
    return Response("Not from another site.", 403, mimetype="text/plain") if is_foreign else None


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


@blueprint.get("/faults")
def show_faults() -> Response:
    """Show what is switched on, how often each kind came about, and the newest of them."""
    return jsonify(_told_of_faults())


@blueprint.post("/faults")
def switch_faults() -> Response:
    """Switch these faults on and all others off; without any, everything is well again."""
    return _answered(_switch_faults)


@blueprint.post("/faults/reset")
def reset_faults() -> Response:
    """Go back to the faults that the sandbox was started with, mostly none."""
    _machine().switchboard.reset()
    return jsonify(_told_of_faults())


@blueprint.get("/books")
def show_books() -> Response:
    """Show per account and currency what was charged, refunded, disputed, kept."""
    with _machine().store.reading() as tx:
        return jsonify(data=read_books(tx))


@blueprint.get("/payments")
def list_payments() -> Response:
    """Show the newest payments of all accounts; Stripe's own lists are one account's each."""
    with _machine().store.reading() as tx:
        return jsonify(data=read_payments(tx, limit=request.args.get("limit", _LISTED, int)))


@blueprint.get("/accounts")
def list_accounts() -> Response:
    """Show the newest connected accounts: whether each is complete, and whether it is paid."""
    with _machine().store.reading() as tx:
        return jsonify(data=read_accounts(tx, limit=request.args.get("limit", _LISTED, int)))


@blueprint.post("/disputes")
def open_dispute() -> Response:
    """Dispute a payment as the buyer's bank: `payment_intent`, `reason`, `is_inquiry`."""
    return _answered(_open_dispute)


@blueprint.post("/disputes/<dispute_id>/end")
def end_dispute(dispute_id: str) -> Response:
    """Decide a dispute at once: `verdict` is `won` or `lost`."""
    return _answered(lambda: _end_dispute(dispute_id))


@blueprint.post("/refunds/<refund_id>/fail")
def fail_refund(refund_id: str) -> Response:
    """Let the bank send a refund back, whatever card it went to."""
    return _answered(lambda: _fail_refund(refund_id))


@blueprint.post("/accounts/<account_id>/stop")
def stop_account(account_id: str) -> Response:
    """Stop an account's payments: Stripe wants to know more of its owner."""
    return _answered(lambda: _change_account(stop, account_id))


@blueprint.post("/accounts/<account_id>/departure")
def end_account(account_id: str) -> Response:
    """Let an account's owner cut its tie to the platform."""
    return _answered(lambda: _change_account(leave, account_id))


@blueprint.post("/challenges/<intent_id>")
def answer_challenge(intent_id: str) -> Response:
    """Complete or fail a confirmation: `client_secret` and `outcome` (`complete` or `fail`)."""
    return _answered(lambda: public(_answer_challenge(intent_id)))


def _answered(act: Callable[[], Object]) -> Response:
    try:
        body, status = act(), 200
    except StripeError as refusal:
        body, status = public(refusal.body), refusal.status
    return Response(json.dumps(body), status, mimetype="application/json")


def _open_dispute() -> Object:
    params = read(read_tree(), OPEN, required=("payment_intent",))
    with _work_on(params["payment_intent"], "payment_intent") as work:
        return open_by_hand(work, params)


def _end_dispute(dispute_id: str) -> Object:
    params = read(read_tree(), VERDICT, required=("verdict",))
    with _work_on(dispute_id, "dispute") as work:
        return end_by_hand(work, params, dispute_id)


def _fail_refund(refund_id: str) -> Object:
    with _work_on(refund_id, "refund") as work:
        refund = work.get("refund", refund_id, param="refund")
        if refund["status"] not in ("pending", "succeeded"):
            raise invalid(f"This refund has a status of {refund['status']}.", param="refund")
        fail(work, refund_id)
        return work.get("refund", refund_id)


@contextmanager
def _work_on(object_id: str, kind: str) -> Iterator[Work]:
    """Work in the account whose object this is; raises Stripe's 404."""
    machine = _machine()
    with machine.store.writing() as tx:
        account = tx.account_of(object_id)
        if account is None:
            raise no_such(kind, object_id, param=kind)
        yield machine.work(tx, account, now=machine.clock())


def _answer_challenge(intent_id: str) -> Object:
    params = read(read_tree(), ANSWER, required=("client_secret", "outcome"))
    with _work_on(intent_id, "payment_intent") as work:
        intent = work.get("payment_intent", intent_id, param="intent")
        check_client_secret(intent, params["client_secret"])
        return answer(work, params, intent_id)


def _change_account(act: Callable[[Work, str], Object], account_id: str) -> Object:
    machine = _machine()
    with machine.store.writing() as tx:
        return act(machine.work(tx, "", now=machine.clock()), account_id)


def _switch_faults() -> Object:
    _machine().switchboard.switch(read_faults(read_tree()))
    return _told_of_faults()


def _told_of_faults() -> Object:
    switchboard = _machine().switchboard
    return {
        "faults": switchboard.faults.as_dict(),
        "tally": switchboard.tally(),
        "mishaps": switchboard.mishaps(limit=_LISTED),
    }


def _machine() -> Machine:
    return cast("Machine", current_app.extensions["sandbox"])

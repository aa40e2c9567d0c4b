"""Disputes: opened by some test cards, answered with evidence, won, lost or let pass.

Stripe's test words decide: `winning_evidence`, `losing_evidence`, `escalate_inquiry_evidence`.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from storefront.sandbox.dispute_shapes import EVIDENCE, movement, new_dispute
from storefront.sandbox.errors import invalid
from storefront.sandbox.events import emit
from storefront.sandbox.lists import PAGING, list_objects
from storefront.sandbox.params import (
    boolean,
    merge_metadata,
    metadata,
    needed_text,
    one_of,
    text,
    texts,
)
from storefront.sandbox.payment_methods import card_of
from storefront.sandbox.shapes import changed

if TYPE_CHECKING:
    from storefront.sandbox.params import Params, Schema
    from storefront.sandbox.store import Object
    from storefront.sandbox.work import Work

RETRIEVE: Schema = {"expand": texts}
LIST: Schema = {**PAGING, "charge": needed_text, "payment_intent": needed_text}
UPDATE: Schema = {
    "evidence": dict.fromkeys(EVIDENCE, text),
    "metadata": metadata,
    "submit": boolean,
    "expand": texts,
}
REASONS = (
    "fraudulent",
    "product_not_received",
    "product_unacceptable",
    "duplicate",
    "credit_not_processed",
    "general",
)
OPEN: Schema = {
    "payment_intent": needed_text,
    "reason": one_of(*REASONS),
    "is_inquiry": boolean,
}
VERDICT: Schema = {"verdict": one_of("won", "lost")}
_OPEN = ("needs_response", "warning_needs_response")
_ANSWERED = {"needs_response": "under_review", "warning_needs_response": "warning_under_review"}
_VERDICTS = {"winning_evidence": "won", "losing_evidence": "lost"}
_ESCALATION = "escalate_inquiry_evidence"


def retrieve(work: Work, _params: Params, dispute_id: str) -> Object:
    """Return a dispute."""
    return work.get("dispute", dispute_id, param="dispute")


def list_all(work: Work, params: Params) -> Object:
    """List disputes, newest first, all or those of one PaymentIntent or charge."""
    topics = [params["payment_intent"]] if "payment_intent" in params else []
    if "charge" in params:
        topics = [work.get("charge", params["charge"], param="charge")["payment_intent"]]
    return list_objects(work, "dispute", params, topics=topics, url="/v1/disputes")


def update(work: Work, params: Params, dispute_id: str) -> Object:
    """Add evidence and, unless `submit` is false, hand it in; the verdict follows in a while."""
    dispute = retrieve(work, params, dispute_id)
    evidence = params.get("evidence") or {}
    if evidence and dispute["status"] not in _OPEN:
        raise _closed(dispute)
    before = dict(dispute)
    dispute["metadata"] = merge_metadata(dispute["metadata"], params.get("metadata", {}))
    if evidence:
        _take_evidence(work, dispute, evidence, is_submitted=params.get("submit", True))
    _tell(work, "charge.dispute.updated", dispute, before=before)
    return dispute


def close(work: Work, params: Params, dispute_id: str) -> Object:
    """Accept a dispute: it is lost, and no money moves any more."""
    dispute = retrieve(work, params, dispute_id)
    if dispute["status"] not in _OPEN:
        raise _closed(dispute)
    _end(work, dispute, "lost")
    return dispute


def open_by_card(work: Work, charge_id: str) -> None:
    """Open the dispute that a charge's test card brings about."""
    charge = work.get("charge", charge_id)
    card = card_of(work, work.get("payment_method", charge["payment_method"]))
    if card.disputing is not None and _disputable(charge):
        open_dispute(work, charge, reason=card.disputing, is_inquiry=card.inquires)


def open_by_hand(work: Work, params: Params) -> Object:
    """Open a dispute of any payment, as a buyer's bank may at any time."""
    intent = work.get("payment_intent", params["payment_intent"], param="payment_intent")
    charge = work.get("charge", intent["latest_charge"] or "", param="payment_intent")
    if not _disputable(charge):
        message = f"There is nothing to dispute about the charge {charge['id']}."
        raise invalid(message, param="payment_intent")
    reason = params.get("reason", REASONS[0])
    return open_dispute(work, charge, reason=reason, is_inquiry=params.get("is_inquiry", False))


def end_by_hand(work: Work, params: Params, dispute_id: str) -> Object:
    """Let the bank decide at once, for the shop (`won`) or the buyer (`lost`)."""
    dispute = retrieve(work, params, dispute_id)
    if dispute["status"] not in (*_OPEN, *_ANSWERED.values()):
        raise _closed(dispute)
    _end(work, dispute, params["verdict"])
    return dispute


def open_dispute(work: Work, charge: Object, *, reason: str, is_inquiry: bool) -> Object:
    """Write a dispute; a chargeback takes the money at once, an inquiry only asks."""
    due_by = _due_by(work)
    dispute = new_dispute(
        charge, reason=reason, is_inquiry=is_inquiry, due_by=due_by, created=work.second
    )
    charge["disputed"] = True
    work.tx.save(charge)
    work.tx.insert(work.account, dispute, topic=charge["payment_intent"])
    emit(work, "charge.dispute.created", dispute)
    if not is_inquiry:
        _withdraw(work, dispute)
    work.timers.set(
        work.tx, "let_dispute_pass", dispute["id"], account=work.account, due=due_by + 1
    )
    return dispute


def conclude(work: Work, dispute_id: str) -> None:
    """Let the bank decide on the evidence that was handed in; other words leave it undecided."""
    dispute = work.get("dispute", dispute_id)
    words = dispute["evidence"]["uncategorized_text"]
    if words == _ESCALATION and dispute["status"] == "warning_under_review":
        _escalate(work, dispute)
    elif words in _VERDICTS:
        _end(work, dispute, _VERDICTS[words])


def let_pass(work: Work, dispute_id: str) -> None:
    """End a dispute that nobody has answered in time."""
    dispute = work.get("dispute", dispute_id)
    if dispute["status"] in _OPEN:
        dispute["evidence_details"] = {**dispute["evidence_details"], "past_due": True}
        _end(work, dispute, "lost")


def _take_evidence(work: Work, dispute: Object, evidence: Params, *, is_submitted: bool) -> None:
    dispute["evidence"] = {**dispute["evidence"], **evidence}
    details = {**dispute["evidence_details"], "has_evidence": True}
    if is_submitted:
        details["submission_count"] += 1
        dispute["status"] = _ANSWERED[dispute["status"]]
        due = work.now + work.config.settle_seconds
        work.timers.set(work.tx, "conclude_dispute", dispute["id"], account=work.account, due=due)
    dispute["evidence_details"] = details


def _end(work: Work, dispute: Object, verdict: str) -> None:
    before = dict(dispute)
    is_inquiry = dispute["status"].startswith("warning_")
    dispute.update(status="warning_closed" if is_inquiry else verdict)
    if dispute["status"] == "won":
        _move(work, dispute, dispute["amount"])
    _tell(work, "charge.dispute.closed", dispute, before=before)
    if dispute["status"] == "won":
        emit(work, "charge.dispute.funds_reinstated", dispute)


def _escalate(work: Work, dispute: Object) -> None:
    before = dict(dispute)
    details = dispute["payment_method_details"]
    dispute.update(
        status="needs_response",
        is_charge_refundable=False,
        payment_method_details={**details, "card": {**details["card"], "case_type": "chargeback"}},
    )
    _tell(work, "charge.dispute.updated", dispute, before=before)
    _withdraw(work, dispute)


def _withdraw(work: Work, dispute: Object) -> None:
    _move(work, dispute, -dispute["amount"])
    work.tx.save(dispute)
    emit(work, "charge.dispute.funds_withdrawn", dispute)


def _move(work: Work, dispute: Object, amount: int) -> None:
    moved = movement(dispute, amount=amount, created=work.second)
    dispute["balance_transactions"] = [*dispute["balance_transactions"], moved]


def _tell(work: Work, topic: str, dispute: Object, *, before: Object) -> None:
    work.tx.save(dispute)
    emit(work, topic, dispute, previous=changed(before, dispute))


def _disputable(charge: Object) -> bool:
    left: int = charge["amount_captured"] - charge["amount_refunded"]
    return left > 0 and not charge["disputed"]


def _due_by(work: Work) -> int:
    """Return the last second of the day on which the time to answer ends."""
    day = datetime.fromtimestamp(work.now + work.config.dispute_seconds, UTC)
    if work.config.dispute_seconds < 24 * 60 * 60:
        return int(day.timestamp())
    return int(datetime.combine(day, time(23, 59, 59), UTC).timestamp())


def _closed(dispute: Object) -> Exception:
    message = f"This dispute is already closed or under review: its status is {dispute['status']}."
    return invalid(message, param="dispute")

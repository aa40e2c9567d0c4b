"""Refunds: of a PaymentIntent or a charge, in parts or whole, never more than was captured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.sandbox.currencies import shown
from storefront.sandbox.errors import invalid
from storefront.sandbox.events import emit
from storefront.sandbox.lists import PAGING, list_objects
from storefront.sandbox.params import (
    boolean,
    integer,
    merge_metadata,
    metadata,
    needed_text,
    one_of,
    texts,
)
from storefront.sandbox.payment_methods import card_of
from storefront.sandbox.shapes import changed, new_refund

if TYPE_CHECKING:
    from storefront.sandbox.params import Params, Schema
    from storefront.sandbox.store import Object
    from storefront.sandbox.work import Work

CREATE: Schema = {
    "amount": integer,
    "charge": needed_text,
    "metadata": metadata,
    "payment_intent": needed_text,
    "reason": one_of("duplicate", "fraudulent", "requested_by_customer"),
    "refund_application_fee": boolean,
    "reverse_transfer": boolean,
    "expand": texts,
}
UPDATE: Schema = {"metadata": metadata, "expand": texts}
RETRIEVE: Schema = {"expand": texts}
LIST: Schema = {**PAGING, "charge": needed_text, "payment_intent": needed_text}


def create(work: Work, params: Params) -> Object:
    """Give money back. A refund is counted at once; some cards let it arrive, or fail, later."""
    charge = _charge_to_refund(work, params)
    amount = _amount(charge, params)
    refund = new_refund(charge, amount=amount, reason=params.get("reason"), created=work.second)
    refund["metadata"] = merge_metadata({}, params.get("metadata", {}))
    card = card_of(work, work.get("payment_method", charge["payment_method"]))
    if card.refunding == "pending":
        refund.update(status="pending", balance_transaction=None)
    work.tx.insert(work.account, refund, topic=charge["payment_intent"])
    emit(work, "refund.created", refund)
    count(work, charge, amount)
    action = "fail_refund" if card.refunding == "fails" else "settle_refund"
    due = work.now + work.config.settle_seconds
    work.timers.set(work.tx, action, refund["id"], account=work.account, due=due)
    return refund


def retrieve(work: Work, _params: Params, refund_id: str) -> Object:
    """Return a refund."""
    return work.get("refund", refund_id, param="refund")


def update(work: Work, params: Params, refund_id: str) -> Object:
    """Change a refund's metadata."""
    refund = retrieve(work, params, refund_id)
    before = dict(refund)
    refund["metadata"] = merge_metadata(refund["metadata"], params.get("metadata", {}))
    work.tx.save(refund)
    emit(work, "refund.updated", refund, previous=changed(before, refund))
    return refund


def list_all(work: Work, params: Params) -> Object:
    """List refunds, newest first, all or those of one PaymentIntent or charge."""
    topics = [params["payment_intent"]] if "payment_intent" in params else []
    if "charge" in params:
        topics = [work.get("charge", params["charge"], param="charge")["payment_intent"]]
    return list_objects(work, "refund", params, topics=topics, url="/v1/refunds")


def count(work: Work, charge: Object, amount: int) -> None:
    """Add to what a charge has given back; a negative amount takes a failed refund out again."""
    before = dict(charge)
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    work.tx.save(charge)
    topic = "charge.refunded" if amount > 0 else "charge.updated"
    emit(work, topic, charge, previous=changed(before, charge))


def settle_refund(work: Work, refund_id: str) -> None:
    """Write that the bank has taken the refund and given it a reference."""
    refund = work.get("refund", refund_id)
    if refund["status"] == "failed":
        return
    before = dict(refund)
    details = refund["destination_details"]
    refund["destination_details"] = {
        **details,
        "card": {**details["card"], "reference": "74224620000", "reference_status": "available"},
    }
    refund["status"] = "succeeded"
    _tell(work, refund, before)


def fail_refund(work: Work, refund_id: str) -> None:
    """Write that the bank has sent the refund back; the charge has its money again."""
    refund = work.get("refund", refund_id)
    if refund["status"] == "failed":
        return
    before = dict(refund)
    refund.update(status="failed", failure_reason="expired_or_canceled_card")
    count(work, work.get("charge", refund["charge"]), -refund["amount"])
    _tell(work, refund, before)
    emit(work, "refund.failed", refund)


def _tell(work: Work, refund: Object, before: Object) -> None:
    work.tx.save(refund)
    previous = changed(before, refund)
    emit(work, "refund.updated", refund, previous=previous)
    emit(work, "charge.refund.updated", refund, previous=previous)


def _charge_to_refund(work: Work, params: Params) -> Object:
    given = [name for name in ("charge", "payment_intent") if name in params]
    if len(given) != 1:
        message = "Exactly one of the following params must be passed in: charge, payment_intent."
        raise invalid(message, code="parameter_missing", param="charge")
    charge_id = params.get("charge")
    if "payment_intent" in params:
        intent = work.get("payment_intent", params["payment_intent"], param="payment_intent")
        charge_id = intent["latest_charge"]
        if charge_id is None:
            raise _nothing_to_refund(intent["id"])
    charge = work.get("charge", str(charge_id), param="charge")
    if not charge["captured"]:
        raise _nothing_to_refund(charge["payment_intent"])
    if charge["disputed"] and not _is_refundable(work, charge):
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise invalid(message, code="charge_disputed", param="charge")
    return charge


def _is_refundable(work: Work, charge: Object) -> bool:
    topics = [charge["payment_intent"]]
    found = list_objects(work, "dispute", {}, topics=topics, url="/v1/disputes")["data"]
    return all(dispute["is_charge_refundable"] for dispute in found)


def _nothing_to_refund(intent_id: str) -> Exception:
    message = f"This PaymentIntent ({intent_id}) does not have a successful charge to refund."
    return invalid(message)


def _amount(charge: Object, params: Params) -> int:
    left: int = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise invalid(message, code="charge_already_refunded", param="charge")
    amount: int = params.get("amount", left)
    if amount < 1:
        message = "Invalid positive integer"
        raise invalid(message, code="parameter_invalid_integer", param="amount")
    if amount > left:
        currency = charge["currency"]
        message = (
            f"Refund amount ({shown(amount, currency)}) is greater than unrefunded amount on "
            f"charge ({shown(left, currency)})"
        )
        raise invalid(message, param="amount")
    return amount

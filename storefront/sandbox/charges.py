"""Charges: one per attempt of a PaymentIntent to take money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from storefront.sandbox.events import emit
from storefront.sandbox.ids import new_id
from storefront.sandbox.lists import PAGING, list_objects
from storefront.sandbox.params import needed_text, texts
from storefront.sandbox.payment_methods import card_of
from storefront.sandbox.shapes import changed, new_charge, outcome

if TYPE_CHECKING:
    from storefront.sandbox.cards import Card, Decline
    from storefront.sandbox.params import Params, Schema
    from storefront.sandbox.store import Object
    from storefront.sandbox.work import Work

RETRIEVE: Schema = {"expand": texts}
LIST: Schema = {**PAGING, "payment_intent": needed_text}
Status = Literal["succeeded", "pending", "failed"]


def retrieve(work: Work, _params: Params, charge_id: str) -> Object:
    """Return a charge."""
    return work.get("charge", charge_id, param="charge")


def list_all(work: Work, params: Params) -> Object:
    """List charges, newest first, all or those of one PaymentIntent."""
    topics = [params["payment_intent"]] if "payment_intent" in params else []
    return list_objects(work, "charge", params, topics=topics, url="/v1/charges")


def make_charge(
    work: Work,
    intent: Object,
    method: Object,
    *,
    card: Card,
    status: Status,
    why: Decline | None = None,
) -> Object:
    """Write a charge with the outcome it has now, and tell of it."""
    charge = new_charge(intent, method, card, created=work.second)
    if status != "pending":
        conclude(work, intent, charge, card=card, why=why)
    work.tx.insert(work.account, charge, topic=intent["id"])
    emit(work, f"charge.{status}", charge)
    return charge


def conclude(
    work: Work, intent: Object, charge: Object, *, card: Card, why: Decline | None
) -> None:
    """Fill in that a charge succeeded, or why it failed."""
    if why is not None:
        charge.update(status="failed", failure_code=why.code, failure_message=why.message)
        charge["outcome"] = outcome(card, is_paid=False)
        return
    charge.update(status="succeeded", paid=True, outcome=outcome(card, is_paid=True))
    if intent["capture_method"] != "manual":
        _collect(work, charge, card, amount=charge["amount"])


def _collect(work: Work, charge: Object, card: Card, *, amount: int) -> None:
    charge.update(captured=True, amount_captured=amount)
    due = work.now + work.config.settle_seconds
    work.timers.set(work.tx, "settle_charge", charge["id"], account=work.account, due=due)
    if card.disputing is not None:
        work.timers.set(work.tx, "open_dispute", charge["id"], account=work.account, due=due)


def capture_charge(work: Work, intent: Object, *, amount: int) -> None:
    """Capture an authorised charge; what is not captured is given back."""
    charge = work.get("charge", intent["latest_charge"])
    card = card_of(work, work.get("payment_method", charge["payment_method"]))
    _collect(work, charge, card, amount=amount)
    charge["amount_refunded"] = charge["amount"] - amount
    work.tx.save(charge)
    emit(work, "charge.captured", charge)


def release_charge(work: Work, intent: Object) -> None:
    """Give an authorisation back, uncaptured."""
    charge = work.get("charge", intent["latest_charge"])
    before = dict(charge)
    charge.update(amount_refunded=charge["amount"], refunded=True)
    work.tx.save(charge)
    emit(work, "charge.refunded", charge, previous=changed(before, charge))


def settle_charge(work: Work, charge_id: str) -> None:
    """Write that the money has reached the balance."""
    charge = work.get("charge", charge_id)
    before = dict(charge)
    charge["balance_transaction"] = new_id("txn")
    work.tx.save(charge)
    emit(work, "charge.updated", charge, previous=changed(before, charge))

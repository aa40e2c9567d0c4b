"""What a timer does when it rings: the second half of whatever takes its time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.sandbox import disputes
from storefront.sandbox.charges import conclude, settle_charge
from storefront.sandbox.confirming import complete, fail
from storefront.sandbox.events import emit
from storefront.sandbox.payment_methods import card_of
from storefront.sandbox.refunds import fail_refund, settle_refund

if TYPE_CHECKING:
    from collections.abc import Callable

    from storefront.sandbox.work import Work


def finish_payment(work: Work, intent_id: str) -> None:
    """Let a payment that was processing succeed or fail, as its card will have it."""
    intent = work.get("payment_intent", intent_id)
    charge = work.get("charge", intent["latest_charge"])
    method = work.get("payment_method", intent["payment_method"])
    card = card_of(work, method)
    conclude(work, intent, charge, card=card, why=card.decline)
    work.tx.save(charge)
    emit(work, f"charge.{charge['status']}", charge)
    if card.decline is not None:
        fail(work, intent, method, charge=charge, why=card.decline)
    else:
        complete(work, intent, charge)


ACTIONS: dict[str, Callable[[Work, str], None]] = {
    "finish_payment": finish_payment,
    "settle_charge": settle_charge,
    "settle_refund": settle_refund,
    "fail_refund": fail_refund,
    "open_dispute": disputes.open_by_card,
    "conclude_dispute": disputes.conclude,
    "let_dispute_pass": disputes.let_pass,
}

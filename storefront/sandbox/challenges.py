"""The buyer's confirmation (3-D Secure): what follows when they complete it, or fail it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.sandbox.confirming import pay, send_back
from storefront.sandbox.errors import invalid
from storefront.sandbox.params import one_of, text
from storefront.sandbox.payment_methods import card_of

if TYPE_CHECKING:
    from storefront.sandbox.params import Params, Schema
    from storefront.sandbox.store import Object
    from storefront.sandbox.work import Work

ANSWER: Schema = {"client_secret": text, "outcome": one_of("complete", "fail")}


def answer(work: Work, params: Params, intent_id: str) -> Object:
    """Complete or fail the confirmation that an intent waits for; return the intent."""
    intent = work.get("payment_intent", intent_id, param="intent")
    if intent["status"] != "requires_action":
        message = f"This PaymentIntent asks for nothing: it has a status of {intent['status']}."
        raise invalid(message, code="payment_intent_unexpected_state", payment_intent=intent)
    if params["outcome"] == "complete":
        method = work.get("payment_method", intent["payment_method"])
        pay(work, intent, method, card=card_of(work, method))
    else:
        _refuse(work, intent)
    return intent


def _refuse(work: Work, intent: Object) -> None:
    message = (
        "We are unable to authenticate your payment method. Please choose a different payment "
        "method and try again."
    )
    method = work.get("payment_method", intent["payment_method"])
    refusal = invalid(message, code="payment_intent_authentication_failure", payment_method=method)
    send_back(work, intent, refusal)

"""PaymentIntents: made, read, changed, captured, cancelled. How one is confirmed: confirming.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.sandbox.accounts import check_payable
from storefront.sandbox.charges import capture_charge, release_charge
from storefront.sandbox.confirming import CONFIRM, confirm_intent
from storefront.sandbox.currencies import check_amount, check_currency
from storefront.sandbox.errors import StripeError, invalid
from storefront.sandbox.events import emit
from storefront.sandbox.lists import PAGING, list_objects
from storefront.sandbox.params import (
    boolean,
    email,
    integer,
    merge_metadata,
    metadata,
    needed_text,
    one_of,
    text,
    texts,
)
from storefront.sandbox.payment_methods import ADDRESS, DATA, from_params
from storefront.sandbox.shapes import new_intent

if TYPE_CHECKING:
    from storefront.sandbox.params import Params, Schema
    from storefront.sandbox.store import Object
    from storefront.sandbox.work import Work

_DETAILS: Schema = {
    "amount": integer,
    "application_fee_amount": integer,
    "currency": needed_text,
    "description": text,
    "metadata": metadata,
    "payment_method": text,
    "payment_method_data": DATA,
    "payment_method_types": texts,
    "receipt_email": email,
    "setup_future_usage": one_of("off_session", "on_session"),
    "shipping": {
        "address": ADDRESS,
        "carrier": text,
        "name": text,
        "phone": text,
        "tracking_number": text,
    },
    "statement_descriptor": text,
    "statement_descriptor_suffix": text,
    "transfer_data": {"amount": integer, "destination": needed_text},
    "transfer_group": text,
    "expand": texts,
}
CREATE: Schema = {
    **_DETAILS,
    "automatic_payment_methods": {
        "enabled": boolean,
        "allow_redirects": one_of("always", "never"),
    },
    "capture_method": one_of("automatic", "automatic_async", "manual"),
    "confirm": boolean,
    "confirmation_method": one_of("automatic", "manual"),
    "error_on_requires_action": boolean,
    "off_session": boolean,
    "on_behalf_of": text,
    "return_url": text,
    "use_stripe_sdk": boolean,
}
UPDATE: Schema = {**_DETAILS, "capture_method": CREATE["capture_method"]}
RETRIEVE: Schema = {"client_secret": text, "expand": texts}
CANCEL: Schema = {
    "cancellation_reason": one_of("duplicate", "fraudulent", "requested_by_customer", "abandoned"),
    "expand": texts,
}
CAPTURE: Schema = {"amount_to_capture": integer, "metadata": metadata, "expand": texts}
LIST: Schema = PAGING

_PLAIN = (
    "application_fee_amount",
    "capture_method",
    "confirmation_method",
    "description",
    "on_behalf_of",
    "payment_method_types",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_data",
    "transfer_group",
)
_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
_CANCELABLE = (*_OPEN, "requires_capture")
_MONEY_FIELDS = ("amount", "currency", "payment_method", "payment_method_data")


def create(work: Work, params: Params) -> Object:
    """Make a PaymentIntent, and confirm it at once where `confirm` says so."""
    check_payable(work)
    currency = check_currency(params["currency"])
    amount = check_amount(params["amount"], currency)
    intent = new_intent(amount=amount, currency=currency, created=work.second)
    _apply(intent, params)
    _choose_methods(intent, params)
    if method := from_params(work, params):
        intent.update(payment_method=method["id"], status="requires_confirmation")
    work.tx.insert(work.account, intent)
    emit(work, "payment_intent.created", intent)
    if params.get("confirm"):
        return confirm_intent(work, intent, _confirmation(params))
    return intent


def retrieve(work: Work, _params: Params, intent_id: str) -> Object:
    """Return a PaymentIntent."""
    return work.get("payment_intent", intent_id, param="intent")


def list_all(work: Work, params: Params) -> Object:
    """List PaymentIntents, newest first."""
    return list_objects(work, "payment_intent", params, url="/v1/payment_intents")


def update(work: Work, params: Params, intent_id: str) -> Object:
    """Change a PaymentIntent; money and method only while it is open."""
    intent = retrieve(work, params, intent_id)
    if intent["status"] not in _OPEN and any(name in params for name in _MONEY_FIELDS):
        raise unexpected_state(intent, "update", _OPEN, past="updated")
    asked = {**intent, **params}
    intent["currency"] = check_currency(asked["currency"])
    intent["amount"] = check_amount(asked["amount"], intent["currency"])
    _apply(intent, params)
    if method := from_params(work, params):
        intent.update(payment_method=method["id"], status="requires_confirmation", next_action=None)
    work.tx.save(intent)
    return intent


def confirm(work: Work, params: Params, intent_id: str) -> Object:
    """Try to pay with the given or the remembered payment method."""
    return confirm_intent(work, retrieve(work, params, intent_id), params)


def cancel(work: Work, params: Params, intent_id: str) -> Object:
    """End a PaymentIntent that took no money; a held authorisation is released."""
    intent = retrieve(work, params, intent_id)
    if intent["status"] not in _CANCELABLE:
        raise unexpected_state(intent, "cancel", _CANCELABLE, past="canceled")
    if intent["status"] == "requires_capture":
        release_charge(work, intent)
    intent.update(
        status="canceled",
        canceled_at=work.second,
        cancellation_reason=params.get("cancellation_reason"),
        amount_capturable=0,
        next_action=None,
    )
    work.tx.save(intent)
    emit(work, "payment_intent.canceled", intent)
    return intent


def capture(work: Work, params: Params, intent_id: str) -> Object:
    """Take the money that was only authorised, or part of it."""
    intent = retrieve(work, params, intent_id)
    if intent["status"] != "requires_capture":
        raise unexpected_state(intent, "capture", ("requires_capture",), past="captured")
    amount: int = {"amount_to_capture": intent["amount_capturable"], **params}["amount_to_capture"]
    if not 1 <= amount <= intent["amount_capturable"]:
        message = (
            f"The payment could not be captured because the requested capture amount is greater "
            f"than the amount you can capture for this charge ({intent['amount_capturable']})."
        )
        raise invalid(message, code="amount_too_large", param="amount_to_capture")
    intent["metadata"] = merge_metadata(intent["metadata"], params.get("metadata", {}))
    intent.update(status="succeeded", amount_received=amount, amount_capturable=0)
    capture_charge(work, intent, amount=amount)
    work.tx.save(intent)
    emit(work, "payment_intent.succeeded", intent)
    return intent


def unexpected_state(
    intent: Object, verb: str, allowed: tuple[str, ...], *, past: str
) -> StripeError:
    """Make the refusal of a change that the intent's status does not allow."""
    message = (
        f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}. "
        f"Only a PaymentIntent with one of the following statuses may be {past}: "
        f"{', '.join(allowed)}."
    )
    return invalid(message, code="payment_intent_unexpected_state", payment_intent=intent)


def _apply(intent: Object, params: Params) -> None:
    intent.update({name: params[name] for name in _PLAIN if name in params})
    if "metadata" in params:
        intent["metadata"] = merge_metadata(intent["metadata"], params["metadata"])


def _choose_methods(intent: Object, params: Params) -> None:
    automatic = params.get("automatic_payment_methods")
    if automatic and automatic.get("enabled") and params.get("payment_method_types"):
        message = (
            "You may only specify one of these parameters: automatic_payment_methods, "
            "payment_method_types."
        )
        raise invalid(message)
    if "card" not in params.get("payment_method_types", ["card"]):
        message = "The sandbox takes cards only: payment_method_types must hold 'card'."
        raise invalid(message, param="payment_method_types")
    if automatic is None and "payment_method_types" in params:
        return
    intent["automatic_payment_methods"] = {
        "allow_redirects": "always",
        **(automatic or {}),
        "enabled": (automatic or {}).get("enabled", True),
    }


def _confirmation(params: Params) -> Params:
    told = {name: value for name, value in params.items() if name in CONFIRM}
    # Already on the intent, and made only once.
    return {name: value for name, value in told.items() if not name.startswith("payment_method")}

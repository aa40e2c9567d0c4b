"""Confirming a PaymentIntent: what a test card makes of it, up to the point where time takes over.

What happens later by itself is in settling.py, the buyer's confirmation in challenges.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from storefront.sandbox.cards import NEEDS_AUTHENTICATION
from storefront.sandbox.charges import make_charge
from storefront.sandbox.errors import StripeError, card_error, invalid
from storefront.sandbox.events import emit
from storefront.sandbox.params import boolean, email, one_of, text, texts
from storefront.sandbox.payment_methods import ADDRESS, DATA, card_of, from_params

if TYPE_CHECKING:
    from storefront.sandbox.cards import Card, Decline
    from storefront.sandbox.params import Params, Schema
    from storefront.sandbox.store import Object
    from storefront.sandbox.work import Work

CONFIRM: Schema = {
    "capture_method": one_of("automatic", "automatic_async", "manual"),
    "client_secret": text,
    "error_on_requires_action": boolean,
    "off_session": boolean,
    "payment_method": text,
    "payment_method_data": DATA,
    "receipt_email": email,
    "return_url": text,
    "setup_future_usage": one_of("off_session", "on_session"),
    "shipping": {
        "address": ADDRESS,
        "carrier": text,
        "name": text,
        "phone": text,
        "tracking_number": text,
    },
    "use_stripe_sdk": boolean,
    "expand": texts,
}
_CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
_PLAIN = ("capture_method", "receipt_email", "setup_future_usage", "shipping")


def confirm_intent(work: Work, intent: Object, params: Params) -> Object:
    """Confirm an intent with the method given now or before; raises 402 when the card says no."""
    _check_open(intent)
    _check_return_url(work, intent, params)
    method = from_params(work, params) or _remembered(work, intent)
    intent.update({name: params[name] for name in _PLAIN if name in params})
    intent.update(payment_method=method["id"], next_action=None, last_payment_error=None)
    card = card_of(work, method)
    if not card.asks:
        refusal = pay(work, intent, method, card=card)
    elif params.get("off_session") or params.get("error_on_requires_action"):
        refusal = decline(work, intent, method, card=card, why=NEEDS_AUTHENTICATION)
    else:
        refusal = None
        _ask(work, intent, params)
    if refusal is not None:
        raise refusal
    return intent


def pay(work: Work, intent: Object, method: Object, *, card: Card) -> StripeError | None:
    """Charge the card; returns the refusal instead of raising it, since it is to be kept."""
    if card.waits:
        _wait(work, intent, method, card=card)
        return None
    if card.decline is not None:
        return decline(work, intent, method, card=card, why=card.decline)
    charge = make_charge(work, intent, method, card=card, status="succeeded")
    complete(work, intent, charge)
    return None


def complete(work: Work, intent: Object, charge: Object) -> None:
    """Write that an intent's charge went through, or is authorised where capture is manual."""
    intent.update(latest_charge=charge["id"], processing=None, next_action=None)
    if intent["capture_method"] == "manual":
        intent.update(status="requires_capture", amount_capturable=intent["amount"])
        topic = "payment_intent.amount_capturable_updated"
    else:
        intent.update(status="succeeded", amount_received=intent["amount"])
        topic = "payment_intent.succeeded"
    work.tx.save(intent)
    emit(work, topic, intent)


def decline(work: Work, intent: Object, method: Object, *, card: Card, why: Decline) -> StripeError:
    """Write a failed charge, send the intent back to the start; return what the caller is told."""
    charge = make_charge(work, intent, method, card=card, status="failed", why=why)
    return fail(work, intent, method, charge=charge, why=why)


def fail(
    work: Work, intent: Object, method: Object, *, charge: Object, why: Decline
) -> StripeError:
    """Write that an intent's charge failed; return what the caller is told."""
    refusal = card_error(
        why.message,
        code=why.code,
        decline_code=why.decline_code,
        charge=charge["id"],
        payment_method=method,
        doc_url=f"https://stripe.com/docs/error-codes/{why.code.replace('_', '-')}",
    )
    intent["latest_charge"] = charge["id"]
    send_back(work, intent, refusal)
    refusal.error["payment_intent"] = intent
    return refusal


def send_back(work: Work, intent: Object, refusal: StripeError) -> None:
    """Write why a payment did not happen; the intent waits for another payment method."""
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        next_action=None,
        processing=None,
        last_payment_error=dict(refusal.error),
    )
    work.tx.save(intent)
    emit(work, "payment_intent.payment_failed", intent)


def _check_open(intent: Object) -> None:
    status = intent["status"]
    if status in _CONFIRMABLE:
        return
    if status == "succeeded":
        why = "it has already succeeded after being previously confirmed."
    else:
        why = (
            f"it has a status of {status}. Only a PaymentIntent with one of the following statuses "
            f"may be confirmed: {', '.join(_CONFIRMABLE)}."
        )
    message = f"You cannot confirm this PaymentIntent because {why}"
    raise invalid(message, code="payment_intent_unexpected_state", payment_intent=intent)


def _check_return_url(work: Work, intent: Object, params: Params) -> None:
    methods = intent["automatic_payment_methods"]
    if work.is_publishable or params.get("return_url") or not methods or not methods["enabled"]:
        return
    if methods["allow_redirects"] == "always":
        message = (
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. "
            "Because some of these payment methods might redirect your customer off of your page, "
            "you must provide a `return_url`. If you don't want to accept redirect-based payment "
            "methods, set `automatic_payment_methods[enabled]` to `true` and "
            "`automatic_payment_methods[allow_redirects]` to `never`."
        )
        raise invalid(message)


def _remembered(work: Work, intent: Object) -> Object:
    if intent["payment_method"] is None:
        message = (
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can "
            "either update the PaymentIntent with a payment method and then confirm it again, or "
            "confirm it again directly with a payment method or ConfirmationToken."
        )
        raise invalid(message, code="payment_intent_unexpected_state", payment_intent=intent)
    return work.get("payment_method", intent["payment_method"])


def _ask(work: Work, intent: Object, params: Params) -> None:
    page = f"{work.base_url}/challenges/{intent['id']}?client_secret={intent['client_secret']}"
    back = params.get("return_url")
    if back and not params.get("use_stripe_sdk"):
        ask = {"return_url": back, "url": f"{page}&return_url={quote(back, safe='')}"}
        intent["next_action"] = {"redirect_to_url": ask, "type": "redirect_to_url"}
    else:
        ask = {"stripe_js": page, "type": "three_d_secure_redirect"}
        intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": ask}
    intent["status"] = "requires_action"
    work.tx.save(intent)
    emit(work, "payment_intent.requires_action", intent)


def _wait(work: Work, intent: Object, method: Object, *, card: Card) -> None:
    charge = make_charge(work, intent, method, card=card, status="pending")
    intent.update(
        status="processing",
        latest_charge=charge["id"],
        next_action=None,
        processing={"card": {}, "type": "card"},
    )
    work.tx.save(intent)
    emit(work, "payment_intent.processing", intent)
    due = work.now + work.config.processing_seconds
    work.timers.set(work.tx, "finish_payment", intent["id"], account=work.account, due=due)

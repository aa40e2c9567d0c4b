"""The shapes of what the sandbox emits: the fields of Stripe's own examples, and no others."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from storefront.sandbox.ids import new_id, random_text

if TYPE_CHECKING:
    from storefront.sandbox.cards import Card
    from storefront.sandbox.store import Object

_ADDRESS: Object = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
_INTENT_DEFAULTS: Object = {
    "amount_capturable": 0,
    "amount_details": {"tip": {}},
    "amount_received": 0,
    "application": None,
    "application_fee_amount": None,
    "automatic_payment_methods": None,
    "canceled_at": None,
    "cancellation_reason": None,
    "capture_method": "automatic_async",
    "confirmation_method": "automatic",
    "customer": None,
    "customer_account": None,
    "description": None,
    "excluded_payment_method_types": None,
    "last_payment_error": None,
    "latest_charge": None,
    "livemode": False,
    "managed_payments": {"enabled": False},
    "metadata": {},
    "next_action": None,
    "on_behalf_of": None,
    "payment_method": None,
    "payment_method_configuration_details": None,
    "payment_method_options": {},
    "payment_method_types": ["card"],
    "processing": None,
    "receipt_email": None,
    "review": None,
    "setup_future_usage": None,
    "shipping": None,
    "source": None,
    "statement_descriptor": None,
    "statement_descriptor_suffix": None,
    "status": "requires_payment_method",
    "transfer_data": None,
    "transfer_group": None,
}


def new_intent(*, amount: int, currency: str, created: int) -> Object:
    """Return a PaymentIntent that waits for a payment method."""
    intent_id = new_id("pi")
    return {
        "id": intent_id,
        "object": "payment_intent",
        "amount": amount,
        "client_secret": f"{intent_id}_secret_{random_text(25)}",
        "created": created,
        "currency": currency,
        **_INTENT_DEFAULTS,
        "metadata": {},
    }


def new_payment_method(
    card: Card, *, expiry: tuple[int, int], billing: Object, created: int
) -> Object:
    """Return a PaymentMethod for a test card; `expiry` is month and year."""
    return {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": _billing_details(billing),
        "card": {
            **_card_facts(card, expiry=expiry),
            "checks": _checks(card),
            "display_brand": card.brand,
            "generated_from": None,
            "networks": {"available": [card.brand], "preferred": None},
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": created,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }


def _card_facts(card: Card, *, expiry: tuple[int, int]) -> Object:
    fingerprint = hashlib.sha256(card.number.encode()).hexdigest()[:16]
    return {
        "brand": card.brand,
        "country": card.country,
        "exp_month": expiry[0],
        "exp_year": expiry[1],
        "fingerprint": fingerprint,
        "funding": card.funding,
        "last4": card.last4,
        "regulated_status": "unregulated",
    }


def _checks(card: Card) -> Object:
    failed = card.decline is not None and card.decline.code == "incorrect_cvc"
    return {
        "address_line1_check": None,
        "address_postal_code_check": None,
        "cvc_check": "fail" if failed else "pass",
    }


def _billing_details(given: Object) -> Object:
    return {
        "address": {**_ADDRESS, **(given.get("address") or {})},
        "email": given.get("email"),
        "name": given.get("name"),
        "phone": given.get("phone"),
        "tax_id": None,
    }


def new_charge(intent: Object, method: Object, card: Card, *, created: int) -> Object:
    """Return a charge that its intent has just made; what became of it is written by charges.py."""
    charge_id = new_id("ch")
    return {
        "id": charge_id,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": intent["application_fee_amount"],
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "SANDBOX",
        "captured": False,
        "created": created,
        "currency": intent["currency"],
        "customer": None,
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": intent["on_behalf_of"],
        "outcome": None,
        "paid": False,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _payment_method_details(intent, method, card),
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": intent["shipping"],
        "source": None,
        "source_transfer": None,
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": "pending",
        "transfer_data": intent["transfer_data"] and {"amount": None, **intent["transfer_data"]},
        "transfer_group": intent["transfer_group"],
    }


def _payment_method_details(intent: Object, method: Object, card: Card) -> Object:
    facts = method["card"]
    unavailable = {"status": "unavailable"}
    return {
        "card": {
            **_card_facts(card, expiry=(facts["exp_month"], facts["exp_year"])),
            "amount_authorized": intent["amount"],
            "authorization_code": None,
            "checks": facts["checks"],
            "extended_authorization": {"status": "disabled"},
            "incremental_authorization": unavailable,
            "installments": None,
            "mandate": None,
            "multicapture": unavailable,
            "network": card.brand,
            "network_token": {"used": False},
            "network_transaction_id": None,
            "overcapture": {"maximum_amount_capturable": intent["amount"], **unavailable},
            "three_d_secure": _three_d_secure(card),
            "transaction_link_id": None,
            "wallet": None,
        },
        "type": "card",
    }


def _three_d_secure(card: Card) -> Object | None:
    if not card.asks:
        return None
    return {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": random_text(28),
        "version": "2.2.0",
    }


def outcome(card: Card, *, is_paid: bool) -> Object:
    """Return what the network said, in the words a merchant reads."""
    decline = None if is_paid else card.decline
    reason = (decline.decline_code or decline.code) if decline else None
    return {
        "advice_code": None if decline is None else "try_again_later",
        "network_advice_code": None,
        "network_decline_code": None if decline is None else "05",
        "network_status": "approved_by_network" if is_paid else "declined_by_network",
        "reason": reason,
        "risk_level": "normal",
        "risk_score": 17,
        "seller_message": (
            "Payment complete." if is_paid else "The bank did not return any further details."
        ),
        "type": "authorized" if is_paid else "issuer_declined",
    }


def new_refund(charge: Object, *, amount: int, reason: str | None, created: int) -> Object:
    """Return a refund that has succeeded, as most do at once."""
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": new_id("txn"),
        "charge": charge["id"],
        "created": created,
        "currency": charge["currency"],
        "customer": None,
        "customer_account": None,
        "destination_details": {
            "card": {
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def changed(before: Object, after: Object) -> dict[str, Any]:
    """Return the former values of the fields that differ: an event's `previous_attributes`."""
    return {name: before.get(name) for name in after if before.get(name) != after[name]}

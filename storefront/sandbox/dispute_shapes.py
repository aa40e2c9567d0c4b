"""The shape of a dispute and of the movements of money it causes, as in Stripe's own examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.sandbox.ids import new_id

if TYPE_CHECKING:
    from storefront.sandbox.store import Object

_EVIDENCE_NAMES = """
    access_activity_log billing_address cancellation_policy cancellation_policy_disclosure
    cancellation_rebuttal customer_communication customer_email_address customer_name
    customer_purchase_ip customer_signature duplicate_charge_documentation
    duplicate_charge_explanation duplicate_charge_id product_description receipt refund_policy
    refund_policy_disclosure refund_refusal_explanation service_date service_documentation
    shipping_address shipping_carrier shipping_date shipping_documentation
    shipping_tracking_number uncategorized_file uncategorized_text
"""
EVIDENCE = tuple(_EVIDENCE_NAMES.split())
# What Visa calls a reason; the other networks have figures of their own.
_NETWORK_CODES = {"fraudulent": "10.4", "product_not_received": "13.1"}
_OTHER_CODE = "12.6"


def new_dispute(
    charge: Object, *, reason: str, is_inquiry: bool, due_by: int, created: int
) -> Object:
    """Return a dispute of what a charge has not given back; an inquiry takes no money yet."""
    card = charge["payment_method_details"]["card"]
    code = _NETWORK_CODES.get(reason, _OTHER_CODE)
    return {
        "id": new_id("dp"),
        "object": "dispute",
        "amount": charge["amount_captured"] - charge["amount_refunded"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": created,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": due_by,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": is_inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": card["brand"],
                "case_type": "inquiry" if is_inquiry else "chargeback",
                "network": card["network"],
                "network_reason_code": code,
            },
            "type": "card",
        },
        "reason": reason,
        "status": "warning_needs_response" if is_inquiry else "needs_response",
    }


def movement(dispute: Object, *, amount: int, created: int) -> Object:
    """Return a movement of the balance: negative takes the money, positive brings it back."""
    went = amount < 0
    return {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": created,
        "balance_type": "payments",
        "created": created,
        "currency": dispute["currency"],
        "description": f"Chargeback {'withdrawal' if went else 'reversal'} for {dispute['charge']}",
        "exchange_rate": None,
        "fee": 0,
        "fee_details": [],
        "net": amount,
        "reporting_category": "dispute" if went else "dispute_reversal",
        "source": dispute["id"],
        "status": "available",
        "type": "adjustment",
    }

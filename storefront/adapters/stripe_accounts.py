"""Merchants' own accounts at Stripe: made, completed by their owners, looked at. Payments are in
`stripe_gateway.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from storefront.domain.connections import AccountTold
from storefront.errors import Invalid

if TYPE_CHECKING:
    import stripe

    from storefront.ports import AccountRequest

GONE_CODES = frozenset({"account_invalid", "resource_missing"})
"""What Stripe says of an account whose owner has cut the tie, or that it never had."""

OWN_BUSINESS = {
    "fees": {"payer": "account"},
    "losses": {"payments": "stripe"},
    "requirement_collection": "stripe",
    "stripe_dashboard": {"type": "full"},
}
"""A merchant is a customer of Stripe's own: pays the fees, bears the losses, sees everything."""


def create(client: stripe.StripeClient, request: AccountRequest) -> str:
    """Create an account and return its id; raises what the SDK raises."""
    params: Any = {
        "country": request.country,
        "controller": OWN_BUSINESS,
        "metadata": dict(request.metadata),
    }
    return client.v1.accounts.create(params, {"idempotency_key": request.key}).id


def link(client: stripe.StripeClient, account: str, *, back_url: str, again_url: str) -> str:
    """Create an AccountLink and return its address; raises what the SDK raises."""
    params: Any = {
        "account": account,
        "type": "account_onboarding",
        "return_url": back_url,
        "refresh_url": again_url,
    }
    return client.v1.account_links.create(params).url


def find(client: stripe.StripeClient, account: str) -> AccountTold:
    """Retrieve an account; raises what the SDK raises, also where it is gone."""
    found = client.v1.accounts.retrieve(account)
    return AccountTold(
        has_submitted=found.details_submitted is True,
        can_charge=found.charges_enabled is True,
        can_pay_out=found.payouts_enabled is True,
    )


def is_gone(error: stripe.StripeError) -> bool:
    """Return whether the account is no longer ours. Where the answer is a 403, the SDK leaves
    Stripe's code inside it."""
    return (error.code or (error.error and error.error.code)) in GONE_CODES


def refused(error: stripe.StripeError) -> Invalid:
    """Return the error for what Stripe will not do with accounts, such as any of it before the
    platform has signed up for Connect; Stripe's own words are for the log."""
    return Invalid("connect_refused", field="country", told=str(error.user_message or ""))

"""Who is calling: which key, for which account, and what a publishable key may see."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from storefront.sandbox.errors import StripeError, invalid

if TYPE_CHECKING:
    from flask import Request

    from storefront.sandbox.config import SandboxConfig
    from storefront.sandbox.params import Tree
    from storefront.sandbox.store import Object

_ACCOUNT = re.compile(r"^acct_[A-Za-z0-9_]{1,60}$")
_SHOWN = """
    id object amount amount_details automatic_payment_methods canceled_at cancellation_reason
    capture_method client_secret confirmation_method created currency description
    last_payment_error livemode next_action payment_method payment_method_configuration_details
    payment_method_types processing receipt_email setup_future_usage shipping source status
"""
# What Stripe.js is told of a PaymentIntent.
_PUBLIC = frozenset(_SHOWN.split())


@dataclass(frozen=True, slots=True)
class Caller:
    """An account, empty for the platform's own, and how much its key opens."""

    account: str
    is_publishable: bool


def identify(request: Request, tree: Tree, config: SandboxConfig) -> Caller:
    """Return the caller; takes `key` and `_stripe_account` out of the parameters, where Stripe.js
    puts them. Raises 401 for a key that is not ours, 403 for an account that cannot be.
    """
    key = tree.pop("key", None) or _header_key(request)
    account = tree.pop("_stripe_account", None) or request.headers.get("Stripe-Account", "")
    is_publishable = _same(key, config.publishable_key)
    if not is_publishable and not _same(key, config.secret_key):
        raise _wrong_key(key)
    if account and not _ACCOUNT.match(account):
        message = (
            f"The provided key '{_masked(key)}' does not have access to account '{account}' "
            "(or that account does not exist). Application access may have been revoked."
        )
        raise invalid(message, code="account_invalid", status=403)
    return Caller(account, is_publishable)


def _header_key(request: Request) -> str:
    given = request.authorization
    if given is None:
        return ""
    return str(given.token or given.username or "")


def _same(key: object, expected: str) -> bool:
    return isinstance(key, str) and hmac.compare_digest(key.encode(), expected.encode())


def _wrong_key(key: object) -> StripeError:
    if not key:
        message = (
            "You did not provide an API key. You need to provide your API key in the Authorization "
            "header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        )
        return invalid(message, status=401)
    return invalid(f"Invalid API Key provided: {_masked(key)}", status=401)


def _masked(key: object) -> str:
    shown = str(key)
    return f"{shown[:8]}{'*' * 8}{shown[-4:]}" if len(shown) > 16 else "*" * 8  # noqa: PLR2004 - too short to hide most of it


def need_secret_key(caller: Caller) -> None:
    """Refuse a publishable key where only a secret one will do."""
    if caller.is_publishable:
        message = (
            "This API call cannot be made with a publishable API key. Please use a secret API key."
        )
        raise invalid(message, code="secret_key_required", status=401)


def check_client_secret(intent: Object, given: str | None) -> None:
    """Refuse whoever holds only the id of a PaymentIntent."""
    if not given:
        message = "Missing required param: client_secret."
        raise invalid(message, code="parameter_missing", param="client_secret")
    if not _same(given, intent["client_secret"]):
        message = (
            "The client_secret provided does not match the client_secret associated with the "
            "PaymentIntent."
        )
        raise invalid(message, code="payment_intent_invalid_parameter", param="client_secret")


def public(body: Any) -> Any:
    """Return an answer with each PaymentIntent cut down to what a page may know."""
    if not isinstance(body, dict):
        return body
    if body.get("object") == "payment_intent":
        body = {name: value for name, value in body.items() if name in _PUBLIC}
    return {name: public(value) for name, value in body.items()}

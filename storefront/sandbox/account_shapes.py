"""The shape of a connected account, as in Stripe's own examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.sandbox.ids import random_text

if TYPE_CHECKING:
    from storefront.sandbox.params import Params
    from storefront.sandbox.store import Object

LEFT_TO_TELL = (
    "business_profile.product_description",
    "business_profile.support_phone",
    "business_profile.url",
    "external_account",
    "tos_acceptance.date",
    "tos_acceptance.ip",
)
_CURRENCIES = {"GB": "gbp", "TW": "twd", "HK": "hkd", "CN": "cny", "JP": "jpy", "SG": "sgd"}
_EURO_COUNTRIES = """
    AT BE CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK
"""
_EURO = frozenset(_EURO_COUNTRIES.split())
_CAPABILITIES = ("card_payments", "transfers")
_ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
_PROFILE = (
    "estimated_worker_count",
    "mcc",
    "minority_owned_business_designation",
    "name",
    "product_description",
    "support_email",
    "support_phone",
    "support_url",
    "url",
)
_DESCRIPTORS = (
    "statement_descriptor",
    "statement_descriptor_kana",
    "statement_descriptor_kanji",
    "statement_descriptor_prefix_kana",
    "statement_descriptor_prefix_kanji",
)
_PREFIXES = ("", "_kana", "_kanji")


def new_account(params: Params, *, created: int) -> Object:
    """Return an account whose owner has told nothing yet, so that it cannot be charged."""
    account_id = f"acct_{random_text(16)}"
    country = params.get("country", "US").upper()
    return {
        "id": account_id,
        "object": "account",
        "business_profile": _business_profile(params.get("business_profile") or {}),
        "business_type": params.get("business_type"),
        "capabilities": dict.fromkeys(_CAPABILITIES, "inactive"),
        "charges_enabled": False,
        "controller": {"type": "application", **(params.get("controller") or {})},
        "country": country,
        "created": created,
        "default_currency": params.get("default_currency", _currency(country)),
        "details_submitted": False,
        "email": params.get("email"),
        "external_accounts": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/accounts/{account_id}/external_accounts",
        },
        "future_requirements": _requirements(()),
        "metadata": {},
        "payouts_enabled": False,
        "requirements": {
            **_requirements(LEFT_TO_TELL),
            "disabled_reason": "requirements.past_due",
        },
        "settings": _settings(),
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": params.get("type", "none" if "controller" in params else "standard"),
    }


def _currency(country: str) -> str:
    return "eur" if country in _EURO else _CURRENCIES.get(country, "usd")


def _business_profile(given: Params) -> Object:
    return {
        **dict.fromkeys(_PROFILE),
        "annual_revenue": dict.fromkeys(("amount", "currency", "fiscal_year_end")),
        "support_address": dict.fromkeys(_ADDRESS),
        **given,
    }


def _requirements(due: tuple[str, ...]) -> Object:
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": list(due),
        "disabled_reason": None,
        "errors": [],
        "eventually_due": list(due),
        "past_due": [],
        "pending_verification": [],
    }


def _settings() -> Object:
    return {
        "bacs_debit_payments": {"display_name": None, "service_user_number": None},
        "branding": dict.fromkeys(("icon", "logo", "primary_color", "secondary_color")),
        "card_issuing": {"tos_acceptance": {"date": None, "ip": None}},
        "card_payments": {
            "decline_on": {"avs_failure": True, "cvc_failure": True},
            **{f"statement_descriptor_prefix{tail}": None for tail in _PREFIXES},
        },
        "dashboard": {"display_name": None, "timezone": "Etc/UTC"},
        "invoices": {"default_account_tax_ids": None, "hosted_payment_method_save": None},
        "payments": dict.fromkeys(_DESCRIPTORS),
        "payouts": {
            "debit_negative_balances": True,
            "schedule": {"delay_days": 2, "interval": "daily"},
            "statement_descriptor": None,
        },
        "sepa_debit_payments": {},
    }

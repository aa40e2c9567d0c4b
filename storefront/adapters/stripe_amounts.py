"""Amounts as Stripe counts them, where that differs from ISO 4217 (docs.stripe.com/currencies)."""

from __future__ import annotations

from typing import Any

from storefront.domain.money import Money, exponent
from storefront.errors import Invalid

WHOLE_UNITS = frozenset({"MGA"})
"""Stripe takes whole units, though ISO knows a minor unit."""

HUNDREDTHS = frozenset({"ISK", "UGX"})
"""Stripe wants hundredths (always 00), though ISO knows no minor unit."""

THREE_DECIMALS = 3


LEAST = {
    "AED": 200, "AUD": 50, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1500, "DKK": 250, "EUR": 50,
    "GBP": 30, "HKD": 400, "HUF": 17500, "INR": 50, "JPY": 50, "MXN": 1000, "MYR": 200, "NOK": 300,
    "NZD": 50, "PLN": 200, "RON": 200, "SEK": 300, "SGD": 50, "THB": 1000, "USD": 50,
}  # fmt: skip
"""The least that a card pays, in minor units. For others Stripe publishes no figure."""

MOST = 99_999_999
"""Eight digits, in every currency that has a least amount of its own."""


def limits(currency: str) -> dict[str, Any]:
    """Return the `least` and the `most` that Stripe charges; nothing where it does not say."""
    if currency not in LEAST:
        return {}
    return {"least": Money(LEAST[currency], currency), "most": Money(MOST, currency)}


def to_gateway(money: Money) -> int:
    """Return the integer that Stripe wants; raise `Invalid` amount_not_chargeable otherwise.

    Three-decimal currencies must end in 0, and some others in whole units.
    """
    if money.currency in HUNDREDTHS:
        return money.minor * 100
    if money.currency in WHOLE_UNITS:
        return _exactly(money, 100) // 100
    if exponent(money.currency) == THREE_DECIMALS:
        return _exactly(money, 10)
    return money.minor


def from_gateway(amount: int, currency: str) -> Money:
    """Return what Stripe's integer means; raise `ValueError` for a currency we do not know."""
    code = currency.upper()
    if code in HUNDREDTHS:
        whole, rest = divmod(amount, 100)
        if rest:
            message = f"{amount} {code} has a part that does not exist"
            raise ValueError(message)
        return Money(whole, code)
    if code in WHOLE_UNITS:
        return Money(amount * 100, code)
    return Money(amount, code)


def _exactly(money: Money, step: int) -> int:
    if money.minor % step:
        raise Invalid(
            "amount_not_chargeable",
            field="amount",
            currency=money.currency,
            step=Money(step, money.currency),
        )
    return money.minor

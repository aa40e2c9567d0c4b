"""Amounts as Stripe counts them, which is not always how ISO 4217 does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.adapters.stripe_amounts import LEAST, MOST, from_gateway, limits, to_gateway
from storefront.domain.money import Money, exponent
from storefront.errors import Invalid
from storefront.sandbox.currencies import (
    CURRENCIES,
    THREE_DECIMAL,
    WHOLE_UNITS_IN_HUNDREDTHS,
    ZERO_DECIMAL,
)
from storefront.sandbox.currencies import (
    LEAST as SANDBOX_LEAST,
)
from storefront.sandbox.currencies import (
    MOST as SANDBOX_MOST,
)

# Stripe still lists this one, and ISO 4217 took it back.
WITHDRAWN = {"ang", "bgn", "std"}


@pytest.mark.parametrize(
    ("minor", "currency", "amount"),
    [
        (1250, "USD", 1250),
        (500, "JPY", 500),
        (9000, "KRW", 9000),
        (1500, "TWD", 1500),
        (1500, "HUF", 1500),
        (1230, "KWD", 1230),
        (120, "ISK", 12_000),
        (5000, "UGX", 500_000),
        (300_000, "MGA", 3000),
    ],
)
def test_an_amount_is_told_in_the_units_that_stripe_wants(
    minor: int, currency: str, amount: int
) -> None:
    money = Money(minor, currency)

    assert to_gateway(money) == amount
    assert from_gateway(amount, currency.lower()) == money


@pytest.mark.parametrize(
    ("minor", "currency", "step"), [(1234, "KWD", 10), (1, "BHD", 10), (150, "MGA", 100)]
)
def test_an_amount_between_stripes_steps_cannot_be_charged(
    minor: int, currency: str, step: int
) -> None:
    with pytest.raises(Invalid) as refusal:
        to_gateway(Money(minor, currency))
    assert (refusal.value.code, refusal.value.data["step"].minor) == ("amount_not_chargeable", step)


@pytest.mark.parametrize(("amount", "currency"), [(150, "isk"), (99, "ugx")])
def test_a_part_that_does_not_exist_is_not_rounded_away(amount: int, currency: str) -> None:
    with pytest.raises(ValueError, match="does not exist"):
        from_gateway(amount, currency)


known = sorted(CURRENCIES - WITHDRAWN)


@given(st.sampled_from(known), st.integers(1, 10**9))
def test_every_currency_of_stripe_goes_there_and_comes_back(currency: str, units: int) -> None:
    money = Money(units * 100, currency.upper())

    assert from_gateway(to_gateway(money), currency) == money


@pytest.mark.parametrize("currency", known)
def test_one_whole_unit_is_what_stripe_counts_for_it(currency: str) -> None:
    code = currency.upper()
    places = 2
    if currency in ZERO_DECIMAL:
        places = 0
    elif currency in THREE_DECIMAL:
        places = 3
    assert not {currency} & ZERO_DECIMAL & WHOLE_UNITS_IN_HUNDREDTHS

    assert to_gateway(Money(10 ** exponent(code), code)) == 10**places


def test_the_limits_are_those_that_the_sandbox_enforces() -> None:
    for currency, least in LEAST.items():
        assert least == SANDBOX_LEAST[currency.lower()]
    assert MOST == SANDBOX_MOST


def test_where_stripe_says_no_figure_neither_do_we() -> None:
    assert {} == limits("KWD")

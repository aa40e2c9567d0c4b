"""Money in whole minor units, and sums that are split without losing one of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.domain.money import FULL_SHARE, Money, exponent, split, total

# Decimal places by ISO 4217, list one, for every region that the shop is likely to meet first.
PLACES = {
    "AED": 2, "AUD": 2, "BHD": 3, "BRL": 2, "CAD": 2, "CHF": 2, "CLP": 0, "CNY": 2, "COP": 2,
    "CZK": 2, "DKK": 2, "EUR": 2, "GBP": 2, "HKD": 2, "HUF": 2, "IDR": 2, "ILS": 2, "INR": 2,
    "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0, "KRW": 0, "KWD": 3, "LYD": 3, "MAD": 2, "MGA": 2,
    "MXN": 2, "MYR": 2, "NOK": 2, "NZD": 2, "OMR": 3, "PHP": 2, "PLN": 2, "PYG": 0, "RWF": 0,
    "SEK": 2, "SGD": 2, "THB": 2, "TND": 3, "TRY": 2, "TWD": 2, "UGX": 0, "USD": 2, "VND": 0,
    "XAF": 0, "XOF": 0, "XPF": 0, "ZAR": 2,
}  # fmt: skip

currencies = st.sampled_from(sorted(PLACES))
minors = st.integers(-(10**15), 10**15)
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=40).filter(any)


@pytest.mark.parametrize(("currency", "places"), PLACES.items())
def test_a_currency_has_the_decimal_places_of_iso_4217(currency: str, places: int) -> None:
    assert exponent(currency) == places


@pytest.mark.parametrize("code", ["usd", "XYZ", "", "US", "XAU", "XXX", "\uff35SD"])
def test_what_is_no_currency_of_money_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match=r"currency code|minor unit"):
        Money(1, code)


@pytest.mark.parametrize("minor", [1.0, "1", None, True])
def test_money_is_counted_in_whole_numbers_only(minor: object) -> None:
    with pytest.raises(TypeError, match="whole minor units"):
        Money(minor, "USD")  # type: ignore[arg-type]


@given(minors, minors, currencies)
def test_what_is_added_can_be_taken_away_again(one: int, other: int, currency: str) -> None:
    first, second = Money(one, currency), Money(other, currency)

    assert first + second - second == first


@given(minors, st.integers(0, 99), currencies)
def test_a_quantity_costs_as_much_as_its_pieces(minor: int, quantity: int, currency: str) -> None:
    unit = Money(minor, currency)

    assert total([unit] * quantity, currency) == unit * quantity


@pytest.mark.parametrize("act", ["__add__", "__sub__", "__lt__", "__le__"])
def test_two_currencies_never_mix(act: str) -> None:
    with pytest.raises(ValueError, match="cannot mix USD with EUR"):
        getattr(Money(1, "USD"), act)(Money(1, "EUR"))


def test_a_sum_in_another_currency_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot mix EUR with USD"):
        total([Money(1, "USD")], "EUR")


def test_amounts_of_two_currencies_are_never_equal() -> None:
    assert Money(100, "USD") != Money(100, "EUR")


def test_smaller_amounts_come_first() -> None:
    amounts = [Money(3, "USD"), Money(-1, "USD"), Money(2, "USD")]

    assert [each.minor for each in sorted(amounts)] == [-1, 2, 3]


def test_the_sum_of_nothing_is_nothing() -> None:
    assert total([], "JPY") == Money(0, "JPY")


@pytest.mark.parametrize(
    ("whole", "parts", "expected"),
    [
        (100, [1, 1, 1], (34, 33, 33)),
        (101, [1, 1, 1], (34, 34, 33)),
        (-100, [1, 1, 1], (-34, -33, -33)),
        (0, [3, 2], (0, 0)),
        (1, [0, 1], (0, 1)),
        (1, [1, 1], (1, 0)),
        (5, [1, 3], (1, 4)),
        (10, [0, 0, 7], (0, 0, 10)),
        (FULL_SHARE, [1] * 7, (1429, 1429, 1429, 1429, 1428, 1428, 1428)),
    ],
)
def test_the_largest_remainder_gets_what_is_left(
    whole: int, parts: list[int], expected: tuple[int, ...]
) -> None:
    assert split(whole, parts) == expected


@given(minors, weights)
def test_parts_always_sum_to_the_whole(whole: int, parts: list[int]) -> None:
    assert sum(split(whole, parts)) == whole


@given(minors, weights)
def test_a_part_is_within_one_unit_of_its_fair_share(whole: int, parts: list[int]) -> None:
    unfair = [
        share
        for share, weight in zip(split(whole, parts), parts, strict=True)
        if abs(share * sum(parts) - whole * weight) >= sum(parts)
    ]

    assert unfair == []


@given(minors, weights)
def test_who_weighs_nothing_gets_nothing(whole: int, parts: list[int]) -> None:
    shares = split(whole, [*parts, 0])

    assert shares == (*split(whole, parts), 0)


@given(minors, weights)
def test_giving_back_splits_as_taking_did(whole: int, parts: list[int]) -> None:
    assert split(-whole, parts) == tuple(-share for share in split(whole, parts))


@given(minors, st.integers(1, 1000), st.integers(1, 40))
def test_ties_go_to_the_earlier_part(whole: int, weight: int, count: int) -> None:
    shares = [abs(share) for share in split(whole, [weight] * count)]

    assert shares == sorted(shares, reverse=True)


@pytest.mark.parametrize("parts", [[], [0], [0, 0], [2, -1], [-1, -1]])
def test_weights_that_mean_nothing_are_refused(parts: list[int]) -> None:
    with pytest.raises(ValueError, match="weights must be"):
        split(100, parts)


@given(minors, weights, currencies)
def test_an_amount_is_allocated_in_its_own_currency(
    minor: int, parts: list[int], currency: str
) -> None:
    whole = Money(minor, currency)

    assert total(whole.allocate(parts), currency) == whole

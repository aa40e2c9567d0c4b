"""Amounts as people type them: one reading or none."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.domain.money import Money, exponent
from storefront.domain.prices import LARGEST_MINOR, read_charge, read_percentage, read_price
from storefront.errors import Invalid

READ = [
    ("4.50", "USD", 450), ("4,50", "EUR", 450), ("4.5", "USD", 450), ("4", "USD", 400),
    (" 4.50\u00a0", "USD", 450), ("1,234.50", "USD", 123_450), ("1.234,50", "EUR", 123_450),
    ("1 234,50", "EUR", 123_450), ("1\u202f234,50", "EUR", 123_450),
    ("1\u2019234.50", "CHF", 123_450), ("0", "USD", 0), ("\uff14\uff0e\uff15\uff10", "USD", 450),
    ("1200", "JPY", 1200), ("1,200", "JPY", 1200), ("1.200", "JPY", 1200), ("1200.00", "JPY", 1200),
    ("1,234", "KWD", 1234), ("1.234", "KWD", 1234), ("12,345.678", "KWD", 12_345_678),
    ("0.005", "BHD", 5), ("00012.30", "USD", 1230),
]  # fmt: skip

REFUSED = [
    ("", "USD", "price_missing"), ("  ", "USD", "price_missing"),
    ("free", "USD", "price_unreadable"), ("4,5x", "USD", "price_unreadable"),
    ("$4.50", "USD", "price_unreadable"), ("1e3", "USD", "price_unreadable"),
    ("4.", "USD", "price_unreadable"), (".50", "USD", "price_unreadable"),
    ("1,23,4.50", "USD", "price_unreadable"), ("1.234.50", "USD", "price_unreadable"),
    ("-4.50", "USD", "price_negative"), ("\u22124.50", "USD", "price_negative"),
    ("(4.50)", "USD", "price_negative"), ("4.505", "USD", "price_ambiguous"),
    ("4.5055", "USD", "price_decimals"), ("1,234", "USD", "price_ambiguous"),
    ("1.234", "EUR", "price_ambiguous"), ("12.5", "JPY", "price_decimals"),
    ("1.2345", "KWD", "price_decimals"), ("9" * 30, "USD", "price_too_large"),
    ("4" * 41, "USD", "price_unreadable"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "currency", "minor"), READ)
def test_what_has_one_reading_is_read(typed: str, currency: str, minor: int) -> None:
    assert Money(minor, currency) == read_price(typed, currency)


@pytest.mark.parametrize(("typed", "currency", "code"), REFUSED)
def test_what_has_two_readings_or_none_is_refused(typed: str, currency: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_price(typed, currency)

    assert code == refusal.value.code
    assert "price" == refusal.value.field


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [("4.55", "USD", 455), ("1.25", "KWD", 1250), ("0.010", "BHD", 10), ("7", "MGA", 700)],
)
def test_a_price_that_cards_pay_is_read(typed: str, currency: str, minor: int) -> None:
    assert Money(minor, currency) == read_charge(typed, currency)


@pytest.mark.parametrize(
    ("typed", "currency", "step"), [("1.005", "KWD", 10), ("0,001", "JOD", 10), ("7.5", "MGA", 100)]
)
def test_a_price_between_two_steps_is_refused_with_the_step(
    typed: str, currency: str, step: int
) -> None:
    with pytest.raises(Invalid) as refusal:
        read_charge(typed, currency)

    assert ("amount_not_chargeable", "price") == (refusal.value.code, refusal.value.field)
    assert Money(step, currency) == refusal.value.data["step"]


@given(st.integers(0, LARGEST_MINOR), st.sampled_from(["USD", "JPY", "KWD"]), st.sampled_from(".,"))
def test_every_amount_is_read_as_it_was_written(minor: int, currency: str, mark: str) -> None:
    places = exponent(currency)
    digits = str(minor).zfill(places + 1)
    typed = f"{digits[:-places]}{mark}{digits[-places:]}" if places else digits

    assert Money(minor, currency) == read_price(typed, currency)


@given(st.text(max_size=50), st.sampled_from(["USD", "JPY", "KWD"]))
def test_no_text_is_more_than_an_amount_or_a_refusal(typed: str, currency: str) -> None:
    with suppress(Invalid):
        assert 0 <= read_price(typed, currency).minor <= LARGEST_MINOR


@pytest.mark.parametrize(
    ("typed", "ppm"),
    [("8.875", 88_750), ("8,875 %", 88_750), ("20", 200_000), ("0", 0), ("100%", 1_000_000),
     (" 6.2500\N{NO-BREAK SPACE}% ", 62_500)],
)  # fmt: skip
def test_a_percentage_is_read_in_parts_per_million(typed: str, ppm: int) -> None:
    assert ppm == read_percentage(typed)


@pytest.mark.parametrize("typed", ["", "-1", "100.0001", "1.23456", "1e2", "7%%", "seven", "1000"])
def test_what_is_no_percentage_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_percentage(typed)

    assert "invalid_rate" == refused.value.code

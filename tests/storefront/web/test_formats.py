"""Figures, moments and places as people read them, in the language of their page."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from storefront.domain.money import Money
from storefront.web.formats import clock_text, money, percent, zone_text

NINE = datetime(2026, 12, 24, tzinfo=UTC).astimezone(ZoneInfo("Asia/Tokyo"))


@pytest.mark.parametrize("locale", ["en", "zh_Hans", "zh_Hant"])
def test_nothing_stands_between_a_figure_and_its_per_cent_sign(locale: str) -> None:
    texts = [percent(ppm, locale) for ppm in (88_750, 200_000, 1_000_000, 0, 1)]

    assert ["8.875%", "20%", "100%", "0%", "0.0001%"] == texts


@pytest.mark.parametrize(
    ("locale", "text"), [("en", "\N{MINUS SIGN}$15.50"), ("zh_Hans", "\N{MINUS SIGN}US$15.50")]
)
def test_an_amount_below_zero_has_a_minus_sign(locale: str, text: str) -> None:
    assert text == money(Money(-1550, "USD"), locale)


@pytest.mark.parametrize(
    ("zone", "locale", "city"),
    [
        ("America/New_York", "en", "New York"),
        ("America/New_York", "zh_Hans", "纽约"),
        ("Asia/Tokyo", "zh_Hant", "東京"),
        ("America/Argentina/Buenos_Aires", "en", "Buenos Aires"),
        ("UTC", "en", "UTC"),
    ],
)
def test_a_time_zone_is_called_by_its_city(zone: str, locale: str, city: str) -> None:
    assert city == zone_text(zone, locale)


@pytest.mark.parametrize(
    ("locale", "text"), [("en", "9:00\N{NARROW NO-BREAK SPACE}AM"), ("zh_Hans", "09:00")]
)
def test_the_time_of_day_is_that_of_its_own_clock(locale: str, text: str) -> None:
    assert text == clock_text(NINE, locale)

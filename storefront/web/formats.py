"""Money and moments as people read them, in their language."""

from __future__ import annotations

from decimal import Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency, format_decimal, parse_pattern
from flask import g
from flask_babel import get_locale

from storefront.domain.addresses import masked
from storefront.domain.money import Money, exponent

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from flask import Flask

    from storefront.services.views import SumsView

PPM = 1_000_000

AMOUNTS = 10_000
"""So many are kept as they are read: a shop has few prices, and each takes ten times as long to
write as to look up."""


def money(amount: Money, locale: str | None = None) -> str:
    """Return an amount such as $4.50 or 4,50 €, with the decimals that ISO 4217 gives it.

    Babel's own number of digits differs from ISO's for some currencies, so it is not asked.
    """
    return _money(amount.minor, amount.currency, locale or str(get_locale() or "en"))


@lru_cache(AMOUNTS)
def _money(minor: int, currency: str, language: str) -> str:
    places = exponent(currency)
    text = format_currency(
        Decimal(minor).scaleb(-places),
        currency,
        format=_pattern(language, places),
        locale=language,
        currency_digits=False,
    )
    return str(text).replace("-", "\N{MINUS SIGN}")


@cache
def _pattern(language: str, places: int) -> str:
    pattern = parse_pattern(Locale.parse(language).currency_formats["standard"].pattern)
    decimals = "." + "0" * places if places else ""
    return str(pattern.pattern).replace(".00", decimals)


def decimal_text(amount: Money) -> str:
    """Return an amount as machines read it: a point, no symbol, all its decimals."""
    return f"{Decimal(amount.minor).scaleb(-exponent(amount.currency)):f}"


def percent(ppm: int, locale: str | None = None) -> str:
    """Return parts per million as a percentage with the decimals it needs, such as 8.875%."""
    return format_decimal(
        Decimal(ppm) / PPM,
        format="#,##0.####%",
        locale=locale or str(get_locale() or "en"),
    )


def sums_as_json(sums: SumsView) -> dict[str, int | bool | str]:
    """Return the parts of a total for programs, in minor units."""
    return {
        "goods_minor": sums.goods.minor,
        "discount_minor": sums.discount.minor,
        "shipping_minor": sums.shipping.minor,
        "tax_minor": sums.tax.minor,
        "is_tax_included": sums.is_tax_included,
    }


def _zone() -> ZoneInfo:
    return ZoneInfo(g.get("storefront_zone") or "UTC")


def date_text(moment: datetime, style: str = "medium") -> str:
    """Return a date in the merchant's zone."""
    return format_date(moment.astimezone(_zone()).date(), style, locale=_language())


def day_text(day: date, style: str = "medium") -> str:
    """Return a day that has no time, and so no zone: a calendar's."""
    return format_date(day, style, locale=_language())


def time_text(moment: datetime, style: str = "short") -> str:
    """Return a time of day in the merchant's zone."""
    return format_time(moment, style, tzinfo=_zone(), locale=_language())


def moment_text(moment: datetime, style: str = "medium") -> str:
    """Return a date and time in the merchant's zone."""
    return format_datetime(moment, style, tzinfo=_zone(), locale=_language())


def clock_text(moment: datetime, locale: str | None = None) -> str:
    """Return the time of day on a moment's own clock, not on the merchant's."""
    return format_time(moment.time(), "short", locale=locale or _language())


def zone_text(zone: str, locale: str | None = None) -> str:
    """Return a time zone by the city whose clocks it tells, such as New York."""
    return _city(zone, locale or _language())


@cache
def _city(zone: str, language: str) -> str:
    city = Locale.parse(language).time_zones.get(zone, {}).get("city")
    return str(city or zone.rpartition("/")[2].replace("_", " "))


def _language() -> str:
    return str(get_locale() or "en")


def use_zone(zone: str) -> None:
    """Show the moments of this request's page in this zone."""
    g.storefront_zone = zone


def init_formats(app: Flask) -> None:
    """Give templates the filters for money, percentages, moments and mailboxes."""
    app.jinja_env.filters.update(
        money=money,
        decimal=decimal_text,
        percent=percent,
        dateformat=date_text,
        dayformat=day_text,
        timeformat=time_text,
        datetimeformat=moment_text,
        clockformat=clock_text,
        zone=zone_text,
        masked=masked,
    )
    app.jinja_env.globals.update(amount=Money)


def letter_filters(locale: str, zone: str) -> dict[str, Callable[..., str]]:
    """Return the same filters for a mail, which has no request to ask for language and zone."""
    place = ZoneInfo(zone)
    return {
        "money": lambda amount: money(amount, locale),
        "percent": lambda ppm: percent(ppm, locale),
        "dateformat": lambda moment, style="medium": format_date(
            moment.astimezone(place).date(), style, locale=locale
        ),
        "dayformat": lambda day, style="medium": format_date(day, style, locale=locale),
        "timeformat": lambda moment, style="short": format_time(
            moment, style, tzinfo=place, locale=locale
        ),
        "clockformat": lambda moment: clock_text(moment, locale),
        "zone": lambda zone: zone_text(zone, locale),
        "datetimeformat": lambda moment, style="medium": format_datetime(
            moment, style, tzinfo=place, locale=locale
        ),
    }

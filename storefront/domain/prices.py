"""Prices as people and files write them, read strictly: what could mean two amounts is refused."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from storefront.domain.money import Money, exponent
from storefront.domain.pricing import refuse_unchargeable
from storefront.errors import Invalid

LONGEST = 40
LARGEST_MINOR = 10**11
"""Far more than any card is charged, and far below what a column holds."""

MOST_PPM = 1_000_000
"""A hundred per cent, in parts per million."""

_SPACES = "\u00a0\u202f\u2009 "
_GROUPED = re.compile(r"[0-9]{1,3}(?:([.,' ])[0-9]{3})(?:\1[0-9]{3})*")


def write_price(price: Money) -> str:
    """Return an amount as files have it: all its decimals, a point, no separators."""
    return f"{Decimal(price.minor).scaleb(-exponent(price.currency)):f}"


def read_price(typed: str, currency: str) -> Money:
    """Return an amount such as 4.50, 4,50, 1,234.50 or 1.234,50 in a currency.

    A single separator is a decimal mark; 1,234 of a currency with two decimals is refused, for
    it is one to some and a thousand to others. Raises `Invalid` with one of price_missing,
    price_unreadable, price_negative, price_decimals, price_ambiguous, price_too_large.
    """
    text = unicodedata.normalize("NFKC", typed[: LONGEST + 1]).strip(_SPACES)
    if not text:
        raise Invalid("price_missing", field="price")
    if len(text) > LONGEST:
        raise Invalid("price_unreadable", field="price")
    if text[0] in "-\u2212(":
        raise Invalid("price_negative", field="price")
    places = exponent(currency)
    whole, decimals = _parts(text.replace("\u2019", "'"), places)
    minor = int(whole + decimals.ljust(places, "0"))
    if minor > LARGEST_MINOR:
        raise Invalid("price_too_large", field="price")
    return Money(minor, currency)


def read_charge(typed: str, currency: str) -> Money:
    """Return an amount as `read_price` does, if cards can be charged with it.

    Raises `Invalid` amount_not_chargeable too.
    """
    amount = read_price(typed, currency)
    refuse_unchargeable(amount, field="price")
    return amount


def _parts(text: str, places: int) -> tuple[str, str]:
    """Return digits before and after the decimal mark, at most `places` of the latter."""
    if re.fullmatch(r"[0-9]+", text, re.ASCII):
        return text, ""
    if places == 0 and (grouped := _grouped(text)):
        return grouped, ""
    whole, mark, decimals = _split(text)
    if not mark or not re.fullmatch(r"[0-9]+", decimals, re.ASCII):
        raise Invalid("price_unreadable", field="price")
    digits = whole if re.fullmatch(r"[0-9]+", whole, re.ASCII) else _grouped(whole, but=mark)
    if not digits:
        raise Invalid("price_unreadable", field="price")
    if places == 0 and decimals in {"0", "00"}:
        return digits, ""
    if len(decimals) <= places:
        return digits, decimals
    is_thousand = digits == whole and _grouped(text) is not None
    if is_thousand:
        raise Invalid("price_ambiguous", field="price", places=places)
    raise Invalid("price_decimals", field="price", places=places)


def _split(text: str) -> tuple[str, str, str]:
    place = max(text.rfind("."), text.rfind(","))
    return (text[:place], text[place], text[place + 1 :]) if place > 0 else (text, "", "")


def _grouped(text: str, *, but: str = "") -> str | None:
    """Return the digits of a number in groups of three, or None when it is not one."""
    match = _GROUPED.fullmatch(text)
    if match is None or match[1] == but:
        return None
    return text.replace(match[1], "")


def read_percentage(typed: str) -> int:
    """Return a percentage such as 8.875, 8,875 % or 20 in parts per million.

    Raises `Invalid` invalid_rate for all else, and above a hundred.
    """
    text = unicodedata.normalize("NFKC", typed[:LONGEST]).strip(_SPACES).removesuffix("%")
    match = re.fullmatch(r"([0-9]{1,3})(?:[.,]([0-9]{1,4}))?", text.strip(_SPACES), re.ASCII)
    ppm = int(match[1] + (match[2] or "").ljust(4, "0")) if match else MOST_PPM + 1
    if ppm > MOST_PPM:
        raise Invalid("invalid_rate", field="rate")
    return ppm

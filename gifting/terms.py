"""A merchant's terms for gifts: limits, presets, how long they are good and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from gifting.models import GiftSettings
from storefront.db.hot import read, table_of
from storefront.domain.money import Money, exponent
from storefront.models import Merchant
from storefront.values import frozen

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

MOST_RECIPIENTS = 10
LEAST, MOST = 5, 500
PRESETS = (10, 25, 50, 100)
WITHOUT_DECIMALS = 100
"""One of the main unit of a currency with decimals is about a hundred of one that has none."""


_settings, _merchant = table_of(GiftSettings), table_of(Merchant)
TERMS = (
    select(
        _merchant.c.currency,
        _settings.c.is_on,
        _settings.c.least_minor,
        _settings.c.most_minor,
        _settings.c.presets,
        _settings.c.months_valid,
        _settings.c.are_promotable,
        _settings.c.stores,
        _settings.c.remind_unopened_days,
        _settings.c.remind_expiry_days,
    )
    .outerjoin(_settings, _settings.c.merchant_id == _merchant.c.id)
    .where(_merchant.c.id == bindparam("merchant_id"))
)


@frozen
class GiftTerms:
    """What holds for gifts that are bought now. `months_valid` None is for ever, `stores` None is
    all of them, and the reminders are in days, None for never."""

    is_on: bool
    least: Money
    most: Money
    presets: tuple[Money, ...]
    months_valid: int | None = None
    are_promotable: bool = False
    stores: tuple[int, ...] | None = None
    remind_unopened_days: int | None = 7
    remind_expiry_days: int | None = 30


def gift_terms(session: Session, merchant_id: int) -> GiftTerms:
    """Return a merchant's terms; what nobody has set is as most shops have it."""
    row = read(session, TERMS, merchant_id=merchant_id)[0]
    currency: str = row.currency
    if row.is_on is None:  # the join is an outer one
        return default_terms(currency)
    return GiftTerms(
        is_on=row.is_on,
        least=Money(row.least_minor, currency),
        most=Money(row.most_minor, currency),
        presets=tuple(Money(minor, currency) for minor in row.presets),
        months_valid=row.months_valid,
        are_promotable=row.are_promotable,
        stores=None if row.stores is None else tuple(row.stores),
        remind_unopened_days=row.remind_unopened_days,
        remind_expiry_days=row.remind_expiry_days,
    )


def default_terms(currency: str) -> GiftTerms:
    """Return the terms of a merchant who has set none."""
    places = exponent(currency)
    one = 10**places if places else WITHOUT_DECIMALS
    return GiftTerms(
        is_on=True,
        least=Money(LEAST * one, currency),
        most=Money(MOST * one, currency),
        presets=tuple(Money(preset * one, currency) for preset in PRESETS),
    )

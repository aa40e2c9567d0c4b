"""Which tax is due where: the one place that answers it. A tax service would be asked here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from storefront.db.hot import read, table_of
from storefront.db.ids import public_id
from storefront.db.upsert import insert_if_new
from storefront.domain.pricing import MILLION, TaxTerms
from storefront.domain.regions import is_known_region, region_key, region_name
from storefront.errors import Conflict, Invalid, NotFound
from storefront.models import TaxRate
from storefront.services import rates
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.db.hot import AnyRow
    from storefront.services.views import MerchantView

_rate = table_of(TaxRate)
RATES = select(_rate.c.region, _rate.c.name, _rate.c.rate_ppm, _rate.c.covers_shipping).where(
    _rate.c.merchant_id == bindparam("merchant_id"),
    _rate.c.country == bindparam("country"),
    _rate.c.retired_at.is_(None),
)


@frozen
class Place:
    """Where something is handed over: two letters of a country, and a region as people type it.
    Without a country it is not known yet."""

    country: str = ""
    region: str = ""


@frozen
class TaxWish:
    """A rate as a merchant puts it, in parts per million; without a region it is good for the
    rest of the country."""

    country: str
    region: str
    name: str
    rate_ppm: int
    covers_shipping: bool = True


@frozen
class TaxRates:
    """What is due on goods and on their delivery. `name` is what it is called there, "" where
    nothing is due."""

    name: str
    goods: TaxTerms
    delivery: TaxTerms


def rates_for(session: Session, merchant: MerchantView, place: Place) -> TaxRates:
    """Return the tax at a place: its region's, else the rest of the country's, else none.

    Raises `Invalid` region_needed where the tax depends on the region, and none that exists is
    given.
    """
    rows = read(session, RATES, merchant_id=merchant.id, country=place.country)
    key = region_key(place.country, place.region)
    by_region = {region_key(place.country, row.region): row for row in rows}
    is_named = bool(key) and is_known_region(place.country, place.region)
    if any(by_region) and not is_named:
        raise Invalid("region_needed", field="address_region")
    return _rates(by_region.get(key) or by_region.get(""), is_included=merchant.prices_include_tax)


def _rates(row: AnyRow | None, *, is_included: bool) -> TaxRates:
    nothing = TaxTerms(is_included, 0)
    if row is None or row.rate_ppm == 0:
        return TaxRates("", nothing, nothing)
    terms = TaxTerms(is_included, row.rate_ppm)
    return TaxRates(row.name, terms, terms if row.covers_shipping else nothing)


def list_tax_rates(session: Session, merchant_id: int) -> tuple[TaxRate, ...]:
    """Return the rates in use, by country and region."""
    return tuple(
        session.scalars(
            select(TaxRate)
            .where(TaxRate.merchant_id == merchant_id, TaxRate.retired_at.is_(None))
            .order_by(TaxRate.country, TaxRate.region)
        )
    )


def read_tax_rate(session: Session, merchant_id: int, rate: str) -> TaxRate:
    """Return a rate in use; raise `NotFound` for any other."""
    for row in list_tax_rates(session, merchant_id):
        if row.public_id == rate:
            return row
    raise NotFound


def add_tax_rate(session: Session, merchant_id: int, wish: TaxWish, *, now: datetime) -> str:
    """Add a rate and return its public id. A region is kept by its code where it has one.

    Raises `Invalid` invalid_rate or unknown_region, `Conflict` rate_taken where the place has one.
    """
    if not 0 <= wish.rate_ppm <= MILLION:
        raise Invalid("invalid_rate", field="rate")
    if wish.region and not is_known_region(wish.country, wish.region):
        raise Invalid("unknown_region", field="region")
    name = public_id("tax")
    added = insert_if_new(
        session,
        TaxRate,
        merchant_id=merchant_id,
        public_id=name,
        country=wish.country,
        region=region_name(wish.country, wish.region),
        name=wish.name,
        rate_ppm=wish.rate_ppm,
        covers_shipping=wish.covers_shipping,
        created_at=now,
    )
    if added is None:
        raise Conflict("rate_taken", field="country")
    return name


def change_tax_rate(
    session: Session, merchant_id: int, rate: str, *, wish: TaxWish, now: datetime
) -> str:
    """Put a rate in the place of another, which retires; raise as adding and retiring do."""
    retire_tax_rate(session, merchant_id, rate, now=now)
    return add_tax_rate(session, merchant_id, wish, now=now)


def retire_tax_rate(session: Session, merchant_id: int, rate: str, *, now: datetime) -> None:
    """Take a rate out of use; raise `NotFound` where it is not in use."""
    rates.retire(session, TaxRate, merchant_id, rate=rate, now=now)

"""Where a merchant sends orders, and what it costs: flat rates by country."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from sqlalchemy import select

from storefront.db.ids import public_id
from storefront.db.upsert import insert_if_new
from storefront.domain.regions import ELSEWHERE
from storefront.errors import Conflict, Invalid, NotFound
from storefront.models import ShippingRate
from storefront.services import rates
from storefront.services.views import DeliveryView
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


@frozen
class ShippingWish:
    """A rate as a merchant puts it; amounts in minor units of the merchant's currency."""

    country: str
    name: str
    amount_minor: int
    free_from_minor: int | None = None


def delivery_of(session: Session, merchant_id: int) -> DeliveryView | None:
    """Return where a merchant sends orders and for how much; None where nothing is sent."""
    rates = list_shipping_rates(session, merchant_id)
    if not rates:
        return None
    terms = {rate.terms for rate in rates}
    free_from = {each.free_from for each in terms}
    return DeliveryView(
        countries=tuple(rate.country for rate in rates),
        least=min((each.amount for each in terms), key=lambda amount: amount.minor),
        is_one_price=len({each.amount for each in terms}) == 1,
        free_from=free_from.pop() if len(free_from) == 1 else None,
    )


def get_shipping_rate(session: Session, merchant_id: int, country: str) -> ShippingRate:
    """Return what sending to a country costs.

    Raises `Invalid` no_delivery where nothing is sent at all, not_delivered_there otherwise.
    """
    rows = session.scalars(
        select(ShippingRate).where(
            ShippingRate.merchant_id == merchant_id,
            ShippingRate.country.in_((country, ELSEWHERE)),
            ShippingRate.retired_at.is_(None),
        )
    )
    by_country = {row.country: row for row in rows}
    rate = by_country.get(country) or by_country.get(ELSEWHERE)
    if rate is None:
        _refuse(session, merchant_id)
    return rate


def _refuse(session: Session, merchant_id: int) -> NoReturn:
    sent_to = delivery_of(session, merchant_id)
    if sent_to is None:
        raise Invalid("no_delivery", field="fulfilment")
    raise Invalid("not_delivered_there", field="address_country", countries=sent_to.countries)


def list_shipping_rates(session: Session, merchant_id: int) -> tuple[ShippingRate, ...]:
    """Return the rates in use, by country."""
    return tuple(
        session.scalars(
            select(ShippingRate)
            .where(ShippingRate.merchant_id == merchant_id, ShippingRate.retired_at.is_(None))
            .order_by(ShippingRate.country)
        )
    )


def read_shipping_rate(session: Session, merchant_id: int, rate: str) -> ShippingRate:
    """Return a rate in use; raise `NotFound` for any other."""
    for row in list_shipping_rates(session, merchant_id):
        if row.public_id == rate:
            return row
    raise NotFound


def add_shipping_rate(
    session: Session, merchant_id: int, wish: ShippingWish, *, currency: str, now: datetime
) -> str:
    """Add a rate and return its public id.

    Raises `Invalid` invalid_price, or `Conflict` rate_taken where the country has one.
    """
    if wish.amount_minor < 0:
        raise Invalid("invalid_price", field="amount")
    if wish.free_from_minor is not None and wish.free_from_minor < 1:
        raise Invalid("invalid_price", field="free_from")
    name = public_id("shp")
    added = insert_if_new(
        session,
        ShippingRate,
        merchant_id=merchant_id,
        public_id=name,
        country=wish.country,
        name=wish.name,
        amount_minor=wish.amount_minor,
        free_from_minor=wish.free_from_minor,
        currency=currency,
        created_at=now,
    )
    if added is None:
        raise Conflict("rate_taken", field="country")
    return name


def change_shipping_rate(
    session: Session,
    merchant_id: int,
    rate: str,
    *,
    wish: ShippingWish,
    currency: str,
    now: datetime,
) -> str:
    """Put a rate in the place of another, which retires; raise as adding and retiring do."""
    retire_shipping_rate(session, merchant_id, rate, now=now)
    return add_shipping_rate(session, merchant_id, wish, currency=currency, now=now)


def retire_shipping_rate(session: Session, merchant_id: int, rate: str, *, now: datetime) -> None:
    """Take a rate out of use; raise `NotFound` where it is not in use."""
    rates.retire(session, ShippingRate, merchant_id, rate=rate, now=now)

"""Ask the shop for a gift: within the merchant's terms, for recipients who may be sent something,
at a moment that can be kept."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import func, select

from gifting.models import Gift
from gifting.terms import gift_terms
from storefront.domain.prices import read_price
from storefront.domain.pricing import refuse_unchargeable
from storefront.domain.window import start_of
from storefront.errors import Conflict, Invalid, NotFound, TooMany
from storefront.kinds import Asked
from storefront.models import Order, Product, Variant
from storefront.models.order import IS_OPEN
from storefront.web.gathering import Gathering

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, ScalarSelect
    from sqlalchemy.orm import Session

    from gifting.terms import GiftTerms
    from gifting.wishes import GiftWish
    from storefront.domain.money import Money
    from storefront.domain.window import Typed
    from storefront.kinds import Asking

FARTHEST = timedelta(days=366)
MOST_A_DAY = 30
"""So many gifts of one buyer in a day: strangers are not to be annoyed."""

A_DAY = timedelta(days=1)


def ask(session: Session, wish: GiftWish, asking: Asking) -> Asked:
    """Return the line that a wish comes to: one for each recipient.

    Raises `Conflict` gifts_off or not_giftable, `Invalid` amount_out_of_range or invalid_date,
    `TooMany` gift_limit, `NotFound` for a variant of nobody here.
    """
    terms = gift_terms(session, asking.merchant_id)
    if not terms.is_on:
        raise Conflict("gifts_off")
    value = _value(wish, terms, now=asking.now)
    _refuse_many(session, wish, asking)
    quantity = len(wish.recipients)
    if wish.variant is not None:
        _refuse_ungiftable(session, asking.merchant_id, wish.variant)
        return Asked(quantity, variant=wish.variant, is_promotable=terms.are_promotable)
    return Asked(
        quantity,
        value=value,
        title=_("Gift card"),
        is_promotable=terms.are_promotable,
    )


def _value(wish: GiftWish, terms: GiftTerms, *, now: datetime) -> Money | None:
    """Return what each gift of an amount is worth, None for a thing; raise `Invalid` with all that
    stands against the amount and the moment."""
    gathering, value = Gathering(), None
    if wish.at:
        gathering.read(None, deliver_at, wish.at, wish.zone, now=now)
    if wish.variant is None:
        value = gathering.read(None, amount_of, wish, terms)
    gathering.end()
    return value


def amount_of(wish: GiftWish, terms: GiftTerms) -> Money:
    """Return what each gift is worth; raise `Invalid` amount_out_of_range beyond the limits, and
    amount_not_chargeable."""
    least = terms.least
    if wish.typed is not None:
        amount = _typed(wish.typed, least.currency)
    else:
        amount = type(least)(wish.amount_minor or 0, least.currency)
    if not least <= amount <= terms.most:
        raise Invalid("amount_out_of_range", field="gift_amount", least=least, most=terms.most)
    refuse_unchargeable(amount, field="gift_amount")
    return amount


def _typed(amount: str, currency: str) -> Money:
    try:
        return read_price(amount, currency)
    except Invalid as fault:
        fault.field = "gift_amount"
        raise


def deliver_at(at: str, zone: str, *, now: datetime) -> Typed:
    """Return the moment that a wall clock in a zone means; one that the clocks skip moves on.

    Raises `Invalid` invalid_date for what does not exist, is past, or over a year ahead.
    """
    try:
        typed = start_of(at, zone, field="gift_at")
    except Invalid:
        raise _no_such_date(zone, now) from None
    if "T" not in at or not now <= typed.at <= now + FARTHEST:
        raise _no_such_date(zone, now)
    return typed


def _no_such_date(zone: str, now: datetime) -> Invalid:
    here = now.astimezone(ZoneInfo(zone))
    first, last = (f"{moment:%Y-%m-%d %H:%M}" for moment in (here, here + FARTHEST))
    return Invalid("invalid_date", field="gift_at", first=first, last=last, zone=zone)


def _refuse_ungiftable(session: Session, merchant_id: int, variant: str) -> None:
    is_giftable = session.scalar(
        select(Product.is_giftable)
        .join(Variant, Variant.product_id == Product.id)
        .where(Variant.merchant_id == merchant_id, Variant.public_id == variant)
    )
    if is_giftable is None:
        raise NotFound
    if not is_giftable:
        raise Conflict("not_giftable", field="variant")


def _refuse_many(session: Session, wish: GiftWish, asking: Asking) -> None:
    """Raise `TooMany` beyond what an address has paid for today and this visitor is about to pay.

    Unpaid orders count for who placed them alone, whatever address they typed: else anybody could
    use up somebody's day.
    """
    asked = session.scalar(select(_paid(asking) + _about_to_be_paid(asking))) or 0
    if asked + len(wish.recipients) > MOST_A_DAY:
        raise TooMany("gift_limit", retry_after=int(A_DAY.total_seconds()), most=MOST_A_DAY)


def _paid(asking: Asking) -> ScalarSelect[int]:
    return _gifts(
        asking,
        Order.buyer_key == asking.buyer_key,
        Order.paid_at.is_not(None),
        Gift.placed_at > asking.now - A_DAY,
    )


def _about_to_be_paid(asking: Asking) -> ScalarSelect[int]:
    return _gifts(
        asking,
        Order.visitor == asking.visitor,
        IS_OPEN,
    )


def _gifts(asking: Asking, *which: ColumnElement[bool]) -> ScalarSelect[int]:
    return (
        select(func.count())
        .select_from(Gift)
        .join(Order, Order.id == Gift.order_id)
        .where(Gift.merchant_id == asking.merchant_id, *which)
        .scalar_subquery()
    )

"""What each variant could be bought for, and since when: kept for the lowest price of 30 days,
which a reduction is shown with. Offers by code, by link or for one post are nobody's price."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, insert, select

from storefront.db.hot import read, table_of
from storefront.domain.evaluation import evaluate
from storefront.domain.money import Money
from storefront.domain.offers import Facts, Item, Scope
from storefront.models import Offer, Product, Variant, VariantPrice
from storefront.services.offer_terms import offers_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

REMEMBERED = timedelta(days=30)

_price = table_of(VariantPrice)
PRICES_BEFORE = (
    select(_price.c.variant_id, _price.c.price_minor, _price.c.currency, _price.c.since)
    .where(
        _price.c.variant_id.in_(bindparam("variants", expanding=True)),
        _price.c.since < bindparam("moment"),
    )
    .order_by(_price.c.variant_id, _price.c.since, _price.c.id)
)


def begin(session: Session, variant: Variant, *, since: datetime) -> None:
    """Write down the first price of a variant that is put on sale."""
    session.execute(
        insert(VariantPrice).values(
            merchant_id=variant.merchant_id,
            variant_id=variant.id,
            currency=variant.currency,
            price_minor=variant.price_minor,
            since=since,
        )
    )


def note_prices(
    session: Session, merchant_id: int, variant_ids: Sequence[int], *, since: datetime
) -> None:
    """Write down what these variants cost from `since` on, where that has changed."""
    known = offers_for(session, merchant_id, now=since)
    public = [each for each in known.terms if each.placement_id is None and each.link is None]
    latest = _latest(session, variant_ids)
    rows = []
    for variant, is_promotable in _variants(session, variant_ids):
        item = Item(variant.id, variant.product_id, variant.price, 1, is_promotable)
        facts = Facts(now=since, is_first_order=False, modes=known.modes)
        outcome = evaluate([item], [each for each in public if each.scope is Scope.CHOSEN], facts)
        price = variant.price - outcome.discounts[0]
        if latest.get(variant.id) != price.minor:
            rows.append(
                {
                    "merchant_id": merchant_id,
                    "variant_id": variant.id,
                    "offer_id": outcome.applied[0].offer_id if outcome.applied else None,
                    "currency": price.currency,
                    "price_minor": price.minor,
                    "since": since,
                }
            )
    if rows:
        session.execute(insert(VariantPrice), rows)


def _variants(session: Session, variant_ids: Sequence[int]) -> Iterable[tuple[Variant, bool]]:
    rows = session.execute(
        select(Variant, Product.is_promotable)
        .join(Product, Product.id == Variant.product_id)
        .where(Variant.id.in_(variant_ids))
        .order_by(Variant.id)
        .execution_options(populate_existing=True)
    )
    return [(variant, is_promotable) for variant, is_promotable in rows]


def _latest(session: Session, variant_ids: Sequence[int]) -> dict[int, int]:
    """Return the price that was last written down for each variant."""
    last = (
        select(func.max(VariantPrice.id))
        .where(VariantPrice.variant_id.in_(variant_ids))
        .group_by(VariantPrice.variant_id)
    )
    rows = session.execute(
        select(VariantPrice.variant_id, VariantPrice.price_minor).where(VariantPrice.id.in_(last))
    )
    return {row.variant_id: row.price_minor for row in rows}


def lowest_before(
    session: Session, variant_ids: Sequence[int], moment: datetime
) -> dict[int, Money]:
    """Return the lowest price of each variant in the 30 days before a moment.

    That is the price with which those days began, or a lower one since; a variant without a
    history has none.
    """
    begin = moment - REMEMBERED
    rows = read(session, PRICES_BEFORE, variants=list(variant_ids), moment=moment)
    lowest: dict[int, Money] = {}
    for row in rows:
        price = Money(row.price_minor, row.currency)
        if row.since <= begin or row.variant_id not in lowest:
            lowest[row.variant_id] = price
        else:
            lowest[row.variant_id] = min(lowest[row.variant_id], price, key=lambda each: each.minor)
    return lowest


def note_offer(session: Session, offer: Offer, *, since: datetime) -> None:
    """Write down what the things of an offer cost once it starts, stops or goes on."""
    if offer.scope == Scope.CHOSEN.value:
        variant_ids = _chosen(session, offer)
        if variant_ids:
            note_prices(session, offer.merchant_id, variant_ids, since=since)


def _chosen(session: Session, offer: Offer) -> Sequence[int]:
    terms = offer.terms
    return session.scalars(
        select(Variant.id).where(
            Variant.merchant_id == offer.merchant_id,
            Variant.withdrawn_at.is_(None),
            Variant.id.in_(terms.variants) | Variant.product_id.in_(terms.products),
        )
    ).all()

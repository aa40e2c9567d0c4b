"""Offers on a shelf: the price that each piece has by itself, and the offers that shoppers may look
for in vain. What they do to a cart is in `offering.py`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from storefront.domain.evaluation import evaluate
from storefront.domain.money import Money
from storefront.domain.offers import Facts, Kind, Reason, Scope, why_not_running
from storefront.domain.reductions import is_meant
from storefront.services import price_history
from storefront.services.offer_terms import KnownOffers, offers_for
from storefront.services.offering import item_of
from storefront.services.placement_offers import with_shown
from storefront.services.views import OfferView
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.domain.offers import OfferTerms
    from storefront.services.offering import Occasion
    from storefront.services.views import ProductView, VariantView

ANNOUNCED = timedelta(days=7)
"""So long before its start an offer is announced."""

SHOWN = {Reason.GONE: "gone", Reason.NOT_STARTED: "scheduled", Reason.ENDED: "ended"}
"""Offers that do not count are shown where shoppers may look for them, in this order."""


def offer_products(
    session: Session, merchant_id: int, products: Sequence[ProductView], *, occasion: Occasion
) -> tuple[ProductView, ...]:
    """Return the products with the price that each variant has here and now, and why.

    Only offers that need no code and that one piece alone is good for make a price.
    """
    known = offers_for(session, merchant_id, now=occasion.now, visitor=occasion.visitor)
    return price_products(session, products, known, occasion=occasion)


def price_products(
    session: Session, products: Sequence[ProductView], known: KnownOffers, *, occasion: Occasion
) -> tuple[ProductView, ...]:
    """Return the products with the prices that these offers make here and now."""
    occasion = with_shown(session, known, occasion)
    offers = [
        each
        for each in known.terms
        if each.kind is Kind.AUTOMATIC and each.scope is Scope.CHOSEN and _is_here(each, occasion)
    ]
    if not offers:
        return tuple(products)
    facts = Facts(
        now=occasion.now,
        placement_id=occasion.placement_id,
        links=occasion.entered.links,
        is_first_order=False,
        modes=known.modes,
    )
    priced = _Shelf(offers, known, facts)
    found = [
        replace(
            product,
            variants=tuple(priced.with_offer(product, variant) for variant in product.variants),
        )
        for product in products
    ]
    return _with_lowest(session, found)


def next_turn(known: KnownOffers, now: datetime) -> datetime | None:
    """Return the first moment after `now` at which time alone changes what a shelf shows: one of
    these offers is announced, begins or ends."""
    moments = (
        moment
        for each in known.terms
        for start in (each.window.starts_at,)
        for moment in (start and start - ANNOUNCED, start, each.window.ends_at)
    )
    return min((moment for moment in moments if moment and moment > now), default=None)


def _is_here(terms: OfferTerms, occasion: Occasion) -> bool:
    return terms.placement_id in {None, occasion.placement_id} and (
        terms.link is None or terms.link in occasion.entered.links
    )


@frozen
class _Shelf:
    """The offers on goods that may be shown here, ready to price one piece after the other."""

    offers: Sequence[OfferTerms]
    known: KnownOffers
    facts: Facts

    def with_offer(self, product: ProductView, variant: VariantView) -> VariantView:
        item = item_of(product, variant, 1)
        meant = [each for each in self.offers if is_meant(each, item)]
        outcome = evaluate([item], meant, self.facts)
        if not outcome.applied:
            return replace(variant, offer=self._announced(meant, variant.list_price.currency))
        most = max(outcome.applied, key=lambda each: each.amounts[0].minor)
        terms = next(each for each in meant if each.id == most.offer_id)
        return replace(
            variant,
            price=variant.list_price - outcome.discounts[0],
            offer=self._view(terms, "active", variant.list_price.currency),
        )

    def _announced(self, offers: Iterable[OfferTerms], currency: str) -> OfferView | None:
        """Return the offer that somebody may look for in vain, if there is one."""
        reasons = [(why_not_running(each, self.facts.now), each) for each in offers]
        for reason, state in SHOWN.items():
            for found, terms in reasons:
                if found is reason and not self._is_far(terms):
                    return self._view(terms, state, currency)
        return None

    def _is_far(self, terms: OfferTerms) -> bool:
        start = terms.window.starts_at
        return start is not None and start - self.facts.now > ANNOUNCED

    def _view(self, terms: OfferTerms, state: str, currency: str) -> OfferView:
        named, window = self.known.names[terms.id], terms.window
        budget = terms.counts.budget_left
        return OfferView(
            named.public_id,
            named.name,
            state,
            window.starts_at,
            window.ends_at,
            terms.counts.left,
            terms.counts.quota,
            per_buyer=terms.per_buyer_limit,
            budget_left=None if budget is None else Money(budget, currency),
        )


def _with_lowest(session: Session, products: Sequence[ProductView]) -> tuple[ProductView, ...]:
    """Add the lowest price before each reduction: one question for each moment of a start."""
    variants = [variant for product in products for variant in product.variants]
    ids = sorted(each.id for each in variants)
    lowest = {
        start: price_history.lowest_before(session, ids, start)
        for start in {each.offer.starts_at for each in variants if each.offer and each.is_reduced}
        if start
    }

    def told(variant: VariantView) -> VariantView:
        if not variant.offer or not variant.is_reduced:
            return variant
        start = variant.offer.starts_at
        before = lowest[start] if start else {}
        price = before.get(variant.id, variant.list_price)
        return replace(variant, offer=replace(variant.offer, lowest=price))

    return tuple(
        replace(product, variants=tuple(map(told, product.variants))) for product in products
    )

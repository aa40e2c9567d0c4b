"""Offers applied: to the pieces on a shelf, and to the lines of a cart or an order."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from storefront.domain.evaluation import evaluate
from storefront.domain.money import Money, total
from storefront.domain.offers import Facts, Item, Kind, Reason, Scope, why_not_running
from storefront.domain.reductions import is_meant
from storefront.services import offer_uses, price_history
from storefront.services.offer_terms import KnownOffers, offers_for
from storefront.services.views import CartLineView, CountedOffer, OfferView, RefusedOffer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.domain.evaluation import Applied, Outcome, Rejected
    from storefront.domain.offers import OfferTerms
    from storefront.services.views import ProductView, VariantView

ANNOUNCED = timedelta(days=7)
"""So long before its start an offer is announced."""

SHOWN = {Reason.GONE: "gone", Reason.NOT_STARTED: "scheduled", Reason.ENDED: "ended"}
"""Offers that do not count are shown where shoppers may look for them, in this order."""


@dataclass(frozen=True)
class Entered:
    """What somebody brought along: codes as they were typed, links that they followed, and the
    public ids of the offers with which they saw their prices."""

    codes: tuple[str, ...] = ()
    links: frozenset[str] = frozenset()
    seen: tuple[str, ...] = ()


@dataclass(frozen=True)
class Occasion:
    """When and where something is priced, and for whom; a buyer is known by their key only when
    an order is placed."""

    now: datetime
    placement_id: int | None
    entered: Entered = field(default_factory=Entered)
    buyer_key: str | None = None


@dataclass(frozen=True)
class Offered:
    """What offers do to lines, and what is known of those offers."""

    outcome: Outcome
    known: KnownOffers

    @property
    def discounts(self) -> tuple[Money, ...]:
        """What comes off each line."""
        return self.outcome.discounts

    def counted(self, currency: str) -> tuple[CountedOffer, ...]:
        """Return the offers that count, for people to read."""
        return tuple(
            CountedOffer(
                self.known.names[each.offer_id].public_id,
                self.known.names[each.offer_id].name,
                self.code_of(each),
                total(each.amounts, currency),
            )
            for each in self.outcome.applied
        )

    def code_of(self, each: Applied | Rejected) -> str | None:
        """Return an offer's code as it is written."""
        return self.known.shown.get(each.code, each.code) if each.code else None

    def refused(self, currency: str) -> tuple[RefusedOffer, ...]:
        """Return the codes that were entered and do not count, for people to read."""
        return tuple(
            self._refused(each, currency) for each in self.outcome.rejected if each.code is not None
        )

    def _refused(self, each: Rejected, currency: str) -> RefusedOffer:
        name = self.known.names[each.offer_id].name if each.offer_id else None
        is_short = each.reason is Reason.MIN_SPEND
        return RefusedOffer(
            name,
            self.code_of(each),
            each.reason.value,
            short=Money(each.missing, currency) if is_short else None,
            pieces=0 if is_short else each.missing,
        )


def offer_lines(
    session: Session, merchant_id: int, lines: Sequence[CartLineView], *, occasion: Occasion
) -> Offered:
    """Return what the merchant's offers take off each line here and now."""
    entered = occasion.entered
    known = offers_for(
        session, merchant_id, now=occasion.now, entered=entered.codes, seen=entered.seen
    )
    facts = Facts(
        now=occasion.now,
        codes=known.typed,
        placement_id=occasion.placement_id,
        links=entered.links,
        modes=known.modes,
    )
    if occasion.buyer_key is not None and known.terms:
        facts = _about_the_buyer(session, merchant_id, facts, known=known, key=occasion.buyer_key)
    items = [_item(line.product, line.variant, line.quantity) for line in lines]
    return Offered(evaluate(items, known.terms, facts), known)


def _about_the_buyer(
    session: Session, merchant_id: int, facts: Facts, *, known: KnownOffers, key: str
) -> Facts:
    ids = [each.id for each in known.terms if each.per_buyer_limit is not None]
    for_first = any(each.conditions.is_first_order_only for each in known.terms)
    return replace(
        facts,
        uses=offer_uses.uses_of(session, merchant_id, key, offer_ids=ids) if ids else {},
        is_first_order=not for_first or offer_uses.is_first_order(session, merchant_id, key),
    )


def _item(product: ProductView, variant: VariantView, quantity: int) -> Item:
    return Item(variant.id, product.id, variant.list_price, quantity, product.is_promotable)


def with_discounts(
    lines: Sequence[CartLineView], discounts: Iterable[Money]
) -> tuple[CartLineView, ...]:
    """Return the lines with what comes off each."""
    return tuple(
        replace(line, discount=discount) for line, discount in zip(lines, discounts, strict=True)
    )


def offer_products(
    session: Session, merchant_id: int, products: Sequence[ProductView], *, occasion: Occasion
) -> tuple[ProductView, ...]:
    """Return the products with the price that each variant has here and now, and why.

    Only offers that need no code and that one piece alone is good for make a price.
    """
    known = offers_for(session, merchant_id, now=occasion.now)
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


def _is_here(terms: OfferTerms, occasion: Occasion) -> bool:
    return terms.placement_id in {None, occasion.placement_id} and (
        terms.link is None or terms.link in occasion.entered.links
    )


@dataclass(frozen=True)
class _Shelf:
    """The offers on goods that may be shown here, ready to price one piece after the other."""

    offers: Sequence[OfferTerms]
    known: KnownOffers
    facts: Facts

    def with_offer(self, product: ProductView, variant: VariantView) -> VariantView:
        item = _item(product, variant, 1)
        meant = [each for each in self.offers if is_meant(each, item)]
        outcome = evaluate([item], meant, self.facts)
        if not outcome.applied:
            return replace(variant, offer=self._announced(meant))
        most = max(outcome.applied, key=lambda each: each.amounts[0].minor)
        terms = next(each for each in meant if each.id == most.offer_id)
        return replace(
            variant,
            price=variant.list_price - outcome.discounts[0],
            offer=self._view(terms, "active"),
        )

    def _announced(self, offers: Iterable[OfferTerms]) -> OfferView | None:
        """Return the offer that somebody may look for in vain, if there is one."""
        reasons = [(why_not_running(each, self.facts.now), each) for each in offers]
        for reason, state in SHOWN.items():
            for found, terms in reasons:
                if found is reason and not self._is_far(terms):
                    return self._view(terms, state)
        return None

    def _is_far(self, terms: OfferTerms) -> bool:
        start = terms.window.starts_at
        return start is not None and start - self.facts.now > ANNOUNCED

    def _view(self, terms: OfferTerms, state: str) -> OfferView:
        named, window = self.known.names[terms.id], terms.window
        return OfferView(
            named.public_id,
            named.name,
            state,
            window.starts_at,
            window.ends_at,
            terms.counts.left,
            terms.counts.quota,
        )


def _with_lowest(session: Session, products: Sequence[ProductView]) -> tuple[ProductView, ...]:
    """Add the lowest price before each reduction: one question for each moment of a start."""
    by_start = defaultdict(list)
    for product in products:
        for variant in product.variants:
            if variant.offer and variant.is_reduced and variant.offer.starts_at:
                by_start[variant.offer.starts_at].append(variant.id)
    lowest = {
        variant_id: price
        for start, ids in by_start.items()
        for variant_id, price in price_history.lowest_before(session, ids, start).items()
    }
    return tuple(
        replace(
            product,
            variants=tuple(
                replace(
                    variant,
                    offer=replace(variant.offer, lowest=lowest.get(variant.id, variant.list_price)),
                )
                if variant.offer and variant.is_reduced
                else variant
                for variant in product.variants
            ),
        )
        for product in products
    )

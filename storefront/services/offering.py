"""Offers applied to the lines of a cart or an order."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING

from storefront.domain.evaluation import evaluate
from storefront.domain.money import Money, total
from storefront.domain.offers import Facts, Item, Reason
from storefront.services import offer_uses
from storefront.services.free_uses import Asker
from storefront.services.offer_terms import KnownOffers, offers_for
from storefront.services.placement_offers import with_shown
from storefront.services.views import CartLineView, CountedOffer, RefusedOffer
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.domain.evaluation import Applied, Outcome, Rejected
    from storefront.services.views import ProductView, VariantView


@frozen
class Entered:
    """What somebody brought along: codes as they were typed, links that they followed, and the
    public ids of the offers with which they saw their prices."""

    codes: tuple[str, ...] = ()
    links: frozenset[str] = frozenset()
    seen: tuple[str, ...] = ()


@frozen
class Occasion:
    """When and where something is priced, and for whom: a known `visitor` by the key of their
    mark, a buyer by theirs only when an order is placed."""

    now: datetime
    placement_id: int | None
    entered: Entered = field(default_factory=Entered)
    buyer_key: str | None = None
    visitor: str | None = None


@frozen
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
    """Return what the merchant's offers take off each line here and now; without a line and a code
    there is nothing to look up."""
    entered = occasion.entered
    if not lines and not entered.codes:
        return Offered(evaluate((), (), Facts(now=occasion.now)), KnownOffers())
    known = offers_for(
        session,
        merchant_id,
        now=occasion.now,
        entered=entered.codes,
        seen=entered.seen,
        visitor=occasion.visitor,
    )
    occasion = with_shown(session, known, occasion)
    facts = Facts(
        now=occasion.now,
        codes=known.typed,
        placement_id=occasion.placement_id,
        links=occasion.entered.links,
        modes=known.modes,
    )
    if occasion.buyer_key is not None and known.terms:
        facts = _about_the_buyer(session, merchant_id, facts, known=known, occasion=occasion)
    items = [item_of(line.product, line.variant, line.quantity) for line in lines]
    return Offered(evaluate(items, known.terms, facts), known)


def _about_the_buyer(
    session: Session, merchant_id: int, facts: Facts, *, known: KnownOffers, occasion: Occasion
) -> Facts:
    key, asker = occasion.buyer_key or "", Asker(occasion.now, occasion.visitor)
    ids = [each.id for each in known.terms if each.per_buyer_limit is not None]
    for_first = any(each.conditions.is_first_order_only for each in known.terms)
    return replace(
        facts,
        uses=offer_uses.uses_of(session, merchant_id, key, offer_ids=ids, asker=asker)
        if ids
        else {},
        is_first_order=not for_first or offer_uses.is_first_order(session, merchant_id, key),
    )


def item_of(product: ProductView, variant: VariantView, quantity: int) -> Item:
    """Return pieces of a variant as offers look at them."""
    return Item(variant.id, product.id, variant.list_price, quantity, product.is_promotable)


def with_discounts(
    lines: Sequence[CartLineView], discounts: Iterable[Money]
) -> tuple[CartLineView, ...]:
    """Return the lines with what comes off each."""
    return tuple(
        replace(line, discount=discount) for line, discount in zip(lines, discounts, strict=True)
    )

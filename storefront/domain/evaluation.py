"""What a cart is given: which offers count for it, what each takes off each item, and why others
do not. A pure function: the order in which codes were entered never matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.domain.competition import best_set
from storefront.domain.money import Money
from storefront.domain.offers import (
    Facts,
    Item,
    Kind,
    OfferTerms,
    Reason,
    TypedCode,
    why_not_running,
)
from storefront.domain.reductions import Amounts, is_meant, off
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


@frozen
class Applied:
    """An offer that counts, and what it takes off each item."""

    offer_id: int
    code: str | None
    amounts: tuple[Money, ...]


@frozen
class Rejected:
    """An offer or code that does not count. `missing` are the minor units or pieces that the
    cart lacks, where that is the reason."""

    offer_id: int | None
    code: str | None
    reason: Reason
    missing: int = 0


@frozen
class Outcome:
    """What offers do to a cart. `discounts` has one amount for each item, the sum over offers."""

    applied: tuple[Applied, ...]
    rejected: tuple[Rejected, ...]
    discounts: tuple[Money, ...]


@frozen
class _Candidate:
    terms: OfferTerms
    code: str | None


def evaluate(items: Sequence[Item], offers: Iterable[OfferTerms], facts: Facts) -> Outcome:
    """Return what the offers take off the items; all amounts are in the items' currency.

    Every offer that is given is answered for: applied, or rejected with the first reason.
    """
    by_id = {offer.id: offer for offer in offers}
    codes, rejected = _codes(facts.codes, by_id)
    candidates = []
    for terms in sorted(by_id.values(), key=lambda offer: offer.rank):
        if terms.kind is Kind.CODE and terms.id not in codes:
            continue
        code = codes.get(terms.id)
        refusal = _why_not(terms, items, facts, code=code)
        if refusal is None:
            candidates.append(_Candidate(terms, code.code if code else None))
        else:
            rejected.append(refusal)
    taken = best_set(items, [candidate.terms for candidate in candidates], facts)
    applied = [
        Applied(each.terms.id, each.code, _money(items, taken[each.terms.id]))
        for each in candidates
        if sum(taken.get(each.terms.id, ()))
    ]
    rejected += _losers(items, candidates, taken)
    return Outcome(tuple(applied), tuple(sorted(rejected, key=_named)), _sums(items, taken))


def _codes(
    typed: Iterable[TypedCode], by_id: Mapping[int, OfferTerms]
) -> tuple[dict[int, TypedCode], list[Rejected]]:
    """Return the code that counts for each offer, and the codes that are no good."""
    codes: dict[int, TypedCode] = {}
    rejected = []
    for each in sorted(set(typed), key=lambda code: code.code):
        if each.offer_id is None or each.offer_id not in by_id:
            rejected.append(Rejected(None, each.code, Reason.CODE_UNKNOWN))
        elif each.offer_id in codes:
            rejected.append(Rejected(each.offer_id, each.code, Reason.CODE_REPEATED))
        else:
            codes[each.offer_id] = each
    return codes, rejected


def _named(refusal: Rejected) -> tuple[str, int]:
    return (refusal.code or "", refusal.offer_id or 0)


def _why_not(
    terms: OfferTerms, items: Sequence[Item], facts: Facts, *, code: TypedCode | None
) -> Rejected | None:
    reason = why_not_running(terms, facts.now) or _why_not_theirs(terms, code, facts)
    missing = 0
    if reason is None:
        reason, missing = _unmet(terms, items, facts)
    if reason is None:
        return None
    return Rejected(terms.id, code.code if code else None, reason, missing)


def _why_not_theirs(terms: OfferTerms, code: TypedCode | None, facts: Facts) -> Reason | None:
    if terms.placement_id not in {None, facts.placement_id}:
        return Reason.ELSEWHERE
    if terms.link is not None and terms.link not in facts.links:
        return Reason.ELSEWHERE
    if code is not None and code.left == 0:
        return Reason.GONE
    limit = terms.per_buyer_limit
    if limit is not None and facts.uses.get(terms.id, 0) >= limit:
        return Reason.LIMIT_REACHED
    return None


def _unmet(terms: OfferTerms, items: Sequence[Item], facts: Facts) -> tuple[Reason | None, int]:
    wanted = terms.conditions
    if wanted.is_first_order_only and not facts.is_first_order:
        return Reason.FIRST_ORDER_ONLY, 0
    if wanted.products and not wanted.products & {item.product_id for item in items}:
        return Reason.NEEDS_PRODUCT, 0
    chosen = [item for item in items if is_meant(terms, item)]
    if not chosen:
        return Reason.NOTHING_CHOSEN, 0
    spend = sum(item.minor for item in items if item.is_promotable)
    if spend < wanted.min_spend_minor:
        return Reason.MIN_SPEND, wanted.min_spend_minor - spend
    quantity = sum(item.quantity for item in chosen)
    if quantity < wanted.min_quantity:
        return Reason.MIN_QUANTITY, wanted.min_quantity - quantity
    return None, 0


def _losers(
    items: Sequence[Item], candidates: Sequence[_Candidate], taken: Mapping[int, Amounts]
) -> Iterator[Rejected]:
    """Yield candidates that take nothing off: alone they would, or they would not even then."""
    full = [item.minor for item in items]
    for each in candidates:
        if not sum(taken.get(each.terms.id, ())):
            would = any(off(each.terms, items, full))
            reason = Reason.NOT_COMBINED if would else Reason.NO_EFFECT
            yield Rejected(each.terms.id, each.code, reason)


def _money(items: Sequence[Item], amounts: Amounts) -> tuple[Money, ...]:
    return tuple(
        Money(amount, item.unit.currency) for item, amount in zip(items, amounts, strict=True)
    )


def _sums(items: Sequence[Item], taken: Mapping[int, Amounts]) -> tuple[Money, ...]:
    sums = tuple(sum(amounts[place] for amounts in taken.values()) for place in range(len(items)))
    return _money(items, sums)

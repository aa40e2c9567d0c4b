"""What a cart is given: which offers count for it, what each takes off each item, and why others
do not. A pure function: the order in which codes were entered never matters."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, combinations, groupby
from typing import TYPE_CHECKING

from storefront.domain.money import Money, split
from storefront.domain.offers import (
    WHOLE,
    Base,
    Benefit,
    Facts,
    Item,
    Kind,
    Mode,
    OfferTerms,
    Reason,
    Scope,
    TypedCode,
    why_not_running,
)
from storefront.domain.pricing import charge_step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

MOST_EXCLUSIVE = 6
"""So many exclusive offers are tried against each other, by rank: 64 combinations."""

Amounts = tuple[int, ...]


@dataclass(frozen=True)
class Applied:
    """An offer that counts, and what it takes off each item."""

    offer_id: int
    code: str | None
    amounts: tuple[Money, ...]


@dataclass(frozen=True)
class Rejected:
    """An offer or code that does not count. `missing` are the minor units or pieces that the
    cart lacks, where that is the reason."""

    offer_id: int | None
    code: str | None
    reason: Reason
    missing: int = 0


@dataclass(frozen=True)
class Outcome:
    """What offers do to a cart. `discounts` has one amount for each item, the sum over offers."""

    applied: tuple[Applied, ...]
    rejected: tuple[Rejected, ...]
    discounts: tuple[Money, ...]


@dataclass(frozen=True)
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
    taken = _best_set(items, [candidate.terms for candidate in candidates], facts)
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


def is_meant(terms: OfferTerms, item: Item) -> bool:
    """Return whether an offer is about this item, running or not."""
    if not item.is_promotable:
        return False
    if terms.scope is Scope.ORDER:
        return True
    return item.variant_id in terms.variants or item.product_id in terms.products


def _best_set(
    items: Sequence[Item], offers: Sequence[OfferTerms], facts: Facts
) -> dict[int, Amounts]:
    """Return what each offer takes off in the combination that is best for the shopper.

    Whole combinations are compared, so that it does not matter which offer comes first; of two
    that take off the same, the one with fewer exclusive offers is taken.
    """
    best: dict[int, Amounts] = {}
    most = -1
    for chosen in _combinations(offers):
        taken = _take(items, chosen, facts)
        total = sum(map(sum, taken.values()))
        if total > most:
            best, most = taken, total
    return best


def _combinations(offers: Sequence[OfferTerms]) -> Iterator[list[OfferTerms]]:
    """Yield each choice of exclusive offers that bear each other, with all that bear them."""
    exclusive = [offer for offer in offers if offer.is_exclusive][:MOST_EXCLUSIVE]
    others = [offer for offer in offers if not offer.is_exclusive]
    sizes = range(len(exclusive) + 1)
    for few in chain.from_iterable(combinations(exclusive, size) for size in sizes):
        if all(one.goes_with(other) for one, other in combinations(few, 2)):
            fitting = [each for each in others if all(each.goes_with(one) for one in few)]
            yield sorted([*few, *fitting], key=lambda offer: offer.rank)


def _take(items: Sequence[Item], offers: Sequence[OfferTerms], facts: Facts) -> dict[int, Amounts]:
    """Return what each of these offers takes off, lane by lane."""
    left = [item.minor for item in items]
    taken: dict[int, Amounts] = {}
    for (_, lane), group in groupby(offers, key=lambda offer: (offer.scope, offer.lane)):
        compete = COMPETE[facts.modes.get(lane, Mode.BEST)]
        for offer_id, amounts in compete(items, list(group), left):
            taken[offer_id] = amounts
            left = [rest - amount for rest, amount in zip(left, amounts, strict=True)]
    return taken


def _all(
    items: Sequence[Item], offers: Sequence[OfferTerms], left: Sequence[int]
) -> Iterator[tuple[int, Amounts]]:
    rest = list(left)
    for offer in offers:
        amounts = _off(offer, items, rest)
        rest = [each - amount for each, amount in zip(rest, amounts, strict=True)]
        yield offer.id, amounts


def _first(
    items: Sequence[Item], offers: Sequence[OfferTerms], left: Sequence[int]
) -> Iterator[tuple[int, Amounts]]:
    """Let each item, or the order as a whole, have the first offer that does anything for it."""
    open_items = list(left)
    for offer in offers:
        amounts = _off(offer, items, open_items)
        is_spoken_for = any(amounts) and offer.scope is Scope.ORDER
        open_items = [
            0 if amount or is_spoken_for else rest
            for rest, amount in zip(open_items, amounts, strict=True)
        ]
        yield offer.id, amounts


def _best(
    items: Sequence[Item], offers: Sequence[OfferTerms], left: Sequence[int]
) -> Iterator[tuple[int, Amounts]]:
    """Let each item, or the order as a whole, have the offer that takes off most."""
    offs = [_off(offer, items, left) for offer in offers]
    if offers[0].scope is Scope.ORDER:
        winner = max(range(len(offers)), key=lambda place: (sum(offs[place]), -place))
        yield offers[winner].id, offs[winner]
        return
    winners = [
        max(range(len(offers)), key=lambda place: (offs[place][item], -place))
        for item in range(len(items))
    ]
    for place, offer in enumerate(offers):
        amounts = tuple(
            off if winners[item] == place else 0 for item, off in enumerate(offs[place])
        )
        yield offer.id, amounts


COMPETE = {Mode.ALL: _all, Mode.FIRST: _first, Mode.BEST: _best}


def _off(terms: OfferTerms, items: Sequence[Item], left: Sequence[int]) -> Amounts:
    """Return what one offer takes off each item of which so much is left, capped."""
    meant = [
        item if is_meant(terms, item) and rest else None
        for item, rest in zip(items, left, strict=True)
    ]
    if not any(meant):
        return (0,) * len(items)
    take = _off_order if terms.scope is Scope.ORDER else _off_each
    amounts = take(terms, meant, left)
    clamped = tuple(max(0, min(amount, rest)) for amount, rest in zip(amounts, left, strict=True))
    caps = [cap for cap in (terms.max_discount_minor, terms.counts.budget_left) if cap is not None]
    if caps and sum(clamped) > min(caps):
        return split(min(caps), clamped)
    return clamped


def _off_each(terms: OfferTerms, items: Sequence[Item | None], left: Sequence[int]) -> Amounts:
    return tuple(
        _off_item(terms, item, rest) if item else 0 for item, rest in zip(items, left, strict=True)
    )


def _off_item(terms: OfferTerms, item: Item, left: int) -> int:
    if terms.benefit is Benefit.AMOUNT:
        return terms.value_minor * item.quantity
    if terms.benefit is Benefit.FIXED_PRICE:
        return left - terms.value_minor * item.quantity
    base = item.minor if terms.base is Base.INITIAL else left
    step = charge_step(item.unit.currency)
    if base % item.quantity:
        return _share(base, terms.rate_ppm, step)
    # Rounded for one piece, so that three cost three times what the card says one costs.
    return _share(base // item.quantity, terms.rate_ppm, step) * item.quantity


def _off_order(terms: OfferTerms, items: Sequence[Item | None], left: Sequence[int]) -> Amounts:
    is_initial = terms.base is Base.INITIAL and terms.benefit is Benefit.PERCENT
    bases = [
        (item.minor if is_initial else rest) if item else 0
        for item, rest in zip(items, left, strict=True)
    ]
    whole = sum(bases)
    step = next(charge_step(item.unit.currency) for item in items if item)
    amount = (
        min(whole, _share(whole, terms.rate_ppm, step))
        if terms.benefit is Benefit.PERCENT
        else min(terms.value_minor, whole)
    )
    return split(amount, bases)


def _share(minor: int, rate_ppm: int, step: int) -> int:
    """Return so many parts per million of an amount, half a step rounded up: what is left must be
    an amount that cards can be charged with."""
    return step * ((2 * minor * rate_ppm + WHOLE * step) // (2 * WHOLE * step))


def _losers(
    items: Sequence[Item], candidates: Sequence[_Candidate], taken: Mapping[int, Amounts]
) -> Iterator[Rejected]:
    """Yield candidates that take nothing off: alone they would, or they would not even then."""
    full = [item.minor for item in items]
    for each in candidates:
        if not sum(taken.get(each.terms.id, ())):
            would = any(_off(each.terms, items, full))
            reason = Reason.NOT_COMBINED if would else Reason.NO_EFFECT
            yield Rejected(each.terms.id, each.code, reason)


def _money(items: Sequence[Item], amounts: Amounts) -> tuple[Money, ...]:
    return tuple(
        Money(amount, item.unit.currency) for item, amount in zip(items, amounts, strict=True)
    )


def _sums(items: Sequence[Item], taken: Mapping[int, Amounts]) -> tuple[Money, ...]:
    sums = tuple(sum(amounts[place] for amounts in taken.values()) for place in range(len(items)))
    return _money(items, sums)

"""Offers against each other: exclusive ones as whole combinations, and those of a lane by its mode.
What one offer takes off is in `reductions.py`."""

from __future__ import annotations

from itertools import chain, combinations, groupby
from typing import TYPE_CHECKING

from storefront.domain.offers import Facts, Item, Mode, OfferTerms, Scope
from storefront.domain.reductions import Amounts, off

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_EXCLUSIVE = 6
"""So many exclusive offers are tried against each other, by rank: 64 combinations."""


def best_set(
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
        amounts = off(offer, items, rest)
        rest = [each - amount for each, amount in zip(rest, amounts, strict=True)]
        yield offer.id, amounts


def _first(
    items: Sequence[Item], offers: Sequence[OfferTerms], left: Sequence[int]
) -> Iterator[tuple[int, Amounts]]:
    """Let each item, or the order as a whole, have the first offer that does anything for it."""
    open_items = list(left)
    for offer in offers:
        amounts = off(offer, items, open_items)
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
    offs = [off(offer, items, left) for offer in offers]
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
            amount if winners[item] == place else 0 for item, amount in enumerate(offs[place])
        )
        yield offer.id, amounts


COMPETE = {Mode.ALL: _all, Mode.FIRST: _first, Mode.BEST: _best}

"""What one offer takes off each item of a cart, capped and never below zero. Which offers count is
not decided here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.domain.offers import WHOLE, Base, Benefit, Item, OfferTerms, Scope
from storefront.domain.pricing import charge_step, split_in_steps

if TYPE_CHECKING:
    from collections.abc import Sequence

Amounts = tuple[int, ...]
"""Minor units for each item, in the items' order."""


def is_meant(terms: OfferTerms, item: Item) -> bool:
    """Return whether an offer is about this item, running or not."""
    if not item.is_promotable:
        return False
    if terms.scope is Scope.ORDER:
        return True
    return item.variant_id in terms.variants or item.product_id in terms.products


def off(terms: OfferTerms, items: Sequence[Item], left: Sequence[int]) -> Amounts:
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
        return split_in_steps(min(caps), clamped, step=charge_step(items[0].unit.currency))
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
    return split_in_steps(amount, bases, step=step)


def _share(minor: int, rate_ppm: int, step: int) -> int:
    """Return so many parts per million of an amount, half a step rounded up: what is left must be
    an amount that cards can be charged with."""
    return step * ((2 * minor * rate_ppm + WHOLE * step) // (2 * WHOLE * step))

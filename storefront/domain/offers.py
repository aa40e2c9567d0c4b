"""An offer's terms and facts, and what follows from them: its state, and why it does not count
for somebody. What it takes off a cart is in `evaluation.py`."""

from __future__ import annotations

from dataclasses import field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from storefront.domain.window import Window
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from storefront.domain.money import Money

WHOLE = 1_000_000
"""A hundred per cent, in the parts per million in which rates are kept."""


class State(StrEnum):
    """Where an offer stands; always derived from its facts, never stored."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CONSUMED = "consumed"
    ENDED = "ended"


class Kind(StrEnum):
    """How an offer comes to count: by itself, or when its code is entered."""

    AUTOMATIC = "automatic"
    CODE = "code"


class Benefit(StrEnum):
    """What an offer takes off: a share, an amount, or whatever is above a fixed price."""

    PERCENT = "percent"
    AMOUNT = "amount"
    FIXED_PRICE = "fixed_price"


class Scope(StrEnum):
    """What it is taken off: chosen products and variants, unit by unit, or the whole order."""

    CHOSEN = "chosen"
    ORDER = "order"


class Base(StrEnum):
    """What a share is taken of: the list price, or what earlier offers have left of it."""

    INITIAL = "initial"
    DISCOUNTED = "discounted"


class Lane(StrEnum):
    """Lanes come one after the other; offers within a lane compete."""

    PRE = "pre"
    DEFAULT = "default"
    POST = "post"


class Mode(StrEnum):
    """Which of the competing offers count: the best for the shopper, all, or the first."""

    BEST = "best"
    ALL = "all"
    FIRST = "first"


class Reason(StrEnum):
    """Why an offer or a code does not count. The codes of the shop's refusals."""

    CODE_UNKNOWN = "code_unknown"
    CODE_REPEATED = "code_repeated"
    NOT_STARTED = "offer_not_started"
    ENDED = "offer_ended"
    PAUSED = "offer_paused"
    GONE = "offer_gone"
    LIMIT_REACHED = "limit_reached"
    ELSEWHERE = "offer_elsewhere"
    FIRST_ORDER_ONLY = "offer_first_order_only"
    NEEDS_PRODUCT = "offer_needs_product"
    MIN_SPEND = "offer_min_spend"
    MIN_QUANTITY = "offer_min_quantity"
    NOTHING_CHOSEN = "offer_nothing_chosen"
    NOT_COMBINED = "offer_not_combined"
    NO_EFFECT = "offer_no_effect"


@frozen
class Conditions:
    """What a cart must bring. Nothing is asked where a value is empty."""

    min_spend_minor: int = 0
    min_quantity: int = 0
    products: frozenset[int] = frozenset()
    is_first_order_only: bool = False


@frozen
class Counts:
    """How much of an offer there is and how much is gone; None is unlimited. `held` uses belong
    to open orders, `spent_minor` counts theirs too."""

    quota: int | None = None
    held: int = 0
    used: int = 0
    budget_minor: int | None = None
    spent_minor: int = 0

    @property
    def left(self) -> int | None:
        """How many uses are free."""
        return None if self.quota is None else max(0, self.quota - self.held - self.used)

    @property
    def budget_left(self) -> int | None:
        """How much may still be taken off, in minor units."""
        return None if self.budget_minor is None else max(0, self.budget_minor - self.spent_minor)

    @property
    def is_gone(self) -> bool:
        """Whether nothing is free now."""
        return self.left == 0 or self.budget_left == 0

    @property
    def is_consumed(self) -> bool:
        """Whether nothing is free and no open order could give anything back."""
        is_used_up = self.quota is not None and self.used >= self.quota
        return is_used_up or (self.budget_left == 0 and self.held == 0)


@frozen
class OfferTerms:
    """Everything that decides what an offer does. Amounts are minor units of the merchant's
    currency, `rate_ppm` parts per million; `combines_with` are ids of offers."""

    id: int
    name: str
    kind: Kind
    benefit: Benefit
    scope: Scope
    rate_ppm: int = 0
    value_minor: int = 0
    products: frozenset[int] = frozenset()
    variants: frozenset[int] = frozenset()
    max_discount_minor: int | None = None
    conditions: Conditions = field(default_factory=Conditions)
    lane: Lane = Lane.DEFAULT
    priority: int = 0
    base: Base = Base.DISCOUNTED
    is_exclusive: bool = False
    combines_with: frozenset[int] = frozenset()
    window: Window = field(default_factory=Window)
    published_at: datetime | None = None
    paused_at: datetime | None = None
    ended_at: datetime | None = None
    counts: Counts = field(default_factory=Counts)
    per_buyer_limit: int | None = None
    placement_id: int | None = None
    link: str | None = None

    @property
    def rank(self) -> tuple[bool, int, int, int]:
        """Where the offer comes in the order of sums: on goods first, lane, priority, id."""
        lane = list(Lane).index(self.lane)
        return (self.scope is Scope.ORDER, lane, self.priority, self.id)

    def alone(self, now: datetime) -> OfferTerms:
        """Return the terms as if the offer were on at `now`, for everybody and without a code."""
        return replace(
            self,
            kind=Kind.AUTOMATIC,
            window=Window(),
            published_at=now,
            paused_at=None,
            ended_at=None,
            counts=Counts(),
            conditions=Conditions(),
            placement_id=None,
            link=None,
        )

    def goes_with(self, other: OfferTerms) -> bool:
        """Return whether both may count for one order, whichever of them is asked."""
        return self._bears(other) and other._bears(self)

    def _bears(self, other: OfferTerms) -> bool:
        return not self.is_exclusive or other.id in self.combines_with


@frozen
class Item:
    """A quantity of one variant in a cart, at its list price."""

    variant_id: int
    product_id: int
    unit: Money
    quantity: int
    is_promotable: bool = True

    @property
    def minor(self) -> int:
        """List price of all, in minor units."""
        return self.unit.minor * self.quantity


@frozen
class TypedCode:
    """A code that somebody entered, in its normal form; `offer_id` is None for an unknown one,
    `left` how many more uses it is good for."""

    code: str
    offer_id: int | None = None
    left: int | None = None


@frozen
class Facts:
    """What else decides: the moment, where the cart is, what was entered, and who buys.

    `uses` by this buyer and `is_first_order` are known when an order is placed; before that
    nobody is refused for them. `modes` say how the offers of a lane compete.
    """

    now: datetime
    codes: Sequence[TypedCode] = ()
    placement_id: int | None = None
    links: frozenset[str] = frozenset()
    uses: Mapping[int, int] = field(default_factory=dict)
    is_first_order: bool = True
    modes: Mapping[Lane, Mode] = field(default_factory=dict)


def state(terms: OfferTerms, now: datetime) -> State:
    """Return the offer's state at `now`."""
    if terms.ended_at is not None:
        return State.ENDED
    if terms.published_at is None:
        return State.DRAFT
    if terms.window.is_over(now):
        return State.ENDED
    if terms.paused_at is not None:
        return State.SUSPENDED
    if terms.window.is_before(now):
        return State.SCHEDULED
    return State.CONSUMED if terms.counts.is_consumed else State.ACTIVE


REFUSALS = {
    State.DRAFT: Reason.CODE_UNKNOWN,
    State.SCHEDULED: Reason.NOT_STARTED,
    State.SUSPENDED: Reason.PAUSED,
    State.CONSUMED: Reason.GONE,
    State.ENDED: Reason.ENDED,
}


def why_not_running(terms: OfferTerms, now: datetime) -> Reason | None:
    """Return why nobody can use the offer at `now`, or None while somebody can."""
    refusal = REFUSALS.get(state(terms, now))
    if refusal is None and terms.counts.is_gone:
        return Reason.GONE
    return refusal


def normalise_code(text: str) -> str:
    """Return a code as it is compared: how people set letters, gaps and dashes does not matter."""
    return "".join(symbol for symbol in text.upper() if symbol.isalnum())

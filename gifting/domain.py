"""What is true of a card at a moment, and why it cannot be spent: pure rules on frozen facts. How a
gift travels (delivery) and whether it was opened are other questions, never mixed with these."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import date, datetime

    from storefront.domain.money import Money

UNDO_TIME = timedelta(minutes=10)
"""So long may a clerk undo what they took themselves."""

GRACE = timedelta(days=14)
"""What comes back on a card that has expired, or is about to, can be spent for so long."""

MONEY_WENT_BACK = frozenset({"refunded", "dispute_lost"})
"""Reasons for which a card is void because its buyer has the money again."""


class Status(Enum):
    """What a card is worth, in one word."""

    PENDING = "pending"
    ACTIVE = "active"
    PARTLY_REDEEMED = "partly_redeemed"
    REDEEMED = "redeemed"
    BLOCKED = "blocked"
    VOID = "void"
    EXPIRED = "expired"


@frozen
class CardTerms:
    """The facts of a card. `expires_on` is the last day on which it is good, in its zone; `stores`
    are the keys of those that accept it, None is all."""

    face: Money
    balance: Money
    is_opened: bool
    is_product: bool
    zone: str
    expires_on: date | None
    stores: tuple[int, ...] | None
    is_test: bool
    is_blocked: bool
    is_void: bool
    void_reason: str | None


def today_in(zone: str, now: datetime) -> date:
    """Return the day that it is in a zone."""
    return now.astimezone(ZoneInfo(zone)).date()


def is_expired(terms: CardTerms, now: datetime) -> bool:
    """Return whether the last day of a card is over where it is good."""
    return terms.expires_on is not None and today_in(terms.zone, now) > terms.expires_on


def status(terms: CardTerms, now: datetime) -> Status:
    """Return what a card is worth now. Of several that are true, the one that outlasts the rest."""
    if terms.is_void:
        return Status.VOID
    if not terms.is_opened:
        return Status.PENDING
    if terms.is_blocked:
        return Status.BLOCKED
    if terms.balance.minor == 0:
        return Status.REDEEMED
    if is_expired(terms, now):
        return Status.EXPIRED
    return Status.ACTIVE if terms.balance.minor >= terms.face.minor else Status.PARTLY_REDEEMED


def why_refused(terms: CardTerms, *, store_id: int, is_live: bool, now: datetime) -> str | None:
    """Return the code of the first reason for which nothing can be taken from a card at a store;
    None where something can."""
    if terms.is_test == is_live:
        return "code_is_test" if terms.is_test else "code_is_real"
    worthless = why_worthless(terms, now)
    if worthless is not None:
        return worthless
    is_elsewhere = terms.stores is not None and store_id not in terms.stores
    return "not_allowed_here" if is_elsewhere else None


def why_worthless(terms: CardTerms, now: datetime) -> str | None:
    """Return the code of why a card buys nothing in any store now; None where it does."""
    found = status(terms, now)
    if found is Status.VOID:
        return "code_refunded" if terms.void_reason in MONEY_WENT_BACK else "code_void"
    if found is Status.PENDING:
        return "code_pending"
    if found is Status.BLOCKED:
        return "code_suspended"
    if found is Status.REDEEMED:
        return "already_redeemed"
    return "code_expired" if found is Status.EXPIRED else None


def why_holder_refused(bound_to: str | None, shown: str) -> str | None:
    """Return the code of why whoever shows a card may not spend it; None where they may. Both are
    keys of addresses: `shown` is "" where nobody was asked."""
    if bound_to is None or bound_to == shown:
        return None
    return "not_the_holder" if shown else "holder_needed"


def why_amount_refused(
    terms: CardTerms, amount_minor: int | None, basket_minor: int | None
) -> str | None:
    """Return what is wrong with what is to be taken, in minor units; None where it is right.

    A product is taken as a whole, so no amount is asked for; a basket holds what is taken.
    """
    taken = amount_to_take(terms, amount_minor)
    if taken is None or taken <= 0:
        return "invalid_gift_amount"
    if terms.is_product and taken != terms.balance.minor:
        return "gift_taken_whole"
    if taken > terms.balance.minor:
        return "insufficient_balance"
    if basket_minor is not None and basket_minor < taken:
        return "basket_too_small"
    return None


def amount_to_take(terms: CardTerms, amount_minor: int | None) -> int | None:
    """Return how much is to be taken: of a product everything, unless somebody said otherwise."""
    if amount_minor is None and terms.is_product:
        return terms.balance.minor
    return amount_minor


def good_until_after_reversal(terms: CardTerms, now: datetime) -> date | None:
    """Return the last day of a card to which something comes back: never sooner than the grace."""
    if terms.expires_on is None:
        return None
    return max(terms.expires_on, today_in(terms.zone, now) + GRACE)

"""An order's facts and what follows from them: its status and its hold."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime, timedelta

MAX_LINES = 20
MAX_QUANTITY = 99


class OrderStatus(StrEnum):
    """Where an order stands; always derived from its facts, never stored."""

    AWAITING_PAYMENT = "awaiting_payment"
    PROCESSING = "processing"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    NEEDS_REVIEW = "needs_review"


@frozen
class OrderFacts:
    """The dated facts of an order; `None` means that it has not happened. The sums are in
    minor units of the order's currency."""

    held_until: datetime
    processing_at: datetime | None = None
    paid_at: datetime | None = None
    expired_at: datetime | None = None
    cancelled_at: datetime | None = None
    needs_review_at: datetime | None = None
    total_minor: int = 0
    refunded_minor: int = 0
    fulfilment: str = "pickup"
    ready_at: datetime | None = None
    picked_up_at: datetime | None = None
    shipped_at: datetime | None = None


def status(facts: OrderFacts, now: datetime) -> OrderStatus:
    """Return the order's status at `now`."""
    if facts.needs_review_at:
        return OrderStatus.NEEDS_REVIEW
    if facts.cancelled_at:
        return OrderStatus.CANCELLED
    if facts.paid_at:
        return _paid_status(facts)
    if facts.expired_at:
        return OrderStatus.EXPIRED
    if facts.processing_at:
        return OrderStatus.PROCESSING
    return OrderStatus.AWAITING_PAYMENT if now < facts.held_until else OrderStatus.EXPIRED


def _paid_status(facts: OrderFacts) -> OrderStatus:
    if not facts.refunded_minor:
        return OrderStatus.PAID
    is_whole = facts.refunded_minor >= facts.total_minor
    return OrderStatus.REFUNDED if is_whole else OrderStatus.PARTIALLY_REFUNDED


@frozen
class HoldTerms:
    """How long a hold lasts after the last activity, and after the order was placed."""

    idle: timedelta
    longest: timedelta


def hold_end(placed_at: datetime, active_at: datetime, terms: HoldTerms) -> datetime:
    """Return when a hold ends: `idle` after the last activity, never past `longest` in all."""
    return min(active_at + terms.idle, placed_at + terms.longest)

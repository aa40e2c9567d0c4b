"""How an order reaches its buyer: where it stands on that way, and why a step is refused."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from storefront.domain.orders import OrderFacts

PICKUP = "pickup"
SHIPPING = "shipping"
GIFT = "gift"


class Stage(StrEnum):
    """Where an order is on its way to the buyer; always derived from its facts, never stored."""

    NONE = "none"
    """Nothing is to be handed over: it is not paid, called off, all its money went back, or it
    reaches others as gifts."""
    PREPARING = "preparing"
    READY = "ready"
    PICKED_UP = "picked_up"
    SHIPPED = "shipped"


def stage(facts: OrderFacts) -> Stage:
    """Return where an order is. What has been handed over stays so, whatever comes back later."""
    if facts.picked_up_at:
        return Stage.PICKED_UP
    if facts.shipped_at:
        return Stage.SHIPPED
    if facts.fulfilment == GIFT or why_not_handed_over(facts):
        return Stage.NONE
    return Stage.READY if facts.ready_at else Stage.PREPARING


def why_not_handed_over(facts: OrderFacts) -> str | None:
    """Return the code for why nothing can be handed over, or None where it can."""
    over = why_not_cancelled(facts)
    if over:
        return over
    if not facts.paid_at:
        return "order_not_paid"
    return "order_in_review" if facts.needs_review_at else None


def why_not_ready(facts: OrderFacts) -> str | None:
    """Return the code for why an order cannot be called ready to be picked up."""
    if facts.fulfilment != PICKUP:
        return why_another_way(facts)
    if refused := why_not_handed_over(facts):
        return refused
    return "already_ready" if facts.ready_at else None


def why_not_picked_up(facts: OrderFacts) -> str | None:
    """Return the code for why an order cannot be handed over in a store."""
    return why_another_way(facts) if facts.fulfilment != PICKUP else why_not_handed_over(facts)


def why_another_way(facts: OrderFacts) -> str:
    """Return the code that says how an order does reach its buyer."""
    if facts.fulfilment == GIFT:
        return "order_is_given"
    return "order_is_shipped" if facts.fulfilment == SHIPPING else "order_is_picked_up"


def why_not_shipped(facts: OrderFacts) -> str | None:
    """Return the code for why an order cannot be sent."""
    return why_another_way(facts) if facts.fulfilment != SHIPPING else why_not_handed_over(facts)


def why_not_followed(facts: OrderFacts) -> str | None:
    """Return the code for why nothing can be said about following an order's parcel."""
    return None if facts.shipped_at else "not_shipped"


def why_not_undone(facts: OrderFacts) -> str | None:
    """Return the code for why an order cannot be said not to be picked up after all."""
    return None if facts.picked_up_at else "not_picked_up"


def why_not_cancelled(facts: OrderFacts) -> str | None:
    """Return the code for why a merchant cannot cancel an order."""
    if facts.picked_up_at:
        return "already_picked_up"
    if facts.shipped_at:
        return "already_shipped"
    if facts.cancelled_at:
        return "already_cancelled"
    if facts.paid_at and facts.refunded_minor >= facts.total_minor > 0:
        return "order_refunded"
    return None


def why_not_cancelled_by_buyer(
    facts: OrderFacts, *, within: timedelta, now: datetime
) -> str | None:
    """Return the code for why a buyer cannot cancel: it is over, made ready, or too long ago."""
    if refused := why_not_handed_over(facts):
        return refused
    if facts.ready_at:
        return "already_ready"
    is_late = facts.paid_at is not None and now >= facts.paid_at + within
    return "cancel_time_over" if is_late else None


def buyer_may_cancel_until(
    facts: OrderFacts, *, within: timedelta, now: datetime
) -> datetime | None:
    """Return until when the buyer may cancel, or None where they may not (any more)."""
    if facts.paid_at is None or why_not_cancelled_by_buyer(facts, within=within, now=now):
        return None
    return facts.paid_at + within

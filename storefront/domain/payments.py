"""The payment's state machine as a pure table: what a message from the gateway means for us."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from storefront.domain.money import Money


class GatewayState(StrEnum):
    """Stripe's seven states of a PaymentIntent; only the last two are final."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    REQUIRES_CAPTURE = "requires_capture"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


class Step(StrEnum):
    """What we do because of a message."""

    SUCCEED = "succeed"
    PROCESS = "process"
    FAIL_ATTEMPT = "fail_attempt"
    CANCEL = "cancel"
    REVIEW = "review"
    REFUND = "refund"
    DISPUTE = "dispute"
    IGNORE = "ignore"


@frozen
class Snapshot:
    """One PaymentIntent as the gateway reported it at some moment.

    `state` is Stripe's word, kept as text because the gateway may learn new ones;
    `charged_at` is when Stripe dates the successful charge; `failure` is a decline code.
    """

    reference: str
    state: str
    amount: Money
    account: str
    is_live: bool
    charged_at: datetime | None = None
    failure: str | None = None
    payment_public_id: str | None = None
    merchant_public_id: str | None = None


@frozen
class RefundNews:
    """One refund as the gateway reported it. `payment` is the gateway's reference of what was
    paid; `refund_public_id` is ours, and missing where the refund was made at the gateway."""

    reference: str
    state: str
    amount: Money
    payment: str
    failure: str | None = None
    refund_public_id: str | None = None

    @property
    def has_failed(self) -> bool:
        """Whether the money stays with the merchant after all; nothing comes after that."""
        return self.state in FAILED_REFUNDS


FAILED_REFUNDS = frozenset({"failed", "canceled"})

WON, LOST = "won", "lost"
DISPUTE_RANKS = {
    "warning_needs_response": 0,
    "warning_under_review": 1,
    "warning_closed": 2,
    "needs_response": 3,
    "under_review": 4,
    LOST: 5,
    WON: 6,
}
"""Stripe's states of a dispute in the order in which they come; warnings take no money, and a
dispute that was lost can still be won."""

CLOSED_DISPUTES = frozenset({"warning_closed", LOST, WON})
WITHDRAWN = frozenset({"needs_response", "under_review", LOST, WON})


def is_later(state: str, known: str) -> bool:
    """Return whether a dispute's state comes after the one that is known."""
    return DISPUTE_RANKS[state] > DISPUTE_RANKS[known]


@frozen
class DisputeNews:
    """One dispute as the gateway reported it. `payment` is the gateway's reference of what is
    disputed; evidence must be there by `due_at`."""

    reference: str
    state: str
    amount: Money
    payment: str
    reason: str
    due_at: datetime | None


@frozen
class GatewayEvent:
    """A verified message from the gateway. At most one of `snapshot`, `refund` and `dispute` is
    there: what it says of a payment, of a refund, or of a dispute."""

    id: str
    type: str
    account: str
    is_live: bool
    created_at: datetime
    snapshot: Snapshot | None
    refund: RefundNews | None = None
    dispute: DisputeNews | None = None


@frozen
class PaymentFacts:
    """What we asked for and under which names, and the final facts we already know."""

    amount: Money
    account: str
    reference: str | None
    succeeded_at: datetime | None = None
    cancelled_at: datetime | None = None
    payment_public_id: str | None = None
    merchant_public_id: str | None = None


EVENT_STEPS: dict[str, Step] = {
    "payment_intent.succeeded": Step.SUCCEED,
    "payment_intent.processing": Step.PROCESS,
    "payment_intent.payment_failed": Step.FAIL_ATTEMPT,
    "payment_intent.canceled": Step.CANCEL,
}

STATE_STEPS: dict[str, Step] = {
    GatewayState.SUCCEEDED: Step.SUCCEED,
    GatewayState.PROCESSING: Step.PROCESS,
    GatewayState.CANCELED: Step.CANCEL,
    GatewayState.REQUIRES_PAYMENT_METHOD: Step.FAIL_ATTEMPT,
    GatewayState.REQUIRES_CONFIRMATION: Step.IGNORE,
    GatewayState.REQUIRES_ACTION: Step.IGNORE,
    GatewayState.REQUIRES_CAPTURE: Step.REVIEW,
}


def mismatch(facts: PaymentFacts, snapshot: Snapshot) -> str | None:
    """Return which part of a genuine message does not fit what we asked for, or None."""
    if snapshot.account != facts.account:
        return "account"
    if snapshot.amount.currency != facts.amount.currency:
        return "currency"
    if snapshot.amount.minor != facts.amount.minor:
        return "amount"
    if facts.reference and snapshot.reference != facts.reference:
        return "reference"
    if not _is_named_so(facts, snapshot):
        return "order"
    return None


def _is_named_so(facts: PaymentFacts, snapshot: Snapshot) -> bool:
    """Return whether the message names our payment, as far as it names any."""
    pairs = (
        (facts.payment_public_id, snapshot.payment_public_id),
        (facts.merchant_public_id, snapshot.merchant_public_id),
    )
    return all(ours == told for ours, told in pairs if ours and told)


def step_for_event(facts: PaymentFacts, event: GatewayEvent) -> Step:
    """Return what a verified message asks us to do, given what we already know.

    Money outranks everything: once a success is known nothing takes it back here, and a
    success that arrives after a cancellation is still money and must be dealt with. A state that
    we have never heard of wants a person, whatever the message is called.
    """
    if event.refund is not None:
        return Step.REFUND
    if event.dispute is not None:
        return Step.DISPUTE
    step = EVENT_STEPS.get(event.type, Step.IGNORE)
    if event.snapshot and event.snapshot.state not in STATE_STEPS and step is not Step.SUCCEED:
        step = Step.REVIEW
    return _allowed(facts, step, event.snapshot)


def step_for_state(facts: PaymentFacts, snapshot: Snapshot) -> Step:
    """Return what the gateway's own answer asks us to do; an unknown state wants a person.

    A payment that waits for a card and has not failed yet is simply waiting.
    """
    if snapshot.state == GatewayState.REQUIRES_PAYMENT_METHOD and snapshot.failure is None:
        return Step.IGNORE
    return _allowed(facts, STATE_STEPS.get(snapshot.state, Step.REVIEW), snapshot)


def _allowed(facts: PaymentFacts, step: Step, snapshot: Snapshot | None) -> Step:
    if snapshot is None or facts.succeeded_at is not None:
        return Step.IGNORE
    if step is not Step.IGNORE and mismatch(facts, snapshot):
        return Step.REVIEW
    if facts.cancelled_at is not None and step is not Step.SUCCEED:
        return Step.IGNORE
    return step

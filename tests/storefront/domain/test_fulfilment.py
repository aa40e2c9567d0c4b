"""Where an order stands on its way to the buyer, and why steps are refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from storefront.domain.fulfilment import (
    Stage,
    buyer_may_cancel_until,
    stage,
    why_not_cancelled,
    why_not_cancelled_by_buyer,
    why_not_picked_up,
    why_not_ready,
    why_not_shipped,
)
from storefront.domain.orders import OrderFacts

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PAID = OrderFacts(held_until=NOON, paid_at=NOON, total_minor=900)
PARCEL = replace(PAID, fulfilment="shipping")
UNPAID = replace(PAID, paid_at=None)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (UNPAID, Stage.NONE),
        (PAID, Stage.PREPARING),
        (replace(PAID, refunded_minor=400), Stage.PREPARING),
        (replace(PAID, ready_at=NOON), Stage.READY),
        (replace(PAID, ready_at=NOON, picked_up_at=NOON), Stage.PICKED_UP),
        (replace(PARCEL, shipped_at=NOON), Stage.SHIPPED),
        (replace(PARCEL, shipped_at=NOON, refunded_minor=900), Stage.SHIPPED),
        (replace(PAID, refunded_minor=900), Stage.NONE),
        (replace(PAID, cancelled_at=NOON), Stage.NONE),
        (replace(PAID, needs_review_at=NOON), Stage.NONE),
    ],
)
def test_the_stage_follows_from_the_facts(facts: OrderFacts, expected: Stage) -> None:
    assert expected == stage(facts)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (PAID, None),
        (replace(PAID, ready_at=NOON), None),
        (PARCEL, "order_is_shipped"),
        (UNPAID, "order_not_paid"),
        (replace(PAID, picked_up_at=NOON), "already_picked_up"),
        (replace(PAID, cancelled_at=NOON), "already_cancelled"),
        (replace(PAID, refunded_minor=900), "order_refunded"),
        (replace(PAID, needs_review_at=NOON), "order_in_review"),
    ],
)
def test_why_an_order_is_not_picked_up(facts: OrderFacts, expected: str | None) -> None:
    assert expected == why_not_picked_up(facts)


def test_an_order_is_called_ready_once() -> None:
    assert why_not_ready(PAID) is None
    assert why_not_ready(replace(PAID, ready_at=NOON)) == "already_ready"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (PARCEL, None),
        (PAID, "order_is_picked_up"),
        (replace(PARCEL, shipped_at=NOON), "already_shipped"),
        (replace(PARCEL, cancelled_at=NOON), "already_cancelled"),
    ],
)
def test_why_an_order_is_not_shipped(facts: OrderFacts, expected: str | None) -> None:
    assert expected == why_not_shipped(facts)


def test_a_merchant_may_cancel_what_is_not_paid_or_waits_in_the_store() -> None:
    assert why_not_cancelled(UNPAID) is None
    assert why_not_cancelled(replace(PAID, ready_at=NOON)) is None


@pytest.mark.parametrize(
    ("facts", "after", "expected"),
    [
        (PAID, timedelta(0), None),
        (PAID, HOUR - timedelta(seconds=1), None),
        (PAID, HOUR, "cancel_time_over"),
        (UNPAID, timedelta(0), "order_not_paid"),
        (replace(PAID, ready_at=NOON), timedelta(0), "already_ready"),
        (replace(PARCEL, shipped_at=NOON), timedelta(0), "already_shipped"),
    ],
)
def test_a_buyer_may_cancel_for_so_long_while_nothing_is_ready(
    facts: OrderFacts, after: timedelta, expected: str | None
) -> None:
    assert expected == why_not_cancelled_by_buyer(facts, within=HOUR, now=NOON + after)


def test_a_buyer_is_told_until_when() -> None:
    assert NOON + HOUR == buyer_may_cancel_until(PAID, within=HOUR, now=NOON)


def test_a_time_of_nothing_means_never() -> None:
    assert buyer_may_cancel_until(PAID, within=timedelta(0), now=NOON) is None

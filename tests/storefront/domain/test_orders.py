"""An order's status from its facts, the end of its hold, and its sums."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.domain.orders import (
    HoldTerms,
    OrderFacts,
    OrderStatus,
    hold_end,
    status,
)

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
HELD_UNTIL = NOON + timedelta(minutes=10)
MOMENT = timedelta(microseconds=1)
TERMS = HoldTerms(idle=timedelta(minutes=10), longest=timedelta(minutes=30))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ((), OrderStatus.AWAITING_PAYMENT),
        (("processing_at",), OrderStatus.PROCESSING),
        (("paid_at",), OrderStatus.PAID),
        (("processing_at", "paid_at"), OrderStatus.PAID),
        (("expired_at",), OrderStatus.EXPIRED),
        (("expired_at", "paid_at"), OrderStatus.PAID),
        (("expired_at", "processing_at"), OrderStatus.EXPIRED),
        (("cancelled_at",), OrderStatus.CANCELLED),
        (("cancelled_at", "paid_at"), OrderStatus.CANCELLED),
        (("needs_review_at",), OrderStatus.NEEDS_REVIEW),
        (("needs_review_at", "paid_at"), OrderStatus.NEEDS_REVIEW),
        (("needs_review_at", "cancelled_at"), OrderStatus.NEEDS_REVIEW),
    ],
)
def test_facts_decide_the_status(facts: tuple[str, ...], expected: OrderStatus) -> None:
    known = OrderFacts(held_until=HELD_UNTIL, **dict.fromkeys(facts, NOON))

    assert status(known, NOON) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (HELD_UNTIL - MOMENT, OrderStatus.AWAITING_PAYMENT),
        (HELD_UNTIL, OrderStatus.EXPIRED),
        (HELD_UNTIL + MOMENT, OrderStatus.EXPIRED),
    ],
)
def test_a_hold_ends_at_its_moment_even_before_anybody_writes_so(
    now: datetime, expected: OrderStatus
) -> None:
    assert status(OrderFacts(held_until=HELD_UNTIL), now) == expected


@pytest.mark.parametrize("fact", ["processing_at", "paid_at", "cancelled_at", "needs_review_at"])
def test_the_end_of_the_hold_changes_nothing_that_has_happened(fact: str) -> None:
    facts = OrderFacts(held_until=HELD_UNTIL, **{fact: NOON})

    assert status(facts, HELD_UNTIL + timedelta(days=9)) == status(facts, NOON)


@pytest.mark.parametrize(
    ("active_after", "ends_after"), [(0, 10), (5, 15), (20, 30), (25, 30), (90, 30)]
)
def test_activity_extends_a_hold_up_to_its_longest(active_after: int, ends_after: int) -> None:
    end = hold_end(NOON, NOON + timedelta(minutes=active_after), TERMS)

    assert end == NOON + timedelta(minutes=ends_after)


durations = st.timedeltas(timedelta(0), timedelta(days=2))


@given(durations, durations, durations, durations)
def test_later_activity_never_shortens_a_hold(
    active: timedelta, later: timedelta, idle: timedelta, longest: timedelta
) -> None:
    terms = HoldTerms(idle, longest)
    first = hold_end(NOON, NOON + active, terms)

    assert first <= hold_end(NOON, NOON + active + later, terms) <= NOON + longest

"""When the gateway is asked again about what it may have told in vain."""

from datetime import UTC, datetime, timedelta

import pytest

from storefront.domain.questions import ABOUT_DISPUTE, ABOUT_REFUND, next_question

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


@pytest.mark.parametrize("plan", [ABOUT_REFUND, ABOUT_DISPUTE], ids=["refund", "dispute"])
def test_each_question_of_a_plan_comes_once_and_then_none(plan: list[timedelta]) -> None:
    asked, now = [], NOON
    while (now := next_question(plan, since=NOON, now=now) or NOON) != NOON:
        asked.append(now - NOON)

    assert list(plan) == asked


@pytest.mark.parametrize("plan", [ABOUT_REFUND, ABOUT_DISPUTE], ids=["refund", "dispute"])
def test_questions_only_become_later(plan: list[timedelta]) -> None:
    assert sorted(set(plan)) == list(plan)


def test_questions_whose_time_has_passed_are_not_made_up_for() -> None:
    late = NOON + timedelta(days=2)

    assert NOON + timedelta(days=3) == next_question(ABOUT_REFUND, since=NOON, now=late)


def test_a_refund_is_asked_about_for_longer_than_a_bank_may_send_it_back() -> None:
    assert ABOUT_REFUND[-1] > timedelta(days=30)

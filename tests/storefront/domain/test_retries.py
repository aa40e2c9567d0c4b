"""The pauses between tries, and their end."""

from datetime import UTC, datetime, timedelta

import pytest

from storefront.domain.retries import DELAYS, next_try

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [(1, 2), (2, 10), (3, 30), (4, 120), (5, 600), (6, 1800), (9, 14400), (10, 28800)],
)
def test_each_failed_attempt_waits_longer(attempts: int, seconds: int) -> None:
    assert next_try(attempts, NOON) == NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize("attempts", [11, 12, 1000])
def test_after_the_last_pause_nobody_tries_again(attempts: int) -> None:
    assert next_try(attempts, NOON) is None


def test_a_fault_of_half_a_day_is_outlived() -> None:
    assert sum(DELAYS, timedelta(0)) > timedelta(hours=12)


def test_the_pauses_only_grow() -> None:
    assert sorted(set(DELAYS)) == list(DELAYS)

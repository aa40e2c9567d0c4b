"""Whole days in a zone, whatever the clocks do, and the stretch before."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.domain.periods import Period, Preset, preset_period
from storefront.errors import Invalid

NEW_YORK = "America/New_York"
ZONES = [NEW_YORK, "UTC", "Asia/Kathmandu", "Pacific/Apia", "America/Sao_Paulo", "Africa/Cairo"]
NOW = datetime(2026, 3, 9, 3, 30, tzinfo=UTC)  # still the eighth in New York


def days(first: int, last: int) -> Period:
    return Period(date(2026, 3, first), date(2026, 3, last), NEW_YORK)


def test_a_day_on_which_clocks_spring_forward_has_23_hours() -> None:
    day = days(8, 8)

    assert datetime(2026, 3, 8, 5, tzinfo=UTC) == day.starts_at
    assert timedelta(hours=23) == day.ends_at - day.starts_at


def test_a_day_on_which_clocks_fall_back_has_25_hours() -> None:
    day = Period(date(2026, 11, 1), date(2026, 11, 1), NEW_YORK)

    assert timedelta(hours=25) == day.ends_at - day.starts_at


def test_a_midnight_that_clocks_skip_begins_with_the_first_moment_after() -> None:
    day = Period(date(2024, 4, 26), date(2024, 4, 26), "Africa/Cairo")

    assert datetime(2024, 4, 25, 22, tzinfo=UTC) == day.starts_at


@given(st.dates(date(2015, 1, 1), date(2030, 1, 1)), st.integers(0, 800), st.sampled_from(ZONES))
def test_steps_lie_side_by_side_and_fill_the_period(first: date, length: int, zone: str) -> None:
    period = Period(first, first + timedelta(days=length), zone)
    steps = period.steps

    assert period.starts_at == steps[0].starts_at
    assert period.ends_at == steps[-1].ends_at
    assert all(one.ends_at == two.starts_at for one, two in pairwise(steps))


@given(st.dates(date(2015, 1, 1), date(2030, 1, 1)), st.integers(0, 800), st.sampled_from(ZONES))
def test_the_period_before_ends_where_this_one_begins(first: date, length: int, zone: str) -> None:
    period = Period(first, first + timedelta(days=length), zone)

    assert period.starts_at == period.before.ends_at


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [
        (Preset.TODAY, date(2026, 3, 8), date(2026, 3, 8)),
        (Preset.YESTERDAY, date(2026, 3, 7), date(2026, 3, 7)),
        (Preset.WEEK, date(2026, 3, 2), date(2026, 3, 8)),
        (Preset.THIS_MONTH, date(2026, 3, 1), date(2026, 3, 8)),
        (Preset.LAST_MONTH, date(2026, 2, 1), date(2026, 2, 28)),
        (Preset.YEAR, date(2025, 3, 9), date(2026, 3, 8)),
    ],
)
def test_a_preset_is_about_the_merchants_today(preset: Preset, first: date, last: date) -> None:
    assert Period(first, last, NEW_YORK) == preset_period(preset, NOW, NEW_YORK)


def test_before_a_whole_month_is_the_month_before() -> None:
    assert Period(date(2026, 2, 1), date(2026, 2, 28), NEW_YORK) == days(1, 31).before


def test_a_long_period_is_drawn_by_the_month() -> None:
    period = Period(date(2026, 1, 15), date(2026, 4, 10), "UTC")

    assert [date(2026, 1, 15), date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)] == [
        step.first for step in period.steps
    ]


@pytest.mark.parametrize("last", [date(2026, 3, 7), date(2030, 3, 8)])
def test_a_period_runs_forward_and_not_for_ever(last: date) -> None:
    with pytest.raises(Invalid) as refused:
        Period(date(2026, 3, 8), last, NEW_YORK)
    assert refused.value.code == "invalid_period"

"""Windows in a merchant's zone: what is typed, and which moment it means."""

from datetime import UTC, datetime, timedelta

import pytest

from storefront.domain.window import Typed, Window, end_of, start_of
from storefront.errors import Invalid

NEW_YORK = "America/New_York"
LISBON = "Europe/Lisbon"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_window_holds_its_start_and_not_its_end() -> None:
    window = Window(at("2026-03-01T12:00"), at("2026-03-01T13:00"))
    tick = timedelta(microseconds=1)

    assert window.is_before(at("2026-03-01T12:00") - tick)
    assert window.contains(at("2026-03-01T12:00"))
    assert window.contains(at("2026-03-01T13:00") - tick)
    assert window.is_over(at("2026-03-01T13:00"))
    assert not window.contains(at("2026-03-01T13:00"))


def test_a_window_without_sides_is_always_open() -> None:
    assert Window().contains(at("1999-12-31T23:59"))


def test_an_end_date_means_the_end_of_that_day_in_the_zone() -> None:
    assert Typed(at("2026-06-01T04:00")) == end_of("2026-05-31", NEW_YORK)


def test_a_start_date_means_its_first_moment() -> None:
    assert Typed(at("2026-05-31T04:00")) == start_of("2026-05-31", NEW_YORK)


def test_a_time_means_that_time_for_either_side() -> None:
    assert Typed(at("2026-05-31T17:30")) == start_of("2026-05-31T18:30", LISBON)
    assert Typed(at("2026-05-31T17:30")) == end_of("2026-05-31T18:30", LISBON)


def test_a_leap_day_ends_when_march_begins() -> None:
    assert Typed(at("2028-03-01T05:00")) == end_of("2028-02-29", NEW_YORK)


def test_a_time_that_the_clocks_skip_moves_forward_and_says_so() -> None:
    moved = Typed(at("2026-03-08T07:30"), is_moved=True)  # 3:30 in summer time

    assert moved == start_of("2026-03-08T02:30", NEW_YORK)
    assert moved == end_of("2026-03-08T02:30", NEW_YORK)


def test_of_a_time_that_comes_twice_a_start_is_the_first() -> None:
    assert Typed(at("2026-11-01T05:30"), is_twice=True) == start_of("2026-11-01T01:30", NEW_YORK)


def test_of_a_time_that_comes_twice_an_end_is_the_last() -> None:
    assert Typed(at("2026-11-01T06:30"), is_twice=True) == end_of("2026-11-01T01:30", NEW_YORK)


def test_a_day_whose_midnight_is_skipped_begins_when_the_clocks_do() -> None:
    assert Typed(at("2026-09-06T04:00"), is_moved=True) == start_of(
        "2026-09-06", "America/Santiago"
    )
    assert Typed(at("2026-09-06T04:00"), is_moved=True) == end_of("2026-09-05", "America/Santiago")


def test_a_day_is_over_when_the_next_begins_even_if_its_first_hour_comes_twice() -> None:
    assert Typed(at("2026-11-01T04:00"), is_twice=True) == end_of("2026-10-31", "America/Havana")


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "2026-02-30", "2026-05-31T25:00", "31.05.2026", "0001-01-01", "T"]
)
def test_what_is_no_date_or_time_is_refused_with_its_field(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        start_of(text, LISBON, field="starts_at")

    assert ("invalid_moment", "starts_at") == (refused.value.code, refused.value.field)

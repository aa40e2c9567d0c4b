"""Ids that tell when they were made."""

from datetime import UTC, datetime, timedelta

import pytest

from storefront.db.ids import PUBLIC_ID_LENGTH, dated_id, moment_of, timed_id

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


def test_dated_ids_sort_as_they_were_made() -> None:
    moments = [NOW + timedelta(seconds=each) for each in (0, 1, 31, 32, 1_024, 10_000_000)]

    ids = [dated_id("int", moment) for moment in moments]

    assert sorted(ids) == ids


def test_dated_ids_of_one_second_are_all_different_and_as_long_as_others() -> None:
    ids = {dated_id("int", NOW) for _ in range(1_000)}

    assert 1_000 == len(ids)
    assert {len("int_") + PUBLIC_ID_LENGTH} == {len(each) for each in ids}


def test_a_timed_id_tells_its_moment_to_the_microsecond() -> None:
    moments = [NOW, NOW + timedelta(microseconds=1), NOW.replace(microsecond=999_999)]

    ids = [timed_id("int", moment) for moment in moments]

    assert moments == [moment_of(each) for each in ids]
    assert sorted(ids) == ids
    assert {len("int_") + PUBLIC_ID_LENGTH} == {len(each) for each in ids}


@pytest.mark.parametrize("name", ["", "int_", "int_1mvl", "int_" + "u" * 16, "f" * 16])
def test_what_is_no_timed_id_tells_no_moment(name: str) -> None:
    assert moment_of(name) is None


@pytest.mark.parametrize("first", ["0", "z"])
def test_any_16_symbols_tell_some_moment(first: str) -> None:
    assert moment_of("int_" + first * 16) is not None

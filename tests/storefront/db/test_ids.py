"""Ids that tell when they were made."""

from datetime import UTC, datetime, timedelta

from storefront.db.ids import PUBLIC_ID_LENGTH, dated_id

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


def test_dated_ids_sort_as_they_were_made() -> None:
    moments = [NOW + timedelta(seconds=each) for each in (0, 1, 31, 32, 1_024, 10_000_000)]

    ids = [dated_id("int", moment) for moment in moments]

    assert sorted(ids) == ids


def test_dated_ids_of_one_second_are_all_different_and_as_long_as_others() -> None:
    ids = {dated_id("int", NOW) for _ in range(1_000)}

    assert 1_000 == len(ids)
    assert {len("int_") + PUBLIC_ID_LENGTH} == {len(each) for each in ids}

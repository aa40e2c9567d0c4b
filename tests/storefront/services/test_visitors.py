"""Keys of visitors: who comes now, and what people are shown of it."""

from datetime import UTC, datetime, timedelta

import pytest

from storefront.services.visitors import KEY_LENGTH, make_mark, new_key, read_mark, short
from tests.fakes import Bench

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


def test_keys_sort_as_their_visitors_came() -> None:
    moments = [NOW + timedelta(seconds=each) for each in (0, 1, 40, 3_600, 10_000_000)]

    keys = [new_key(moment) for moment in moments]

    assert sorted(keys) == keys
    assert {KEY_LENGTH} == {len(key) for key in keys}


def test_visitors_who_come_together_are_told_apart_by_what_people_see() -> None:
    assert 100 == len({short(new_key(NOW)) for _ in range(100)})


@pytest.mark.parametrize("mark", [None, "foreign"])
def test_whoever_brings_no_mark_of_ours_comes_now(bench: Bench, mark: str | None) -> None:
    visitor = read_mark(bench.ports.sign, mark, "mer_1", now=NOW)

    assert new_key(NOW)[:7] == visitor.key[:7]
    assert not visitor.is_known


def test_a_mark_keeps_its_key(bench: Bench) -> None:
    visitor = read_mark(bench.ports.sign, None, "mer_1", now=NOW)
    mark = make_mark(bench.ports.sign, visitor, "mer_1")

    later = read_mark(bench.ports.sign, mark, "mer_1", now=NOW + timedelta(days=1))

    assert visitor.key == later.key
    assert later.is_known

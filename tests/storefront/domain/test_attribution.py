"""Which interactions count towards an order, and how its credit is shared among them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.domain.attribution import (
    ARRIVALS,
    ENGAGEMENTS,
    MAX_TOUCHPOINTS,
    MODELS,
    Touch,
    freeze_path,
    last_touch,
    linear,
    origin_index,
)
from storefront.domain.money import FULL_SHARE

PLACED = datetime(2026, 3, 14, 12, tzinfo=UTC)
LOOKBACK = timedelta(days=30)
MOMENT = timedelta(microseconds=1)
KINDS = sorted(ARRIVALS | ENGAGEMENTS)


def touch(
    number: int, kind: str = "view", ago: timedelta = timedelta(hours=1), **facts: object
) -> Touch:
    return Touch(number, kind, PLACED - ago, **facts)  # type: ignore[arg-type]


def ids(path: tuple[Touch, ...]) -> list[int]:
    return [each.interaction_id for each in path]


@pytest.mark.parametrize(
    ("ago", "counts"),
    [
        (LOOKBACK, True),
        (LOOKBACK + MOMENT, False),
        (LOOKBACK - MOMENT, True),
        (timedelta(0), True),
        (-MOMENT, False),
    ],
)
def test_a_touch_at_the_very_edge_of_the_lookback_counts_and_an_older_one_does_not(
    ago: timedelta, counts: bool
) -> None:
    path = freeze_path([touch(1, ago=ago)], PLACED, LOOKBACK)

    assert ids(path) == ([1] if counts else [])


@pytest.mark.parametrize("kind", ["click", "buy", "play", "checkout", "VIEW", ""])
def test_what_brings_nobody_and_shows_no_interest_is_no_touchpoint(kind: str) -> None:
    assert freeze_path([touch(1, kind)], PLACED, LOOKBACK) == ()


def test_a_direct_visit_takes_no_credit_from_what_came_before() -> None:
    social, direct = touch(1, "open", timedelta(days=3)), touch(2, "view", is_direct=True)
    path = freeze_path([social, direct], PLACED, LOOKBACK)

    assert (ids(path), origin_index([each.kind for each in path])) == ([1], 0)


def test_a_path_of_direct_visits_only_is_empty() -> None:
    assert freeze_path([touch(1, is_direct=True), touch(2, is_direct=True)], PLACED, LOOKBACK) == ()


def test_the_landing_of_an_opened_link_is_the_opening() -> None:
    opened, landed = touch(1, "open", timedelta(hours=2)), touch(2, continues=1)

    assert ids(freeze_path([landed, opened], PLACED, LOOKBACK)) == [1]


def test_a_landing_of_a_landing_is_folded_too() -> None:
    touches = [
        touch(1, "open", timedelta(hours=3)),
        touch(2, "view", timedelta(hours=2), continues=1),
        touch(3, "view", timedelta(hours=1), continues=2),
    ]

    assert ids(freeze_path(touches, PLACED, LOOKBACK)) == [1]


@pytest.mark.parametrize(
    "opening", [touch(1, "open", LOOKBACK + MOMENT), touch(1, "open", is_direct=True), None]
)
def test_a_landing_counts_itself_where_its_opening_does_not(opening: Touch | None) -> None:
    landed = touch(2, continues=1)
    touches = [landed] if opening is None else [opening, landed]

    assert ids(freeze_path(touches, PLACED, LOOKBACK)) == [2]


def test_a_path_is_told_from_its_oldest_touch() -> None:
    touches = [touch(number, ago=timedelta(hours=number)) for number in (2, 5, 1, 4, 3)]

    assert ids(freeze_path(touches, PLACED, LOOKBACK)) == [5, 4, 3, 2, 1]


def test_touches_of_one_moment_stand_in_the_order_of_their_recording() -> None:
    assert ids(freeze_path([touch(9), touch(7), touch(8)], PLACED, LOOKBACK)) == [7, 8, 9]


def test_the_newest_touches_of_a_long_path_are_kept() -> None:
    count = MAX_TOUCHPOINTS + 7
    touches = [touch(number, ago=timedelta(minutes=count - number)) for number in range(count)]

    assert ids(freeze_path(touches, PLACED, LOOKBACK)) == list(range(7, count))


def test_no_number_of_likes_pushes_an_arrival_out_of_the_path() -> None:
    arrival = touch(0, "open", timedelta(days=1))
    likes = [touch(number, "like") for number in range(1, MAX_TOUCHPOINTS + 20)]
    path = freeze_path([arrival, *likes], PLACED, LOOKBACK)

    assert ids(path)[0] == 0
    assert len(path) == MAX_TOUCHPOINTS
    assert origin_index([each.kind for each in path]) == 0


numbers = st.integers(1, 80)
touches = st.lists(
    st.builds(
        touch,
        numbers,
        st.sampled_from([*KINDS, "click"]),
        st.timedeltas(timedelta(0), LOOKBACK * 2),
        is_direct=st.booleans(),
        continues=st.none() | numbers,
    ),
    max_size=80,
    unique_by=lambda each: each.interaction_id,
)


@given(touches, st.randoms())
def test_the_order_in_which_touches_are_read_does_not_matter(
    read: list[Touch], chance: object
) -> None:
    shuffled = list(read)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert freeze_path(shuffled, PLACED, LOOKBACK) == freeze_path(read, PLACED, LOOKBACK)


@given(touches)
def test_a_path_holds_only_what_may_count(read: list[Touch]) -> None:
    path = freeze_path(read, PLACED, LOOKBACK)

    assert len(path) <= MAX_TOUCHPOINTS
    assert not any(each.is_direct for each in path)
    assert {each.kind for each in path} <= set(KINDS)


@given(touches)
def test_an_arrival_is_credited_wherever_there_is_one(read: list[Touch]) -> None:
    path = freeze_path(read, PLACED, LOOKBACK)
    index = origin_index([each.kind for each in path])
    arrivals = [each for each in path if each.kind in ARRIVALS]

    assert index is None or path[index] == (arrivals or list(path))[-1]


@pytest.mark.parametrize(
    ("kinds", "last", "shared"),
    [
        (["view"], (10_000,), (10_000,)),
        (["view", "open"], (0, 10_000), (5000, 5000)),
        (["view", "open", "view"], (0, 0, 10_000), (3334, 3333, 3333)),
        (["open", "like"], (10_000, 0), (10_000, 0)),
        (["like", "open", "share"], (0, 10_000, 0), (0, 10_000, 0)),
        (["like", "comment"], (0, 10_000), (5000, 5000)),
        (["follow"], (10_000,), (10_000,)),
    ],
)
def test_arrivals_share_the_credit_and_engagements_only_where_there_are_none(
    kinds: list[str], last: tuple[int, ...], shared: tuple[int, ...]
) -> None:
    assert (last_touch(kinds), linear(kinds)) == (last, shared)


paths = st.lists(st.sampled_from(KINDS), min_size=1, max_size=MAX_TOUCHPOINTS)


@pytest.mark.parametrize("model", MODELS)
@given(kinds=paths)
def test_the_shares_of_a_path_are_one_whole(model: str, kinds: list[str]) -> None:
    shares = MODELS[model](kinds)

    assert (len(shares), sum(shares)) == (len(kinds), FULL_SHARE)
    assert min(shares) >= 0


@given(paths)
def test_the_origin_is_what_the_last_touch_model_credits(kinds: list[str]) -> None:
    assert last_touch(kinds).index(FULL_SHARE) == origin_index(kinds)


def test_nothing_social_means_no_origin() -> None:
    assert origin_index([]) is None

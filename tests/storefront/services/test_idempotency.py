"""Request keys: one does the work, the others wait, repeat or are refused."""

from dataclasses import replace
from datetime import timedelta

import pytest

from storefront.adapters.stripe_gateway import (
    ANSWER_SECONDS,
    CONNECT_SECONDS,
    RETRY_WITHIN_SECONDS,
)
from storefront.errors import Conflict, Invalid, StorefrontError
from storefront.services import idempotency
from storefront.services.idempotency import LEASE, RequestKey, Turn
from tests.contents import nothing_changes
from tests.factories import World
from tests.fakes import Bench


@pytest.fixture
def request_key(world: World) -> RequestKey:
    """Give a key in its scope."""
    return RequestKey(world.merchant.id, "tok_1", "POST /things", "key-1", "body-1")


def take(bench: Bench, request: RequestKey) -> Turn:
    """Take a turn in a transaction of its own."""
    with bench.database.begin() as session:
        return idempotency.take_turn(session, request, now=bench.clock.now())


def refused(bench: Bench, request: RequestKey) -> StorefrontError:
    """Return how a turn is refused, which must change nothing."""
    with nothing_changes(bench.database), pytest.raises(StorefrontError) as refusal:
        take(bench, request)
    return refusal.value


def test_the_first_request_goes_on_and_a_repeat_waits(
    bench: Bench, request_key: RequestKey
) -> None:
    first = take(bench, request_key)

    refusal = refused(bench, request_key)

    assert (None, None) == (first.subject, first.answer)
    assert (Conflict, "in_progress", 1) == (type(refusal), refusal.code, refusal.retry_after)


def test_an_answer_is_repeated_with_its_status(bench: Bench, request_key: RequestKey) -> None:
    turn = take(bench, request_key)
    with bench.database.begin() as session:
        idempotency.keep_answer(session, turn, status=201, answer={"order": "ord_1"})

    again = take(bench, request_key)

    assert (201, {"order": "ord_1"}) == (again.status, again.answer)


def test_another_body_is_a_mismatch_whether_or_not_the_first_has_ended(
    bench: Bench, request_key: RequestKey
) -> None:
    other = replace(request_key, body_hash="body-2")
    turn = take(bench, request_key)
    during = refused(bench, other)
    with bench.database.begin() as session:
        idempotency.keep_answer(session, turn, status=201, answer={})

    after = refused(bench, other)

    assert isinstance(during, Invalid)
    assert ("idempotency_mismatch", "idempotency_mismatch") == (during.code, after.code)


@pytest.mark.parametrize("change", [{"caller": "tok_2"}, {"route": "POST /x"}, {"key": "key-2"}])
def test_a_key_counts_only_for_its_caller_and_route(
    bench: Bench, request_key: RequestKey, change: dict[str, str]
) -> None:
    take(bench, request_key)

    assert take(bench, replace(request_key, **change)).answer is None


def test_a_lease_is_taken_over_when_it_ends_and_not_a_moment_before(
    bench: Bench, request_key: RequestKey
) -> None:
    turn = take(bench, request_key)
    with bench.database.begin() as session:
        idempotency.name_subject(session, turn, "ord_1")
    bench.clock.moment += LEASE - timedelta(microseconds=1)
    refusal = refused(bench, request_key)
    bench.clock.moment += timedelta(microseconds=1)

    taken = take(bench, request_key)

    assert "in_progress" == refusal.code
    assert Turn(turn.id, subject="ord_1") == taken
    assert "in_progress" == refused(bench, request_key).code


def test_a_lease_outlasts_a_call_to_the_gateway_and_not_by_much() -> None:
    call = CONNECT_SECONDS + ANSWER_SECONDS + RETRY_WITHIN_SECONDS

    assert call + 1 < LEASE.total_seconds() < call + 5


def test_a_passing_fault_is_not_stored(bench: Bench, request_key: RequestKey) -> None:
    turn = take(bench, request_key)
    with bench.database.begin() as session:
        idempotency.end_turn(session, turn, now=bench.clock.now())

    again = take(bench, request_key)

    assert (None, None) == (again.answer, again.status)


def test_an_answer_survives_the_end_of_a_turn(bench: Bench, request_key: RequestKey) -> None:
    turn = take(bench, request_key)
    with bench.database.begin() as session:
        idempotency.keep_answer(session, turn, status=201, answer={"a": 1})
        idempotency.end_turn(session, turn, now=bench.clock.now())

    assert {"a": 1} == take(bench, request_key).answer


def test_a_body_is_hashed_by_its_meaning() -> None:
    same = idempotency.hash_body({"a": 1, "b": [1, {"c": None}]})

    assert same == idempotency.hash_body({"b": [1, {"c": None}], "a": 1})
    assert same != idempotency.hash_body({"a": 1, "b": [1, {"c": False}]})
    assert same != idempotency.hash_body({"a": "1", "b": [1, {"c": None}]})


@pytest.mark.parametrize(
    ("key", "is_anonymous", "code"),
    [
        (None, False, "idempotency_key_required"),
        ("", True, "idempotency_key_required"),
        ("x" * 21, True, "idempotency_key_invalid"),
        ("x" * 256, False, "idempotency_key_invalid"),
        ("k\n", False, "idempotency_key_invalid"),
        ("ключ", False, "idempotency_key_invalid"),
    ],
)
def test_a_key_that_cannot_be_used_says_why(
    key: str | None, code: str, *, is_anonymous: bool
) -> None:
    with pytest.raises(Invalid) as refusal:
        idempotency.check_key(key, is_anonymous=is_anonymous)

    assert (code, "Idempotency-Key") == (refusal.value.code, refusal.value.field)


@pytest.mark.parametrize(
    ("key", "is_anonymous"), [("x", False), ("x" * 22, True), ("~" * 255, True)]
)
def test_a_key_that_can_be_used_is_kept_as_it_is(key: str, *, is_anonymous: bool) -> None:
    assert key == idempotency.check_key(key, is_anonymous=is_anonymous)

"""Limits on guessing: failures are counted alike by every process, and end by themselves."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from storefront.errors import TooMany
from storefront.models import Attempt
from storefront.services import attempts
from storefront.services.attempts import Counted, Limit
from tests.contents import contents
from tests.fakes import Bench, make_bench

CODES = Limit("code", 3, timedelta(minutes=10))
ADDRESSES = Limit("address", 5, timedelta(hours=1))


def fail(bench: Bench, *names: str, limit: Limit = CODES) -> Counted:
    bound = [attempts.subject(bench.ports.sign, limit, *names)]
    with bench.database.begin() as session:
        return attempts.count_failure(session, bound, now=bench.clock.now())


def refusal(bench: Bench, *names: str, limit: Limit = CODES) -> int | None:
    """Return after how many seconds the next try counts; None when it counts now."""
    bound = [attempts.subject(bench.ports.sign, limit, *names)]
    try:
        with bench.database.reads() as session:
            attempts.check(session, bound, now=bench.clock.now())
    except TooMany as error:
        return error.retry_after
    return None


def test_as_many_failures_as_the_limit_says_are_allowed(bench: Bench) -> None:
    seen = []
    for _ in range(CODES.most):
        seen.append(refusal(bench, "ada"))
        fail(bench, "ada")

    assert [None] * CODES.most == seen
    assert 600 == refusal(bench, "ada")


def test_a_limit_binds_who_failed_and_nobody_else(bench: Bench) -> None:
    for _ in range(CODES.most):
        fail(bench, "ada", "192.0.2.1")

    assert None is refusal(bench, "ada", "192.0.2.2")
    assert None is refusal(bench, "ben", "192.0.2.1")


def test_a_limit_ends_when_its_time_has_passed_since_the_first_failure(bench: Bench) -> None:
    for _ in range(CODES.most):
        fail(bench, "ada")
        bench.clock.pass_time(minutes=3)
    left = refusal(bench, "ada")
    bench.clock.pass_time(seconds=59)
    almost = refusal(bench, "ada")
    bench.clock.pass_time(seconds=1)

    assert (60, 1, None) == (left, almost, refusal(bench, "ada"))


def test_after_its_end_counting_begins_anew(bench: Bench) -> None:
    for _ in range(CODES.most):
        fail(bench, "ada")
    bench.clock.pass_time(minutes=10)
    fail(bench, "ada")

    assert None is refusal(bench, "ada")


def test_the_failure_that_reaches_a_limit_says_so_once(bench: Bench) -> None:
    told = [fail(bench, "ada") for _ in range(CODES.most + 2)]

    assert [False, False, True, False, False] == [each.has_reached for each in told]
    assert [False, False, False, True, True] == [each.refusal is not None for each in told]


def test_several_subjects_are_counted_in_one_go(bench: Bench) -> None:
    bound = [
        attempts.subject(bench.ports.sign, ADDRESSES, "192.0.2.1"),
        attempts.subject(bench.ports.sign, CODES, "ada"),
    ]
    for _ in range(CODES.most):
        with bench.database.begin() as session:
            attempts.count_failure(session, bound, now=bench.clock.now())

    assert 600 == refusal(bench, "ada")
    assert None is refusal(bench, "192.0.2.1", limit=ADDRESSES)
    with bench.database.reads() as session:
        rows = session.execute(select(Attempt.kind, Attempt.failures).order_by(Attempt.kind))
        assert [("address", 3), ("code", 3)] == [tuple(row) for row in rows]


def test_checking_counts_nothing(bench: Bench) -> None:
    fail(bench, "ada")
    before = contents(bench.database)
    refusal(bench, "ada")

    assert before == contents(bench.database)


def test_names_are_kept_as_digests_only(bench: Bench) -> None:
    fail(bench, "ada@buyer.test", "192.0.2.1")

    rows = repr(contents(bench.database)["storefront_attempts"])
    assert "code" in rows
    assert "ada" not in rows
    assert "192.0.2.1" not in rows


def test_what_has_ended_is_deleted_by_the_next_failure(bench: Bench) -> None:
    for number in range(5):
        fail(bench, f"guesser-{number}")
    bench.clock.pass_time(minutes=11)
    fail(bench, "ada")

    assert 1 == len(contents(bench.database)["storefront_attempts"])


@pytest.fixture
def second_process(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Give another shop on the same database, as a second process or a restart would make it."""
    url = bench.database.writer.url.render_as_string(hide_password=False)
    other = make_bench(tmp_path_factory.mktemp("other"), url, bench.clock.now())
    yield other
    other.database.dispose()


def test_processes_count_together(bench: Bench, second_process: Bench) -> None:
    fail(bench, "ada")
    fail(second_process, "ada")
    fail(bench, "ada")

    assert (600, 600) == (refusal(bench, "ada"), refusal(second_process, "ada"))


def test_failures_at_the_same_moment_are_all_counted(bench: Bench, second_process: Bench) -> None:
    """Of forty at once exactly one reaches the limit, and all after it are refused."""
    benches = [bench, second_process] * 20
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda each: fail(each, "ada"), benches))

    assert 1 == sum(each.has_reached for each in told)
    assert 40 - CODES.most == sum(each.refusal is not None for each in told)
    with bench.database.reads() as session:
        assert [40] == list(session.scalars(select(Attempt.failures)))

"""Whoever guesses codes is stopped; the card's owner never is."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gifting import codes, guessing
from gifting.redemption import Redeem, look_up, redeem
from gifting.tills import Till
from storefront.errors import Invalid, StorefrontError, TooMany
from storefront.models import Alarm, Attempt
from tests.factories import World, world_on
from tests.fakes import Bench
from tests.gifting.factories import Given, a_gift
from tests.gifting.tills import a_till, take
from tests.told import counting, without_values


@pytest.fixture
def given(bench: Bench, world: World) -> Given:
    return a_gift(bench, world, face_minor=2000)


def guess(bench: Bench, till: Till, typed: str | None = None) -> StorefrontError:
    with pytest.raises(StorefrontError) as refused:
        look_up(bench.ports, till, typed or codes.new_code())
    return refused.value


def guesses(bench: Bench, count: int, *tills: Till) -> list[str]:
    """Guess so often, in turn at each till; return the codes of the answers."""
    return [guess(bench, tills[number % len(tills)]).code for number in range(count)]


def spread(world: World, count: int, **facts: Any) -> list[Till]:
    """Return so many tills of one store."""
    return [a_till(world, caller=f"till-{number}", **facts) for number in range(count)]


def test_the_eleventh_wrong_code_in_ten_minutes_waits(bench: Bench, world: World) -> None:
    till = a_till(world)

    assert ["code_not_found"] * 10 == guesses(bench, 10, till)
    error = guess(bench, till)
    assert ("too_many_tries", 600) == (error.code, error.retry_after)
    bench.clock.pass_time(minutes=10)
    assert "code_not_found" == guess(bench, till).code


def test_a_right_code_is_not_looked_at_while_a_till_waits(
    bench: Bench, world: World, given: Given
) -> None:
    guesses(bench, 10, a_till(world))

    assert "too_many_tries" == guess(bench, a_till(world), given.code).code


def test_a_clerk_who_changes_tills_waits_too(bench: Bench, world: World) -> None:
    tills = spread(world, 3, member_id=7)

    assert ["code_not_found"] * 10 == guesses(bench, 10, *tills)
    assert "too_many_tries" == guess(bench, a_till(world, caller="x", member_id=7)).code


def test_a_guesser_never_locks_the_owner_out(bench: Bench, world: World, given: Given) -> None:
    guesses(bench, 11, a_till(world, caller="thief"))

    assert 0 == take(bench, a_till(world), given, 2000).balance.minor


def test_many_who_guess_in_a_store_stop_no_other_till_of_it(
    bench: Bench, world: World, given: Given
) -> None:
    thieves = spread(world, 3)

    assert ["code_not_found"] * 30 == guesses(bench, 30, *thieves)
    assert ["too_many_tries"] * 3 == guesses(bench, 3, *thieves)
    assert 0 == take(bench, a_till(world), given, 2000).balance.minor


def test_what_is_known_is_no_guess(bench: Bench, world: World, given: Given) -> None:
    till = a_till(world)
    take(bench, till, given, 2000)

    assert {"already_redeemed"} == {guess(bench, till, given.code).code for _ in range(12)}


@pytest.mark.parametrize("try_it", [look_up, redeem])
def test_a_mistyped_code_asks_the_database_nothing(
    bench: Bench, world: World, given: Given, try_it: Any
) -> None:
    """Bad input 21: no read, no write, and no guess."""
    asked: tuple[Any, ...] = (Redeem("A" * 17, 5, "k"),) if try_it is redeem else ("A" * 17,)
    with counting(bench.database) as told:
        for _ in range(12):
            with pytest.raises(Invalid, match="code_mistyped"):
                try_it(bench.ports, a_till(world), *asked)
        assert [] == told
        take(bench, a_till(world), given, 5)
        assert [] != told  # else nobody would have heard of a statement

    with bench.ports.reads() as session:
        assert [] == session.scalars(select(Attempt)).all()


def test_a_foreign_link_is_a_guess_only_where_it_looks_like_ours(
    bench: Bench, world: World
) -> None:
    till = a_till(world)
    for _ in range(12):
        assert "not_our_code" == guess(bench, till, "https://evil.test/?g=1").code
    token = "0" * 48

    made_up = [guess(bench, till, f"https://shop.test/g/{token}").code for _ in range(11)]
    assert [*["not_our_code"] * 10, "too_many_tries"] == made_up


def test_a_hundred_an_hour_call_a_person_and_stop_nobody(
    bench: Bench, world: World, given: Given
) -> None:
    tills = spread(world, 10)
    guesses(bench, 99, *tills)
    with bench.ports.reads() as session:
        assert [] == session.scalars(select(Alarm)).all()
    guess(bench, a_till(world, caller="one more"))

    with bench.ports.reads() as session:
        alarm = session.scalars(select(Alarm)).one()
        assert (world.merchant.id, "gift_codes_guessed", 1) == (
            alarm.merchant_id,
            alarm.kind,
            alarm.count,
        )
    assert 1999 == take(bench, a_till(world), given, 1).balance.minor


@pytest.mark.usefixtures("given")
def test_the_doctor_says_how_hard_codes_are_to_guess(bench: Bench) -> None:
    [found] = guessing.examine_codes(bench.ports)

    assert ("well", "guessing") == (found.state, found.subject)
    assert "10^23 guesses" in found.sentence


@pytest.mark.parametrize(
    ("cards", "state"), [(0, "well"), (10**5, "well"), (7 * 10**11, "well"), (10**12, "risky")]
)
def test_the_doctor_warns_when_a_code_could_be_guessed(cards: int, state: str) -> None:
    assert state == guessing.judge(cards).state


def test_whoever_guesses_beside_many_others_learns_nothing_beyond_the_limit(
    bench: Bench, world: World
) -> None:
    """Tries that run side by side have all been let in; the count decides what each is told."""
    till = a_till(world)
    guesses(bench, 10, till)
    with pytest.raises(TooMany):
        guessing.count_guess(bench.ports, till)


def test_unknown_and_foreign_codes_ask_the_database_the_same(bench: Bench, world: World) -> None:
    """R-D6, bad input 22: whatever has become of another's card, the same is done for it."""
    rival, now = world_on(bench, slug="florist"), bench.clock.now()
    fates: list[dict[str, Any]] = [
        {},
        {"expires_on": now.date() - timedelta(days=9)},
        {"blocked_at": now, "block_reason": "dispute"},
        {"voided_at": now, "void_reason": "refunded"},
    ]
    foreign = [a_gift(bench, rival, **fate).code for fate in fates]
    spent = a_gift(bench, rival)
    take(bench, a_till(rival), spent, 2000)
    typed = [codes.new_code(), *foreign, spent.code]

    looks = [
        asked(bench, world, lambda till, code=code: look_up(bench.ports, till, code))
        for code in typed
    ]
    takes = [
        asked(bench, world, lambda till, code=code: redeem(bench.ports, till, Redeem(code, 5, "k")))
        for code in typed
    ]

    assert [looks[0]] * len(typed) == looks
    assert [takes[0]] * len(typed) == takes


def asked(bench: Bench, world: World, ask: Callable[[Till], object]) -> tuple[list[str], str]:
    """Return what the database is told while a till of its own guesses, values left out, and what
    the till is told."""
    till = a_till(world, caller=secrets.token_hex(8))
    with counting(bench.database) as told, pytest.raises(StorefrontError) as refused:
        ask(till)
    error = refused.value
    return without_values(told), f"{error!r} {error.field} {error.data}"

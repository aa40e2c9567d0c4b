"""R-D5: a million guesses at codes and links, by a thousand guessers at every interface that takes
one, through the limits as they stand in the database: no hit, and nobody else is kept out."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gifting import codes, links
from gifting.redemption import Redeem, look_up, redeem
from gifting.tills import Till
from storefront.db.ids import random_symbols
from storefront.errors import StorefrontError
from storefront.models import Alarm
from tests.engines import ENGINES, Databases
from tests.factories import World, world_on
from tests.fakes import Bench, make_bench
from tests.gifting.factories import a_gift
from tests.gifting.tills import a_till, take

GUESSERS = 1_000
ALLOWED = 10
LIVE_CARDS = 5
SIZES = (
    pytest.param(10, 24, id="240"),
    pytest.param(
        GUESSERS, 1_000, id="1000000", marks=[pytest.mark.prove, pytest.mark.timeout(3 * 3600)]
    ),
)


def guess_at_look(bench: Bench, till: Till) -> None:
    """Look a made-up code up, as counters and machines do."""
    look_up(bench.ports, till, codes.new_code())


def guess_at_redeem(bench: Bench, till: Till) -> None:
    """Take from a made-up code."""
    redeem(bench.ports, till, Redeem(codes.new_code(), 1, random_symbols(20)))


def guess_a_scan(bench: Bench, till: Till) -> None:
    """Show a made-up link of ours to a till."""
    look_up(bench.ports, till, f"https://shop.test/g/{random_symbols(48)}")


def guess_a_page(bench: Bench, _: Till) -> None:
    """Open a gift's page by a made-up link: no limit is needed where 128 bits are asked for."""
    with bench.ports.reads() as session:
        links.read_gift_token(session, bench.ports.sign, random_symbols(48))


INTERFACES: tuple[Callable[[Bench, Till], None], ...] = (
    guess_at_look, guess_at_redeem, guess_a_scan, guess_a_page,
)  # fmt: skip


def outcome(bench: Bench, till: Till, number: int) -> str:
    """Guess once; return the code of the refusal, or "hit"."""
    try:
        INTERFACES[number % len(INTERFACES)](bench, till)
    except StorefrontError as refused:
        return refused.code
    return "hit"


def guessers(world: World, count: int) -> list[Till]:
    """Return so many tills, half of them with a clerk."""
    return [
        a_till(world, caller=f"till-{number}", member_id=number if number % 2 else None)
        for number in range(count)
    ]


@pytest.mark.parametrize(("tills", "each"), SIZES)
@pytest.mark.parametrize("engine", ENGINES)
def test_no_guess_hits_and_the_owner_is_served(
    databases: Databases, tmp_path: Path, engine: str, tills: int, each: int
) -> None:
    with databases.fresh(engine) as url:
        bench = make_bench(tmp_path, url, datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC))
        world = world_on(bench, stock=None)
        cards = [a_gift(bench, world) for _ in range(LIVE_CARDS)]
        told: Counter[str] = Counter()
        for till in guessers(world, tills):
            told.update(outcome(bench, till, number) for number in range(each))
        taken = take(bench, a_till(world, caller="counter"), cards[0], 2000)
        with bench.database.reads() as session:
            alarms = {alarm.kind for alarm in session.query(Alarm)}
        bench.database.dispose()

    assert tills * each == told.total()
    assert 0 == told["hit"]
    assert tills * ALLOWED == told["code_not_found"] + told["not_our_code"]
    assert tills * each // len(INTERFACES) == told["not_found"]
    assert {"gift_codes_guessed"} == alarms
    assert 0 == taken.balance.minor

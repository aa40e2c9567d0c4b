"""The installation's moments: whose turn it is, and that a worker is there."""

import threading
from datetime import timedelta

from storefront.services import upkeep
from storefront.services.upkeep import LATELY
from storefront.worker import work
from tests.fakes import Bench

DAY = timedelta(days=1)
PATIENCE = 20


def takes_turn(bench: Bench) -> bool:
    with bench.database.begin() as session:
        return upkeep.take_turn(session, "tidying", every=DAY, now=bench.clock.now())


def test_what_is_due_once_a_day_is_one_callers_turn(bench: Bench) -> None:
    first = [takes_turn(bench), takes_turn(bench)]
    bench.clock.pass_time(hours=23)
    early = takes_turn(bench)
    bench.clock.pass_time(hours=1)

    assert (first, early) == ([True, False], False)
    assert [takes_turn(bench), takes_turn(bench)] == [True, False]


def test_of_several_who_ask_at_once_one_is_told_yes(bench: Bench) -> None:
    told: list[bool] = []
    start = threading.Barrier(4)

    def ask() -> None:
        start.wait(PATIENCE)
        told.append(takes_turn(bench))

    for _ in range(3):
        callers = [threading.Thread(target=ask) for _ in range(4)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join(PATIENCE)
        bench.clock.pass_time(days=1)

    assert (len(told), told.count(True)) == (12, 3)


def readiness(bench: Bench) -> upkeep.Readiness:
    with bench.database.reads() as session:
        return upkeep.readiness(session, now=bench.clock.now())


def test_a_worker_that_runs_is_seen_until_it_has_been_silent_for_too_long(bench: Bench) -> None:
    before = readiness(bench)
    stop = threading.Event()
    worker = threading.Thread(target=work, args=(bench.ports, stop))
    worker.start()
    for _ in range(PATIENCE * 20):
        if readiness(bench).is_ready:
            break
        stop.wait(0.05)
    stop.set()
    worker.join(PATIENCE)
    there = readiness(bench)
    bench.clock.pass_time(seconds=LATELY.total_seconds())

    assert [each.is_worker_there for each in (before, there, readiness(bench))] == [
        False,
        True,
        False,
    ]

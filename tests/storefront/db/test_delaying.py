"""Rows that may wait a moment: they are written together, and none is lost in silence."""

import logging
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Queue
from threading import Event

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError

from storefront.db.delaying import Delayed
from storefront.db.engine import Database
from storefront.models import Alarm

Row = Mapping[str, object]
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
SHORT = timedelta(milliseconds=5)
PATIENCE = 60

BAD, LOST = IntegrityError("", {}, Exception("bad")), OperationalError("", {}, Exception("lost"))


class Table:
    """Takes rows while it is open; `faults` come first, one for each time that it is asked."""

    def __init__(self, *faults: Exception) -> None:
        self.batches: Queue[list[object]] = Queue()
        self.is_open = Event()
        self._faults = list(faults)

    def write(self, rows: Sequence[Row]) -> None:
        assert self.is_open.wait(PATIENCE)
        if self._faults:
            raise self._faults.pop(0)
        names = [row["name"] for row in rows]
        if "bad" in names:
            raise BAD
        self.batches.put(names)

    def next(self) -> list[object]:
        return self.batches.get(timeout=PATIENCE)


def add(delayed: Delayed, *names: str) -> list[bool]:
    return [delayed.add({"name": name}) for name in names]


def test_all_that_wait_are_written_together_and_so_are_those_after_them() -> None:
    table = Table()
    delayed = Delayed(table.write, wait=timedelta(milliseconds=200))
    table.is_open.set()

    add(delayed, "1", "2", "3")
    assert ["1", "2", "3"] == table.next()
    add(delayed, "4")
    assert ["4"] == table.next()


def test_where_too_many_wait_whoever_comes_must_write_themselves() -> None:
    table = Table()
    delayed = Delayed(table.write, wait=timedelta(milliseconds=500), most=2)

    assert [True, True, False] == add(delayed, "1", "2", "3")
    table.is_open.set()
    assert ["1", "2"] == table.next()


def test_what_a_database_does_not_take_waits_until_it_does(
    caplog: pytest.LogCaptureFixture,
) -> None:
    table = Table(LOST, LOST)
    delayed = Delayed(table.write, wait=SHORT)
    add(delayed, "1", "2")
    table.is_open.set()

    assert ["1", "2"] == table.next()
    assert "the database takes no rows" in caplog.text


def test_a_row_that_breaks_a_rule_is_named_in_the_log_and_takes_no_other_with_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    table = Table()
    delayed = Delayed(table.write, wait=timedelta(milliseconds=200))
    table.is_open.set()
    add(delayed, "1", "bad", "2")

    assert [["1"], ["2"]] == [table.next(), table.next()]
    assert ["a delayed row breaks a rule and is lost: bad"] == [
        record.getMessage() for record in caplog.records if record.levelno == logging.ERROR
    ]


PROGRAM = """
import os, signal, sys
from datetime import timedelta
from storefront.db.delaying import Delayed

def write(rows):
    with open(sys.argv[1], "a") as file:
        file.writelines(f"{row['name']}\\n" for row in rows)

delayed = Delayed(write, wait=timedelta(milliseconds=int(sys.argv[2])))
delayed.add({"name": "parent"})
if sys.argv[3] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
child = os.fork()
delayed.add({"name": "late" if child else "child"})
if child:
    os.waitpid(child, 0)
"""


def run(file: Path, *, wait: int, end: str) -> None:
    command = [sys.executable, "-c", PROGRAM, str(file), str(wait), end]
    subprocess.run(command, timeout=PATIENCE, check=False)


def test_a_process_that_ends_writes_first_and_a_fork_writes_its_own_only(tmp_path: Path) -> None:
    run(tmp_path / "rows", wait=50, end="stopped")

    assert ["child", "late", "parent"] == sorted((tmp_path / "rows").read_text().split())


def test_what_waits_in_a_process_that_is_killed_goes_with_it(tmp_path: Path) -> None:
    run(tmp_path / "rows", wait=60_000, end="killed")

    assert not (tmp_path / "rows").exists()


def test_what_becomes_of_each_row_is_told() -> None:
    told: Queue[tuple[str, int]] = Queue()
    table = Table(LOST)
    delayed = Delayed(
        table.write,
        wait=timedelta(milliseconds=200),
        most=3,
        note=lambda *what: told.put(what),
    )
    add(delayed, "1", "bad", "2", "3")
    table.is_open.set()

    assert [("at_once", 1), ("again", 3), ("written", 1), ("lost", 1), ("written", 1)] == [
        told.get(timeout=PATIENCE) for _ in range(5)
    ]


def test_rows_arrive_in_both_databases(engine_url: str) -> None:
    database = Database(engine_url, delay=SHORT)
    moments = {"first_seen_at": NOON, "last_seen_at": NOON}

    answers = [
        database.insert_soon(Alarm, {"merchant_id": 1, "kind": kind, "count": 1, **moments})
        for kind in ("one", "two", "three")
    ]

    deadline = datetime.now(UTC) + timedelta(seconds=PATIENCE)
    kinds: list[str] = []
    while len(kinds) < len(answers) and datetime.now(UTC) < deadline:
        with database.reads() as session:
            kinds = sorted(session.scalars(select(Alarm.kind)))
    database.dispose()
    assert [None, None, None] == answers
    assert ["one", "three", "two"] == kinds

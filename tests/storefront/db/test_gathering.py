"""Rows that threads insert at the same moment go in one transaction; each answers for itself."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from storefront.db.engine import Database
from storefront.db.gathering import Gathering
from storefront.models import Alarm

Row = Mapping[str, object]
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
PATIENCE = 30


class Table:
    """Takes rows once it is opened, and numbers them. A row can be one that breaks a rule, or come
    with a fault of the whole database, or with a signal that ends its thread."""

    def __init__(self) -> None:
        self.batches: list[list[object]] = []
        self.is_open, self.is_asked = Event(), Event()
        self.faults: dict[str, BaseException] = {
            "bad": IntegrityError("", {}, Exception("bad")),
            "lost": OperationalError("", {}, Exception("lost")),
            "end": KeyboardInterrupt(),
        }

    def write(self, rows: Sequence[Row]) -> list[int]:
        self.is_asked.set()
        assert self.is_open.wait(PATIENCE)
        names = [str(row["name"]) for row in rows]
        for name in names:
            if name in self.faults:
                raise self.faults[name]
        self.batches.append(list(names))
        return [int(name) for name in names]


@pytest.fixture
def table() -> Table:
    return Table()


def insert_behind_first(table: Table, first: str, *names: str) -> list[Future[int]]:
    """Insert a row, and others while it is being written."""
    gathering, futures = Gathering(table.write), []
    with ThreadPoolExecutor() as threads:
        for waiting, name in enumerate((first, *names)):
            futures.append(threads.submit(gathering.insert, {"name": name}))
            assert table.is_asked.wait(PATIENCE)
            _wait_for(gathering, waiting)
        table.is_open.set()
    return futures


def _wait_for(gathering: Gathering, waiting: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while gathering.waiting != waiting:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_rows_that_come_while_one_is_written_are_written_together(table: Table) -> None:
    futures = insert_behind_first(table, "1", "2", "3", "4")

    assert [["1"], ["2", "3", "4"]] == table.batches
    assert [1, 2, 3, 4] == [each.result() for each in futures]


def test_a_row_that_breaks_a_rule_is_alone_with_it(table: Table) -> None:
    futures = insert_behind_first(table, "1", "2", "bad", "3")

    assert [["1"], ["2"], ["3"]] == table.batches
    assert isinstance(futures[2].exception(), IntegrityError)
    assert [1, 2, 3] == [futures[place].result() for place in (0, 1, 3)]


def test_a_fault_of_the_database_is_everybodys(table: Table) -> None:
    futures = insert_behind_first(table, "1", "2", "lost", "3")

    assert [["1"]] == table.batches
    faults = [each.exception() for each in futures[1:]]
    assert [OperationalError] * 3 == [type(fault) for fault in faults]


def test_nobody_waits_in_vain_for_a_thread_that_ends(table: Table) -> None:
    futures = insert_behind_first(table, "end", "2", "3")

    assert isinstance(futures[0].exception(), KeyboardInterrupt)
    assert [2, 3] == [each.result() for each in futures[1:]]


def test_every_row_is_there_under_its_own_id(engine_url: str) -> None:
    database = Database(engine_url)

    def insert(number: int) -> tuple[int, str]:
        kind = f"kind{number}"
        row = {"merchant_id": 1, "kind": kind, "count": 1}
        moments = {"first_seen_at": NOON, "last_seen_at": NOON}
        return database.insert(Alarm, {**row, **moments}), kind

    with ThreadPoolExecutor(8) as threads:
        inserted = sorted(threads.map(insert, range(60)))
    with database.reads() as session:
        found = session.execute(select(Alarm.id, Alarm.kind).order_by(Alarm.id)).all()
    database.dispose()
    assert inserted == [tuple(row) for row in found]


def test_what_sqlite_could_not_finish_is_undone_before_the_next(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    row = {"merchant_id": 1, "count": 1, "first_seen_at": NOON, "last_seen_at": NOON}
    database.insert(Alarm, {**row, "kind": "one"})

    with pytest.raises(IntegrityError):
        database.insert(Alarm, {**row, "kind": "one"})
    database.insert(Alarm, {**row, "kind": "two"})

    with database.begin() as session:
        kinds = session.scalars(text("SELECT kind FROM storefront_alarms ORDER BY kind")).all()
    database.dispose()
    assert ["one", "two"] == kinds

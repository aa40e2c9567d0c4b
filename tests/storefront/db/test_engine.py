"""Connections and transactions: what is promised of both engines, read back from them."""

import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError, InternalError, OperationalError
from sqlalchemy.orm import Session

from storefront.db.engine import BUSY_TIMEOUT_MS, SAFE_SQLITE, Database, sqlite_module
from storefront.db.turns import FairLock
from storefront.models import Alarm, AllowedHost
from storefront.signals import announce, order_paid

PATIENCE = 10
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
COUNT = select(func.count()).select_from(Alarm)


@pytest.fixture
def database(engine_url: str) -> Iterator[Database]:
    database = Database(engine_url)
    yield database
    database.dispose()


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    database = Database(sqlite_url)
    yield database
    database.dispose()


@pytest.mark.parametrize("side", ["writer", "reader"])
@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("recursive_triggers", 1),
        ("busy_timeout", BUSY_TIMEOUT_MS),
        ("temp_store", 2),
    ],
)
def test_every_connection_to_sqlite_is_set_up_safely(
    sqlite: Database, side: str, pragma: str, value: object
) -> None:
    with getattr(sqlite, side).connect() as connection:
        assert connection.scalar(text(f"PRAGMA {pragma}")) == value


@pytest.mark.parametrize(("side", "value"), [("writer", 0), ("reader", 1)])
def test_only_the_readers_of_sqlite_cannot_write(sqlite: Database, side: str, value: int) -> None:
    with getattr(sqlite, side).connect() as connection:
        assert connection.scalar(text("PRAGMA query_only")) == value


def test_a_setting_may_ask_for_more_than_full(sqlite_url: str) -> None:
    database = Database(sqlite_url, synchronous="EXTRA")
    with database.writer.connect() as connection:
        synchronous = connection.scalar(text("PRAGMA synchronous"))
    database.dispose()

    assert synchronous == 3


def test_a_newer_sqlite_is_used_where_pythons_own_is_too_old() -> None:
    module = sqlite_module()

    assert module.sqlite_version_info >= sqlite3.sqlite_version_info
    assert (module is sqlite3) == (sqlite3.sqlite_version_info >= SAFE_SQLITE)


def test_the_engine_runs_on_the_sqlite_that_was_chosen(sqlite: Database) -> None:
    with sqlite.writer.connect() as connection:
        version = connection.scalar(text("SELECT sqlite_version()"))

    assert version == sqlite_module().sqlite_version


def test_the_folder_of_a_database_is_made(tmp_path: Path) -> None:
    Database(f"sqlite:///{tmp_path}/new/folder/shop.sqlite").dispose()

    assert (tmp_path / "new" / "folder").is_dir()


def count(database: Database) -> int | None:
    with database.reads() as session:
        return session.scalar(COUNT)


def add(session: Session, kind: str = "one") -> None:
    session.execute(
        insert(Alarm).values(
            merchant_id=0, kind=kind, first_seen_at=NOON, last_seen_at=NOON, count=1
        )
    )


def fail(session: Session, **announced: str) -> None:
    """Write a row, announce what the test wants announced, and raise."""
    add(session)
    for name, order in announced.items():
        announce(session, name, order=order)
    raise LookupError


def test_a_block_that_ends_well_is_committed(database: Database) -> None:
    with database.begin() as session:
        add(session)

    assert count(database) == 1


def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    with pytest.raises(LookupError), database.begin() as session:
        fail(session)

    assert count(database) == 0


def test_a_reading_session_cannot_write(database: Database) -> None:
    with (
        database.reads() as session,
        pytest.raises((OperationalError, InternalError), match=r"readonly|read-only"),
    ):
        add(session)

    assert count(database) == 0


def test_a_reading_session_sees_one_state_to_its_end(sqlite: Database) -> None:
    with sqlite.reads() as session:
        before = session.scalar(COUNT)
        with sqlite.begin() as writing:
            add(writing)
        after = session.scalar(COUNT)

    assert (before, after, count(sqlite)) == (0, 0, 1)


def test_a_writer_of_sqlite_takes_the_lock_before_it_reads(sqlite: Database) -> None:
    """A transaction that begins by reading and writes later would fail without waiting."""
    file = sqlite.writer.url.database
    with sqlite.begin() as session:
        session.execute(text("SELECT 1"))
        other = sqlite_module().connect(file, timeout=0)
        with pytest.raises(sqlite_module().OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()


def test_foreign_keys_hold(database: Database) -> None:
    stray = insert(AllowedHost).values(merchant_id=404, origin="https://b.test", added_at=NOON)

    with pytest.raises(IntegrityError), database.begin() as session:
        session.execute(stray)


def test_the_same_moment_is_told_in_utc_on_postgresql(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    with database.reads() as session:
        zone = session.scalar(text("SHOW timezone"))
    database.dispose()

    assert zone == "UTC"


def test_a_report_of_many_rows_is_sorted_without_a_disk(postgresql_url: str) -> None:
    rows = "SELECT n, md5(n::text) AS word FROM generate_series(1, 100000) AS n"
    sort = f"EXPLAIN ANALYZE {rows} ORDER BY word"
    database = Database(postgresql_url)
    with database.reads() as session:
        plan = "\n".join(session.scalars(text(sort)))
    database.dispose()

    assert "Sort Method: quicksort" in plan


def test_a_writer_of_postgresql_looks_rows_up_by_their_key_however_small_their_table_was(
    postgresql_url: str,
) -> None:
    database = Database(postgresql_url)
    with database.writer.connect() as connection:
        connection.exec_driver_sql(
            "INSERT INTO storefront_interactions (merchant_id, public_id, visitor, kind, assurance,"
            " surface, is_direct, occurred_at, recorded_at) SELECT 1, 'int_' || n, repeat('v', 26),"
            " 'view', 'signed', 'frame', false, now(), now() FROM generate_series(1, 150) AS n"
        )
        connection.exec_driver_sql("ANALYZE storefront_interactions")
        plan = connection.exec_driver_sql(
            "EXPLAIN SELECT 1 FROM storefront_interactions WHERE id = 1 FOR KEY SHARE"
        )
        told = "\n".join(plan.scalars())
    database.dispose()

    assert "Index" in told, told


def test_a_signal_follows_its_commit_and_never_a_rollback(database: Database) -> None:
    heard: list[tuple[object, str]] = []

    def hear(_sender: object, **data: str) -> None:
        heard.append((count(database), data["order"]))

    with order_paid.connected_to(hear):
        with pytest.raises(LookupError), database.begin() as session:
            fail(session, order_paid="ord_lost")
        with database.begin() as session:
            add(session)
            announce(session, "order_paid", order="ord_kept")
            early = list(heard)

    assert early == []
    assert heard == [(1, "ord_kept")]


def test_a_hosts_listener_that_fails_does_not_undo_a_sale(database: Database) -> None:
    heard: list[str] = []

    def stumble(_sender: object, **_: str) -> None:
        raise LookupError

    def hear(_sender: object, **data: str) -> None:
        heard.append(data["order"])

    with (
        order_paid.connected_to(stumble),
        order_paid.connected_to(hear),
        database.begin() as session,
    ):
        announce(session, "order_paid", order="ord_1")

    assert heard == ["ord_1"]


class Queue:
    """Threads that ask for one lock, each only when the one before it stands in line."""

    def __init__(self, lock: FairLock) -> None:
        self.lock = lock
        self.turns: list[int] = []
        self.threads: list[threading.Thread] = []

    def join(self, number: int) -> None:
        thread = threading.Thread(target=self._take, args=(number,))
        thread.start()
        self.threads.append(thread)
        for _ in range(PATIENCE * 1000):
            if len(self.lock._waiting) == number:
                return
            threading.Event().wait(0.001)

    def join_and_fail(self, number: int) -> None:
        self.join(number)
        raise LookupError

    def _take(self, number: int) -> None:
        with self.lock:
            self.turns.append(number)


def test_writers_get_their_turn_in_the_order_of_asking() -> None:
    queue = Queue(FairLock())
    with queue.lock:
        for number in range(1, 21):
            queue.join(number)
    for thread in queue.threads:
        thread.join(PATIENCE)

    assert queue.turns == list(range(1, 21))


def test_a_turn_that_ends_badly_is_handed_on() -> None:
    queue = Queue(FairLock())
    with pytest.raises(LookupError), queue.lock:
        queue.join_and_fail(1)
    queue.threads[0].join(PATIENCE)

    assert queue.turns == [1]
    with queue.lock:
        queue.turns.append(2)
    assert queue.turns == [1, 2]


def test_many_writers_at_once_all_write(database: Database) -> None:
    def write(number: int) -> None:
        with database.begin() as session:
            add(session, f"kind-{number}")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)

    assert count(database) == 24

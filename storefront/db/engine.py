"""Engines and transactions. SQLite gets its pragmas, BEGIN IMMEDIATE and writers that take turns
(`turns`); PostgreSQL is used as it comes. Nothing outside this module says commit."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, make_url
from sqlalchemy.pool import QueuePool

from storefront.db.bare import (
    BEGIN_READING,
    BEGIN_WRITING,
    begin_to_read,
    committing,
    in_one,
    lend,
)
from storefront.db.delaying import Delayed
from storefront.db.gathering import Gathering
from storefront.db.hot import insert_rows, insert_told
from storefront.db.late import late_session
from storefront.db.running import finish
from storefront.db.turns import Turns
from storefront.signals import send_pending

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import ModuleType

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from storefront.db.bare import Bare
    from storefront.db.base import Base
    from storefront.db.delaying import Note
    from storefront.db.late import LateSession

SAFE_SQLITE = (3, 51, 3)
"""Older SQLite in WAL mode can corrupt a database with several connections (fixed 2026-03)."""

BUSY_TIMEOUT_MS = 15_000
POOL_SIZE = 16

SORTED_IN_MEMORY = "16MB"
"""What PostgreSQL's readers may sort in memory. Only reports and exports come to more than the
4 MB that it has by itself, and then sort on the disk: a hundred thousand orders do."""


def sqlite_module() -> ModuleType:
    """Return the newest SQLite at hand: Python's own, or the pysqlite3 wheel's where newer."""
    if sqlite3.sqlite_version_info >= SAFE_SQLITE:
        return sqlite3
    try:
        import pysqlite3  # noqa: PLC0415 - only where Python's own SQLite is too old
    except ImportError:
        return sqlite3
    module: ModuleType = pysqlite3
    return module


class Database:
    """One database: `begin()` opens a write transaction, `reads()` a session that cannot write.

    Raises what SQLAlchemy raises; `web/errors.py` and the worker know which of it is passing.
    `on_delayed` is told what becomes of rows that `insert_soon` lets wait (db/delaying.py).
    """

    def __init__(
        self, url: str, *, synchronous: str = "FULL", delay: timedelta = timedelta(0)
    ) -> None:
        self.on_delayed: Note = lambda _outcome, _count: None
        self._delay = delay
        self._delayed: dict[type[Base], Delayed] = {}
        self._gatherings: dict[type[Base], Gathering] = {}
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        if self.is_sqlite:
            _make_folder(url)
            self.writer = _sqlite_engine(url, synchronous, is_writer=True)
            self.reader = _sqlite_engine(url, synchronous, is_writer=False)
            self._turns: Turns | None = Turns(make_url(url).database)
        else:
            self.writer = _postgresql_engine(url, is_writer=True)
            self.reader = _postgresql_engine(url, is_writer=False)
            self._turns = None

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Open a write transaction: commit when the block ends well, else roll back."""
        turn = nullcontext() if self._turns is None else self._turns.take()
        with turn, late_session(self.writer, BEGIN_WRITING if self.is_sqlite else None) as session:
            yield session
            _finish(session)
        send_pending(session)

    @contextmanager
    def at_once(self) -> Iterator[Bare]:
        """Open one hot statement that writes. On PostgreSQL that is a transaction of its own: it is
        durable when it returns, and BEGIN and COMMIT are spared. SQLite makes one of several."""
        if self._turns is None:
            with lend(self.writer) as bare, committing(bare):
                yield bare
        else:
            with self._turns.take(), lend(self.writer) as bare, in_one(bare):
                yield bare
        send_pending(bare)

    def insert(self, model: type[Base], row: Mapping[str, object]) -> int:
        """Insert a row and return its id once it is durable: in a transaction of its own, or in one
        with rows of this table that other threads insert at the same moment."""
        gathering = self._gatherings.get(model)
        if gathering is None:  # of two that are made at once, one is kept
            made = Gathering(partial(self._insert_told, model))
            gathering = self._gatherings.setdefault(model, made)
        return gathering.insert(row)

    def insert_soon(self, model: type[Base], row: Mapping[str, object]) -> int | None:
        """Insert a row once `delay` is over, with others that come meanwhile; return None. Without
        a delay, or where too many wait, do as `insert` does."""
        if self._delay:
            delayed = self._delayed.get(model)
            if delayed is None:
                write = partial(self._insert_all, model)
                made = Delayed(write, wait=self._delay, note=self.on_delayed)
                delayed = self._delayed.setdefault(model, made)
            if delayed.add(row):
                return None
        return self.insert(model, row)

    def _insert_all(self, model: type[Base], rows: Sequence[Mapping[str, object]]) -> None:
        with self.begin() as session:
            insert_rows(session, model, rows)

    def _insert_told(self, model: type[Base], rows: Sequence[Mapping[str, object]]) -> list[int]:
        with self.at_once() as bare:
            return insert_told(bare, model, rows)

    @contextmanager
    def glance(self) -> Iterator[Bare]:
        """Open hot statements that read. They see one state on SQLite; on PostgreSQL each sees
        what is committed by then."""
        with lend(self.reader) as bare:
            if self.is_sqlite:  # one lock for all of them, too
                begin_to_read(bare)
            yield bare

    @contextmanager
    def reads(self) -> Iterator[Session]:
        """Open a session that cannot write. It sees one state on SQLite; on PostgreSQL each
        statement sees what is committed by then."""
        with late_session(self.reader, BEGIN_READING if self.is_sqlite else None) as session:
            yield session

    def dispose(self) -> None:
        """Close every connection; needed before a fork and at the end of a test."""
        self.writer.dispose()
        self.reader.dispose()
        if self._turns is not None:
            self._turns.close()


def _finish(session: LateSession) -> None:
    """Write what is left to be written, and commit."""
    if not session.is_bare:
        session.connection()  # so that it takes part, though nobody may have used it yet
        session.commit()
        return
    finish(session.bare)


def _make_folder(url: str) -> None:
    file = make_url(url).database
    if file and file != ":memory:":
        Path(file).parent.mkdir(parents=True, exist_ok=True)


def _sqlite_engine(url: str, synchronous: str, *, is_writer: bool) -> Engine:
    engine = create_engine(
        url,
        module=sqlite_module(),
        poolclass=QueuePool,
        pool_size=1 if is_writer else POOL_SIZE,
        max_overflow=0 if is_writer else POOL_SIZE,
        hide_parameters=True,  # names and addresses are no part of a fault that is logged
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # SQLAlchemy says BEGIN, not the driver
        # SQLite's own knows the case of ASCII only, and would not find Ömer by ömer.
        connection.create_function("lower", 1, _lower, deterministic=True)
        for pragma in _pragmas(synchronous, is_writer=is_writer):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        if not connection.connection.dbapi_connection.in_transaction:  # as a late session's is
            connection.exec_driver_sql(str(BEGIN_WRITING if is_writer else BEGIN_READING))

    return engine


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _pragmas(synchronous: str, *, is_writer: bool) -> list[str]:
    pragmas = [
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        f"synchronous = {synchronous}",
        "foreign_keys = ON",
        "recursive_triggers = ON",  # else REPLACE would slip past append-only triggers
        "temp_store = MEMORY",
        "cache_size = -16000",
    ]
    return pragmas if is_writer else [*pragmas, "query_only = ON"]


def _postgresql_engine(url: str, *, is_writer: bool) -> Engine:
    options = "-c timezone=UTC -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
    to_driver: dict[str, Any] = {"connect_timeout": 10}
    more: dict[str, Any] = {}
    if is_writer:
        # Who writes looks single rows up, also by foreign keys. At the server's own price of 4, a
        # plan that is made while a table is small reads all of it, and is kept while it grows.
        options += " -c random_page_cost=1.1"
        # When psycopg rolls back and has prepared anything, it throws away all that is prepared,
        # and so what `pipe` has. Who only reads never rolls back.
        to_driver["prepare_threshold"] = None
    else:
        options += f" -c default_transaction_read_only=on -c work_mem={SORTED_IN_MEMORY}"
        # A BEGIN and a ROLLBACK around what is only read would be two more ways to the server, and
        # give nothing: READ COMMITTED looks anew with each statement.
        more = {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True}
    return create_engine(
        url,
        pool_size=POOL_SIZE,
        max_overflow=POOL_SIZE,
        pool_pre_ping=False,
        hide_parameters=True,
        connect_args={"options": options, **to_driver},
        **more,
    )

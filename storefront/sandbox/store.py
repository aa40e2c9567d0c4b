"""The sandbox's own SQLite: objects as JSON, and the tables of what is still to happen.

One connection under one lock: the sandbox is a single process, and its transactions are short.
WAL with `synchronous=NORMAL` survives a killed process, which is what the sandbox promises.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

Object = dict[str, Any]

_PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000", "temp_store=MEMORY")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    topic TEXT,
    created INTEGER NOT NULL,
    hidden TEXT,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (account, kind, seq);
CREATE INDEX IF NOT EXISTS objects_by_topic ON objects (account, kind, topic, seq);
CREATE TABLE IF NOT EXISTS answers (
    account TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    request_id TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    created REAL NOT NULL,
    PRIMARY KEY (account, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answers_by_age ON answers (created);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY,
    event TEXT NOT NULL,
    type TEXT NOT NULL,
    created REAL NOT NULL,
    next_at REAL,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_status INTEGER,
    last_error TEXT,
    delivered_at REAL
);
CREATE INDEX IF NOT EXISTS deliveries_waiting ON deliveries (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS deliveries_by_event ON deliveries (event);
CREATE TABLE IF NOT EXISTS timers (
    id INTEGER PRIMARY KEY,
    due REAL NOT NULL,
    account TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS mishaps (
    id INTEGER PRIMARY KEY,
    created REAL NOT NULL,
    what TEXT NOT NULL,
    subject TEXT NOT NULL
);
"""


class Transaction:
    """Reads and writes that belong together; `after_commit` runs once they are safe."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.execute = connection.execute
        self.after_commit: list[Callable[[], None]] = []

    def insert(
        self, account: str, body: Object, *, topic: str | None = None, hidden: str | None = None
    ) -> None:
        """Add an object; `topic` is what lists find it by, `hidden` what no answer shows."""
        self.execute(
            "INSERT INTO objects (id, account, kind, topic, created, hidden, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (body["id"], account, body["object"], topic, body["created"], hidden, _dump(body)),
        )

    def save(self, body: Object) -> None:
        """Write an object that is there already."""
        self.execute("UPDATE objects SET body = ? WHERE id = ?", (_dump(body), body["id"]))

    def find(self, account: str, kind: str, object_id: str) -> Object | None:
        """Return an account's object of that kind, or nothing."""
        row = self.execute(
            "SELECT body FROM objects WHERE id = ? AND account = ? AND kind = ?",
            (object_id, account, kind),
        ).fetchone()
        return None if row is None else _load(row[0])

    def hidden(self, object_id: str) -> str | None:
        """Return what is remembered beside an object and never shown."""
        row = self.execute("SELECT hidden FROM objects WHERE id = ?", (object_id,)).fetchone()
        return None if row is None else row[0]

    def account_of(self, object_id: str) -> str | None:
        """Return the account whose object this is, empty for the platform's own."""
        row = self.execute("SELECT account FROM objects WHERE id = ?", (object_id,)).fetchone()
        return None if row is None else row[0]

    def seq(self, account: str, kind: str, object_id: str) -> int | None:
        """Return an object's place in its list, or nothing."""
        row = self.execute(
            "SELECT seq FROM objects WHERE id = ? AND account = ? AND kind = ?",
            (object_id, account, kind),
        ).fetchone()
        return None if row is None else row[0]

    def select(self, where: str, values: Sequence[object], *, limit: int) -> list[Object]:
        """Return objects that match a condition with its order, as `lists.py` writes them."""
        rows = self.execute(f"SELECT body FROM objects WHERE {where} LIMIT ?", (*values, limit))  # noqa: S608 - no caller's text
        return [_load(row[0]) for row in rows]


class Store:
    """The database file of one sandbox."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        for pragma in _PRAGMAS:
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(_SCHEMA)

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Look at one unchanging moment."""
        with self._lock:
            yield Transaction(self._connection)

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """Write all or nothing."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            transaction = Transaction(self._connection)
            try:
                yield transaction
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
        for act in transaction.after_commit:
            act()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


def _dump(body: Object) -> str:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def _load(text: str) -> Object:
    body: Object = json.loads(text)
    return body

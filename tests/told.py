"""What drivers of databases are told, whoever tells them: hot statements go past SQLAlchemy, so its
events do not hear of them."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from psycopg import Connection, Cursor
from sqlalchemy import Engine, event

from storefront.db.engine import Database

VALUES = re.compile(r"x?'[^']*'|\b[0-9.]+\b")
BRACKETS = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "--")

Told = list[str]


@contextmanager
def counting(database: Database) -> Iterator[Told]:
    """Yield what the drivers are told from now on, without the brackets of transactions."""
    told: Told = []

    def note(statement: str) -> None:
        text = statement.strip()
        if not text.startswith(BRACKETS):
            told.append(text)

    def listen(connection: Any, *_: object) -> None:
        if not isinstance(connection, Connection):
            connection.set_trace_callback(note)

    engines: tuple[Engine, ...] = (database.writer, database.reader)
    database.dispose()
    for engine in engines:
        event.listen(engine, "connect", listen)
    try:
        with noting(note):
            yield told
    finally:
        for engine in engines:
            event.remove(engine, "connect", listen)


@contextmanager
def noting(note: Callable[[str], None]) -> Iterator[None]:
    """Have each statement noted that any cursor of psycopg's is told, of whatever class."""

    def noted(run: Callable[..., Any]) -> Callable[..., Any]:
        def execute(cursor: object, query: str | bytes, *args: Any, **named: Any) -> Any:
            note(query.decode() if isinstance(query, bytes) else query)
            return run(cursor, query, *args, **named)

        return execute

    with patch.multiple(
        Cursor, execute=noted(Cursor.execute), executemany=noted(Cursor.executemany)
    ):
        yield


def without_values(told: Told) -> Told:
    """Return what was told with a mark for each value, which SQLite's driver says."""
    return [VALUES.sub("?", each) for each in told]

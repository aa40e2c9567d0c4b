"""What drivers of databases are told, whoever tells them: hot statements go past SQLAlchemy, so its
events do not hear of them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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

    def note(statement: object) -> None:
        text = str(statement).strip()
        if not text.startswith(BRACKETS):
            told.append(text)

    class Counted(Cursor[Any]):
        def execute(self, query: Any, *args: Any, **named: Any) -> Any:
            note(query)
            return super().execute(query, *args, **named)

        def executemany(self, query: Any, *args: Any, **named: Any) -> Any:
            note(query)
            return super().executemany(query, *args, **named)

    def listen(connection: Any, *_: object) -> None:
        if isinstance(connection, Connection):
            connection.cursor_factory = Counted
        else:
            connection.set_trace_callback(note)

    engines: tuple[Engine, ...] = (database.writer, database.reader)
    database.dispose()
    for engine in engines:
        event.listen(engine, "connect", listen)
    try:
        yield told
    finally:
        for engine in engines:
            event.remove(engine, "connect", listen)


def without_values(told: Told) -> Told:
    """Return what was told with a mark for each value, which SQLite's driver says."""
    return [VALUES.sub("?", each) for each in told]

"""What databases are told, whoever tells them: hot statements go past SQLAlchemy, so its events do
not hear of them. SQLite's driver says it, and for PostgreSQL the protocol itself is read."""

import re
from collections import UserList
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO, Any

from psycopg import Connection, pq
from sqlalchemy import Engine, event

from storefront.db.engine import Database

VALUES = re.compile(r"x?'[^']*'|\b[0-9.]+\b")
BRACKETS = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "--")
SAID = re.compile(
    r"""^F\t\d+\t(?:
        Parse\t\ "(?P<name>\w*)"\ "(?P<prepared>.*?)"\ \d+(?:\ \d+)*$
        | Bind\t\ "\w*"\ "(?P<bound>\w*)"
        | Query\t\ "(?P<query>.*?)"$
        | (?P<end>Sync)
    )""",
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)


class Told(UserList[str]):
    """Statements as they were told so far, without the brackets of transactions unless these are
    asked for."""

    def __init__(self, *, with_brackets: bool) -> None:
        self.statements: list[str] = []
        self.traces: list[IO[str]] = []
        self.earlier = ""
        self._left_out = () if with_brackets else BRACKETS

    @property
    def data(self) -> list[str]:  # type: ignore[override]
        told = (each.strip() for each in (*self.statements, *_statements_in(self._traced)))
        return [each for each in told if not each.startswith(self._left_out)]

    @property
    def ways(self) -> int:
        """How often PostgreSQL was sent something and waited for."""
        return sum(bool(each["end"] or each["query"]) for each in SAID.finditer(self._traced))

    @property
    def _traced(self) -> str:
        return self.earlier + "".join(map(_text_of, self.traces))

    def close(self) -> None:
        """Keep what was traced, and close where it is traced to."""
        self.earlier = self._traced
        while self.traces:
            self.traces.pop().close()


def _text_of(trace: IO[str]) -> str:
    trace.seek(0)
    return trace.read()


def _statements_in(trace: str) -> Iterator[str]:
    names: dict[str, str] = {}
    for each in SAID.finditer(trace):
        if each["prepared"] is not None:
            names[each["name"]] = each["prepared"]
        elif each["bound"] is not None:
            yield names[each["bound"]]
        elif each["query"] is not None:
            yield each["query"]


@contextmanager
def counting(database: Database, *, with_brackets: bool = False) -> Iterator[Told]:
    """Yield what the database is told from now on."""
    told = Told(with_brackets=with_brackets)
    traced: list[Connection] = []

    def listen(connection: Any, *_: object) -> None:
        if isinstance(connection, Connection):
            trace = TemporaryFile("w+")  # noqa: SIM115 - `told` closes it
            told.traces.append(trace)
            traced.append(connection)
            connection.pgconn.trace(trace.fileno())
            connection.pgconn.set_trace_flags(pq.Trace.SUPPRESS_TIMESTAMPS)
        else:
            connection.set_trace_callback(told.statements.append)

    engines: tuple[Engine, ...] = (database.writer, database.reader)
    database.dispose()
    for engine in engines:
        event.listen(engine, "connect", listen)
    try:
        yield told
    finally:
        for engine in engines:
            event.remove(engine, "connect", listen)
        for each in traced:
            if not each.closed:
                each.pgconn.untrace()
        told.close()


def without_values(told: Iterable[str]) -> list[str]:
    """Return what was told with a mark for each value, which SQLite's driver says."""
    return [VALUES.sub("?", each) for each in told]

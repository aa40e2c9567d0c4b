"""A PostgreSQL database that tests use one after another. Making and dropping one and connecting to
it takes several times as long as most tests; deleting what a test wrote takes milliseconds."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, LiteralString

import psycopg
from psycopg import IsolationLevel, sql

USES = 30
"""After so many tests it is dropped: what they deleted still lies in it."""

_END_OTHERS = """
SELECT pid, pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> ALL(%(ours)s)
  AND (pid <> ALL(%(spared)s) OR state <> 'idle')
"""
# Whatever makes, changes or drops a table, a column, an index or a trigger writes rows of these.
_CATALOGUE = {
    "pg_class": "oid >= 16384",
    "pg_attribute": "attrelid >= 16384",
    "pg_constraint": "true",
    "pg_trigger": "true",
    "pg_proc": "oid >= 16384",
}
_TABLES = "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND oid >= 16384 ORDER BY 1"
_COUNT_ANEW = "SELECT count(setval(seqrelid::regclass, seqstart, false)) FROM pg_sequence"


class UsedAgain:
    """Empties a database between two tests, as long as nobody has changed more than rows."""

    def __init__(self, address: str) -> None:
        self._left = USES
        self._keeper = psycopg.connect(address, autocommit=True)
        # Neither append-only tables nor foreign keys are asked while rows are deleted.
        self._keeper.execute("SET session_replication_role = replica")
        # As long as somebody could still see the deleted rows, new ones come after them: a table is
        # read in the order in which it was written, as if it were new.
        self._witness = psycopg.connect(address)
        self._witness.isolation_level = IsolationLevel.REPEATABLE_READ
        self._witness.execute("SELECT 1")
        names = [name for (name,) in self._keeper.execute(_TABLES)]
        filled = self._ask(_that_have_rows(names))
        self._written = _that_have_rows([name for name in names if name not in filled])
        self._shape = _last_changes(_CATALOGUE | dict.fromkeys(filled, "true"))
        self._shape_at_first = self._ask(self._shape)

    def _ask(self, question: sql.Composed) -> list[Any]:
        row = self._keeper.execute(question).fetchone()
        assert row is not None
        return list(row[0])

    def empty(self, spared: set[int]) -> bool:
        """Delete what a test wrote and end its connections but `spared`, as far as those are idle;
        tell whether the database is as good as new."""
        self._left -= 1
        try:
            return self._left > 0 and self._is_emptied(spared)
        except psycopg.Error:
            return False

    def _is_emptied(self, spared: set[int]) -> bool:
        ours = [each.info.backend_pid for each in (self._keeper, self._witness)]
        others = {"ours": ours, "spared": list(spared)}
        ended = {pid for pid, _ in self._keeper.execute(_END_OTHERS, others)}
        self._witness.execute("SELECT 1")
        if ended & spared or self._ask(self._shape) != self._shape_at_first:
            return False
        for name in self._ask(self._written):
            self._keeper.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
        self._keeper.execute(_COUNT_ANEW)
        return True

    def close(self) -> None:
        """Close the connections that keep it."""
        for connection in (self._keeper, self._witness):
            with suppress(psycopg.Error):
                connection.close()


def _that_have_rows(tables: Iterable[str]) -> sql.Composed:
    """Return the question which of some tables have rows."""
    each = (
        sql.SQL("CASE WHEN EXISTS (SELECT FROM {}) THEN {} END").format(
            sql.Identifier(name), sql.Literal(name)
        )
        for name in tables
    )
    return sql.SQL("SELECT array_remove(ARRAY[{}], NULL)").format(sql.SQL(", ").join(each))


def _last_changes(tables: Mapping[str, LiteralString]) -> sql.Composed:
    """Return the question how many rows of some tables there are, and who has written last; for
    each table it is told which rows count."""
    each = (
        sql.SQL("(SELECT ARRAY[count(*), max(xmin::text::bigint)] FROM {} WHERE {})").format(
            sql.Identifier(name), sql.SQL(condition)
        )
        for name, condition in tables.items()
    )
    return sql.SQL("SELECT ARRAY[{}]").format(sql.SQL(", ").join(each))

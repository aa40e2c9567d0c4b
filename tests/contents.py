"""Everything that a test database holds, so that a refusal can be seen to have changed nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Table, TextClause, exists, func, select, text

from storefront.db.base import Base
from storefront.db.engine import Database

Contents = dict[str, list[tuple[Any, ...]]]

NEWS_OF_WORKERS = "storefront_moments"
"""When a worker was last seen is no business of a shopper's, and changes all the time."""

USES_OF_TOKENS = ("storefront_api_tokens", "used_at")
"""That a machine has called is noted now and then, whatever it was answered."""


def contents(database: Database, *, but: str | None = None) -> Contents:
    """Return every row of every table, but for those of one."""
    with database.reads() as session:
        connection = session.connection()
        filled = _with_rows(connection)
        return {
            name: [tuple(row) for row in connection.execute(_all_of(table))] if filled[name] else []
            for name, table in Base.metadata.tables.items()
            if name not in {NEWS_OF_WORKERS, but}
        }


def _with_rows(connection: Connection) -> dict[str, bool]:
    """Tell of each table whether it has rows: most have none, and to ask each for them was a
    quarter of all that these tests asked a database."""
    [answers] = connection.execute(_whether_there_are_rows())
    return dict(zip(Base.metadata.tables, map(bool, answers), strict=True))


@cache
def _whether_there_are_rows() -> TextClause:
    each = (exists().select_from(table) for table in Base.metadata.tables.values())
    return text(str(select(*each)))


@cache
def _all_of(table: Table) -> Select[Any]:
    columns = [each for each in table.c if (table.name, each.name) != USES_OF_TOKENS]
    return select(*columns).order_by(table.c.id)


def counts(database: Database) -> dict[str, int]:
    """Return how many rows each table has."""
    with database.reads() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
        }


@contextmanager
def nothing_changes(database: Database, *, but: str | None = None) -> Iterator[None]:
    """Fail unless the block leaves every row as it was, but for those of one table."""
    before = contents(database, but=but)
    yield
    assert before == contents(database, but=but)


def new_rows(before: Contents, after: Contents) -> dict[str, int]:
    """Return how many rows each table has won; tables that did not grow are left out."""
    grown = {name: len(rows) - len(before[name]) for name, rows in after.items()}
    return {name: more for name, more in grown.items() if more}

"""Rows that services wrote once, written again under other public ids: running the services takes
ten times as long. Knows how each engine writes a value, and no table."""

import pickle
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.orm import Session

from storefront.db.base import Base
from storefront.db.hot import is_sqlite
from storefront.db.ids import ALPHABET, PUBLIC_ID_LENGTH, public_id

PUBLIC_ID = re.compile(rf"(?<![a-z])([a-z]{{3}})_[{ALPHABET}]{{{PUBLIC_ID_LENGTH}}}(?![0-9a-z])")


@dataclass(frozen=True)
class _Copy:
    """What was written into an empty database, as statements, and what was returned for it."""

    is_taken: str
    statements: Sequence[str]
    returned: bytes


_copies: dict[tuple[bool, str], _Copy] = {}


def written_once(session: Session, what: str, write: Callable[[], Any]) -> Any:
    """Return what `write` returns, which is told apart from other things by `what`.

    The first time it writes; later, where its tables are as empty as they were, its rows are copied
    in its place, and public ids are new.
    """
    key, connection = (is_sqlite(session), what), session.connection()
    copy = _copies.get(key)
    if copy is not None:
        return _write_again(connection, copy) if not _ask(connection, copy.is_taken) else write()
    was_empty = not _ask(connection, _any_row_in(_tables()))
    returned = write()
    if was_empty:
        session.flush()
        _copies[key] = _copy_of(connection, returned)
    return returned


def _write_again(connection: Connection, copy: _Copy) -> Any:
    fresh: dict[str, str] = {}

    def renamed(found: re.Match[str]) -> str:
        return fresh.setdefault(found[0], public_id(found[1]))

    cursor = connection.connection.cursor()
    for statement in copy.statements:
        cursor.execute(PUBLIC_ID.sub(renamed, statement))
    cursor.close()
    # A name is as long as the one that it takes the place of, so pickle finds what it looks for.
    returned = PUBLIC_ID.sub(renamed, copy.returned.decode("latin-1")).encode("latin-1")
    return pickle.loads(returned)  # noqa: S301 - our own


def _copy_of(connection: Connection, returned: Any) -> _Copy:
    tables = [table for table in _tables() if _ask(connection, _any_row_in([table]))]
    if connection.dialect.name == "sqlite":
        statements = [row for table in tables for row in _rows_of(connection, table)]
    else:
        statements = [";".join(_all_rows_of(connection, table) for table in tables)]
    return _Copy(_any_row_in(tables), statements, pickle.dumps(returned))


@cache
def _tables() -> Sequence[Table]:
    """Return all tables, those that others point to first; to sort them takes milliseconds."""
    return Base.metadata.sorted_tables


def _rows_of(connection: Connection, table: Table) -> list[str]:
    """Return SQLite's statement for each row of a table."""
    names = [column.name for column in table.columns]
    values = " || ', ' || ".join(f"quote({name})" for name in names)
    insert = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ("
    query = f"SELECT '{insert}' || {values} || ')' FROM {table.name} ORDER BY rowid"
    return list(connection.exec_driver_sql(query).scalars())


def _all_rows_of(connection: Connection, table: Table) -> str:
    """Return PostgreSQL's statements for all rows of a table, and for the id of the next."""
    name, counter = table.name, f"{table.name}_id_seq"
    rows = _ask(connection, f"SELECT json_agg({name} ORDER BY id)::text FROM {name}")
    last = _ask(connection, f"SELECT last_value FROM {counter}")
    again = f"json_populate_recordset(NULL::{name}, $copy${rows}$copy$)"
    return f"INSERT INTO {name} SELECT * FROM {again}; SELECT setval('{counter}', {last})"


def _any_row_in(tables: Sequence[Table]) -> str:
    """Return the question whether any of some tables has a row."""
    return "SELECT " + " OR ".join(f"EXISTS (SELECT 1 FROM {each.name})" for each in tables)


def _ask(connection: Connection, question: str) -> Any:
    return connection.exec_driver_sql(question).scalar_one()

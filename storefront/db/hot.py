"""What hot paths read and write with: tables, not mapped classes, and statements that are built
once, with `bindparam` where values come in; `prepared` then runs them past SQLAlchemy. Building one
takes ten times as long as running it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import bindparam, insert

from storefront.db.bare import Bare
from storefront.db.foreseen import foreseen, keep_foreseen
from storefront.db.late import LateSession
from storefront.db.running import fetch, fetch_each, run_many, tell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Dialect, Executable, Insert, Row, Table
    from sqlalchemy.orm import Session

    from storefront.db.base import Base

    AnyRow = Row[*tuple[Any, ...]]
    Asked = tuple[Executable, Mapping[str, object]]


def table_of(model: type[Base]) -> Table:
    """Return the table of a mapped class."""
    return cast("Table", model.__table__)


def read(session: Session | Bare, statement: Executable, **values: object) -> Sequence[AnyRow]:
    """Return the rows that a statement finds, in the session's transaction, or that were foreseen.

    What the session has not written yet is written first, as it would be for a query.
    """
    known = foreseen(session, statement, values)
    if known is not None:
        return known
    return fetch(_line_of(session), statement, values)


def read_each(session: Session | Bare, *asked: Asked) -> Sequence[Sequence[AnyRow]]:
    """Return the rows that each of some statements finds. PostgreSQL is asked all at once; each
    sees what those before it have done."""
    line = _line_of(session)
    if isinstance(line, Bare) and not is_sqlite(line):
        return fetch_each(line, asked)
    return [fetch(line, statement, values) for statement, values in asked]


def ask_ahead(session: Session, *asked: Asked) -> None:
    """Let PostgreSQL be asked at once what a reading session will read one after another. SQLite is
    in the house, and is asked when somebody reads."""
    line = _line_of(session)
    if isinstance(line, Bare) and not is_sqlite(line):
        for each, rows in zip(asked, fetch_each(line, asked), strict=True):
            keep_foreseen(session, each, rows)


def is_sqlite(session: Session | Bare) -> bool:
    """Return whether it is SQLite that is spoken to."""
    return dialect_of(session).name == "sqlite"


def dialect_of(session: Session | Bare) -> Dialect:
    """Return which database is spoken to, as SQLAlchemy knows it."""
    if isinstance(session, LateSession):
        return session.bare.dialect
    return session.dialect if isinstance(session, Bare) else session.get_bind().dialect


def _line_of(session: Session | Bare) -> Connection | Bare:
    if isinstance(session, LateSession) and session.is_bare:
        return session.bare
    if isinstance(session, Bare):
        return session
    session.flush()
    return session.connection()


def run(session: Session | Bare, statement: Executable, **values: object) -> None:
    """Run a statement that changes rows and returns none. What it breaks is said here, or where the
    transaction is next asked for something or committed."""
    line = _line_of(session)
    if isinstance(line, Bare):
        tell(line, statement, values)
    else:
        fetch(line, statement, values)


def run_each(
    session: Session | Bare, statement: Executable, rows: Sequence[Mapping[str, object]]
) -> None:
    """Run a statement for each of some rows, at least one, that name the same values. What one of
    them breaks is said as by `run`."""
    line = _line_of(session)
    if isinstance(line, Bare) and len(rows) == 1:
        tell(line, statement, rows[0])
    else:
        run_many(line, statement, rows)


def read_one(session: Session | Bare, statement: Executable, **values: object) -> AnyRow | None:
    """Return the first row of what `read` finds, or None."""
    rows = read(session, statement, **values)
    return rows[0] if rows else None


def insert_row(session: Session | Bare, model: type[Base], **values: object) -> int:
    """Insert a row and return its id."""
    return int(fetch(_line_of(session), _insert_of(model), values)[0][0])


def insert_rows(session: Session, model: type[Base], rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows that name the same columns; none where there are none."""
    if rows:
        run_each(session, _insert_many_of(model), rows)


def insert_told(
    session: Session | Bare, model: type[Base], rows: Sequence[Mapping[str, object]]
) -> list[int]:
    """Insert rows that name the same columns, at least one, and return their ids in their order.
    PostgreSQL is told them in one statement; it numbers rows as they stand there."""
    if len(rows) == 1 or is_sqlite(session):
        return [insert_row(session, model, **row) for row in rows]
    values = {f"{name}_{n}": value for n, row in enumerate(rows) for name, value in row.items()}
    found = read(session, _insert_told_of(model, tuple(rows[0]), len(rows)), **values)
    return sorted(int(row.id) for row in found)


@cache
def _insert_told_of(model: type[Base], names: tuple[str, ...], count: int) -> Insert:
    table = table_of(model)
    told = [
        {name: bindparam(f"{name}_{n}", type_=table.c[name].type) for name in names}
        for n in range(count)
    ]
    return insert(table).values(told).returning(table.c.id)


@cache
def _insert_many_of(model: type[Base]) -> Insert:
    return insert(table_of(model))


@cache
def _insert_of(model: type[Base]) -> Insert:
    table = table_of(model)
    return insert(table).returning(table.c.id)

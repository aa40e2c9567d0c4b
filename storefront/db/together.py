"""Rows that belong together, written in one statement where the engine can: each way to PostgreSQL
takes as long as what is done there. SQLite is in the house, and is told row by row."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select, union_all

from storefront.db.hot import insert_row, insert_rows, is_sqlite, read, run, table_of
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Executable, Insert, Update
    from sqlalchemy.orm import Session

    from storefront.db.base import Base

    Rows = Sequence[Mapping[str, object]]
    Group = tuple[type[Base], Rows]
    Shape = tuple[tuple[type[Base], tuple[tuple[tuple[str, "FromId | None"], ...], ...]], ...]

SHAPES = 512
"""So many statements are kept: they differ in how many rows there are of each kind."""


@frozen
class FromId:
    """A value that is made of the first row's id: in Python, and by PostgreSQL."""

    python: Callable[[int], object]
    sql: Callable[[ColumnElement[int]], ColumnElement[Any]]


THE_ID = FromId(lambda row_id: row_id, lambda row_id: row_id)


def insert_groups(session: Session, groups: Iterable[Group]) -> None:
    """Insert rows of several tables that do not name each other; those of one table name the same
    columns."""
    there = [(model, rows) for model, rows in groups if rows]
    if is_sqlite(session):
        for model, rows in there:
            insert_rows(session, model, rows)
    elif there:
        run(session, _groups_of(_shape(there)), **_values(there))


def insert_family(
    session: Session, model: type[Base], groups: Iterable[Group], **values: object
) -> int:
    """Insert a row with these values, and others that name it by `FromId`s; return its id."""
    there = [(each, rows) for each, rows in groups if rows]
    if is_sqlite(session):
        row_id = insert_row(session, model, **values)
        for each, rows in there:
            insert_rows(session, each, [_with_id(row, row_id) for row in rows])
        return row_id
    statement = _family_of(model, tuple(values), _shape(there))
    own = {f"own_{name}": value for name, value in values.items()}
    return int(read(session, statement, **own, **_values(there))[0][0])


def run_both(session: Session, first: Update, second: Update, **values: object) -> None:
    """Run two statements that change rows of different tables, in no certain order."""
    if not is_sqlite(session):
        # Asked, not told: COMMIT is sent once it is done, so that of a web that was killed while it
        # waited nothing is written.
        read(session, _both_of(first, second), **values)
        return
    for statement in (first, second):
        run(session, statement, **{name: values[name] for name in _names_of(statement)})


def _with_id(row: Mapping[str, object], row_id: int) -> dict[str, object]:
    return {
        name: value.python(row_id) if isinstance(value, FromId) else value
        for name, value in row.items()
    }


def _shape(groups: Sequence[Group]) -> Shape:
    return tuple(
        (
            model,
            tuple(
                tuple(
                    (name, value if isinstance(value, FromId) else None)
                    for name, value in row.items()
                )
                for row in rows
            ),
        )
        for model, rows in groups
    )


def _values(groups: Sequence[Group]) -> dict[str, object]:
    return {
        _name(number, position, name): value
        for number, (_, rows) in enumerate(groups)
        for position, row in enumerate(rows)
        for name, value in row.items()
        if not isinstance(value, FromId)
    }


def _name(group: int, row: int, column: str) -> str:
    return f"of_{group}_{row}_{column}"


@lru_cache(SHAPES)
def _groups_of(shape: Shape) -> Executable:
    first, *others = _inserts(shape, None)
    return first.add_cte(*(each.cte(f"group_{n}") for n, each in enumerate(others)))


@lru_cache(SHAPES)
def _family_of(model: type[Base], columns: tuple[str, ...], shape: Shape) -> Executable:
    table = table_of(model)
    own = {name: bindparam(f"own_{name}", type_=table.c[name].type) for name in columns}
    first = insert(table).values(own).returning(table.c.id).cte("first")
    others = _inserts(shape, first.c.id)
    return select(first.c.id).add_cte(*(each.cte(f"group_{n}") for n, each in enumerate(others)))


def _inserts(shape: Shape, row_id: ColumnElement[int] | None) -> list[Insert]:
    """Return an INSERT for each table: its rows are SELECTs, so that they can name `row_id`."""
    inserts = []
    for number, (model, rows) in enumerate(shape):
        told = [
            select(*(_value(model, (number, position), each, row_id=row_id) for each in row))
            for position, row in enumerate(rows)
        ]
        columns = [name for name, _ in rows[0]]
        source = union_all(*told) if len(told) > 1 else told[0]
        inserts.append(insert(table_of(model)).from_select(columns, source, include_defaults=False))
    return inserts


def _value(
    model: type[Base],
    place: tuple[int, int],
    named: tuple[str, FromId | None],
    *,
    row_id: ColumnElement[int] | None,
) -> ColumnElement[Any]:
    name, made = named
    if made is not None and row_id is not None:
        return made.sql(row_id)
    return bindparam(_name(*place, name), type_=table_of(model).c[name].type)


@lru_cache(SHAPES)
def _names_of(statement: Update) -> tuple[str, ...]:
    """Return what a statement wants to be told."""
    return tuple(statement.compile().params)


@lru_cache(SHAPES)
def _both_of(first: Update, second: Update) -> Executable:
    return second.add_cte(first.cte("first"))

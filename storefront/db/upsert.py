"""Insert where a unique key may be taken: one statement, the same on both engines."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

from storefront.db.hot import dialect_of, read_one, run_each, table_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Executable
    from sqlalchemy.orm import Session

    from storefront.db.base import Base


def insert_for(session: Session, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """Return the engine's own INSERT, which knows what to do on conflict."""
    if dialect_of(session).name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def insert_if_new(session: Session, table: type[Base], **values: Any) -> int | None:
    """Insert a row and return its id, or None when a unique key already has such a row."""
    row = read_one(session, _insert_if_new(table, dialect_of(session).name), **values)
    return int(row[0]) if row else None


def insert_those_new(
    session: Session, table: type[Base], rows: Sequence[Mapping[str, object]]
) -> None:
    """Insert those of some rows of which no unique key is taken. They name the same columns."""
    if rows:
        run_each(session, _if_new(table, dialect_of(session).name), rows)


@cache
def _insert_if_new(model: type[Base], dialect: str) -> Executable:
    """Build the statement once: that takes longer than to run it."""
    return _built(model, dialect).returning(table_of(model).c.id)


@cache
def _if_new(model: type[Base], dialect: str) -> Executable:
    return _built(model, dialect)


def _built(model: type[Base], dialect: str) -> sqlite.Insert | postgresql.Insert:
    """Each caller's is its own: a copy of one that has run keeps what it knew of its columns."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table_of(model)).on_conflict_do_nothing()

"""Insert where a unique key may be taken: one statement, the same on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storefront.db.base import Base


def insert_for(session: Session, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """Return the engine's own INSERT, which knows what to do on conflict."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def insert_if_new(session: Session, table: type[Base], **values: Any) -> int | None:
    """Insert a row and return its id, or None when a unique key already has such a row."""
    insert = insert_for(session, table).values(**values)
    statement = insert.on_conflict_do_nothing().returning(table.id)
    return session.execute(statement).scalar()

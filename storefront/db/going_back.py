"""Downgrades that would lose the sense of a row: older schemas cannot hold everything. PostgreSQL
would refuse by itself when it comes to the constraint; SQLite, whose checks are changed in the text
of its schema, would not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection


class RowsInTheWayError(Exception):
    """Rows that an older schema cannot hold; nothing was changed."""


def refuse_rows(connection: Connection, table: str, condition: str) -> None:
    """Raise `RowsInTheWayError` where a table has rows of which this is true."""
    found = connection.scalar(
        text(f"SELECT count(*) FROM {table} WHERE {condition}")  # noqa: S608 - words of our own
    )
    if found:
        message = f"{found} rows of {table} do not fit into the older schema: {condition}"
        raise RowsInTheWayError(message)

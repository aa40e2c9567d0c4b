"""Append-only tables: triggers that refuse UPDATE and DELETE, the same on both engines.

Models register them for `create_all`, migrations call the same functions, and a batch migration
that rebuilds a SQLite table calls them again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import event, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table

FUNCTION = """
CREATE OR REPLACE FUNCTION storefront_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""


def append_only_sql(table: str, dialect: str) -> Iterator[str]:
    """Yield the statements that make `table` append-only on `dialect`."""
    if dialect == "postgresql":
        yield FUNCTION
        yield (
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION storefront_refuse_change()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        yield (
            f"CREATE TRIGGER {table}_append_only_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed'); END"
        )


def append_only(table: Table) -> None:
    """Make `create_all` add the triggers of an append-only table."""

    @event.listens_for(table, "after_create")
    def _add(target: Table, connection: Any, **_: object) -> None:
        for statement in append_only_sql(target.name, connection.dialect.name):
            connection.execute(text(statement.replace(":", "\\:")))

"""Append-only tables: triggers that refuse UPDATE and DELETE, the same on both engines. Where rows
may be forgotten one day, DELETE is refused until the table's row in storefront_moments allows it.

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

FORGETTING_FUNCTION = """
CREATE OR REPLACE FUNCTION storefront_refuse_early_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM storefront_moments
             WHERE name = TG_TABLE_NAME AND at > (to_jsonb(OLD) ->> TG_ARGV[0])::timestamptz) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'rows of % are kept', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
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


def forgettable_sql(table: str, dialect: str, *, dated_by: str) -> Iterator[str]:
    """Yield the statements that make an append-only `table` let go of rows whose `dated_by` lies
    before the moment of the table's name; without such a moment nothing goes."""
    if dialect == "postgresql":
        yield FORGETTING_FUNCTION
        yield f"DROP TRIGGER {table}_append_only ON {table}"
        yield (
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION storefront_refuse_change()"
        )
        yield (
            f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION storefront_refuse_early_delete('{dated_by}')"
        )
        return
    yield f"DROP TRIGGER {table}_append_only_delete"
    yield (
        f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} WHEN NOT EXISTS (SELECT 1 "  # noqa: S608 - names of our own
        f"FROM storefront_moments WHERE name = '{table}' AND at > OLD.{dated_by}) "
        f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are kept'); END"
    )


def unforgettable_sql(table: str, dialect: str) -> Iterator[str]:
    """Yield the statements that take `forgettable_sql` back: nothing of `table` ever goes."""
    if dialect == "postgresql":
        yield f"DROP TRIGGER {table}_kept ON {table}"
        yield f"DROP TRIGGER {table}_append_only ON {table}"
        yield "DROP FUNCTION storefront_refuse_early_delete()"
    else:
        yield f"DROP TRIGGER {table}_kept"
        yield f"DROP TRIGGER {table}_append_only_update"
    yield from append_only_sql(table, dialect)


def append_only(table: Table, *, dated_by: str | None = None) -> None:
    """Make `create_all` add the triggers of an append-only table; with `dated_by`, of one whose
    old rows may be forgotten."""

    @event.listens_for(table, "after_create")
    def _add(target: Table, connection: Any, **_: object) -> None:
        dialect = connection.dialect.name
        statements = list(append_only_sql(target.name, dialect))
        if dated_by is not None:
            statements += forgettable_sql(target.name, dialect, dated_by=dated_by)
        for statement in statements:
            connection.execute(text(statement.replace(":", "\\:")))

"""Migrations and models build the same schema on both engines: columns, keys, checks, triggers."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, inspect, text

from storefront.db.base import Base
from storefront.db.engine import Database
from storefront.db.schema import VERSION_TABLE
from tests.house.test_models import tables

Schema = dict[str, Any]

TRIGGERS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": (
        "SELECT tgname, pg_get_triggerdef(t.oid) || ' ' || p.prosrc FROM pg_trigger t "
        "JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT tgisinternal"
    ),
}


def describe(engine: Engine) -> Schema:
    """Read back what the database itself says of its schema."""
    inspector = inspect(engine)
    schema: Schema = {
        name: {
            "columns": _sorted(map(_column, inspector.get_columns(name))),
            "primary key": inspector.get_pk_constraint(name),
            "foreign keys": _sorted(inspector.get_foreign_keys(name)),
            "unique": _sorted(inspector.get_unique_constraints(name)),
            "checks": _sorted(inspector.get_check_constraints(name)),
            "indexes": _sorted(inspector.get_indexes(name)),
        }
        for name in sorted(inspector.get_table_names())
        if name != VERSION_TABLE
    }
    with engine.connect() as connection:
        rows = connection.execute(text(TRIGGERS[engine.dialect.name]))
        schema["triggers"] = {name: " ".join(sql.split()) for name, sql in rows}
    return schema


def _column(column: Any) -> dict[str, Any]:
    """Write the type as SQL; the order of columns is nobody's promise."""
    return {**column, "type": str(column["type"])}


def _sorted(parts: Any) -> list[str]:
    return sorted(re.sub(r"\s+", " ", repr(sorted(dict(part).items()))) for part in parts)


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """Open a database the way the shop does, and close it."""
    database = Database(url)
    yield database.writer
    database.dispose()


@contextmanager
def empty(url: str) -> Iterator[Engine]:
    """Take everything out of a test's database."""
    with opened(url) as engine:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("DROP SCHEMA public CASCADE"))
                connection.execute(text("CREATE SCHEMA public"))
        if engine.dialect.name == "sqlite":
            engine.dispose()
            engine = create_engine("sqlite://")  # noqa: PLW2901
        yield engine
        engine.dispose()


@pytest.fixture
def migrated(engine_url: str) -> Schema:
    with opened(engine_url) as engine:
        return describe(engine)


@pytest.fixture
def modelled(engine_url: str, migrated: Schema) -> Schema:
    assert migrated["triggers"] is not None  # read before the database is emptied
    tables()
    with empty(engine_url) as engine:
        Base.metadata.create_all(engine)
        return describe(engine)


def test_migrations_and_models_build_the_same_schema(migrated: Schema, modelled: Schema) -> None:
    assert migrated == modelled


def test_there_is_a_schema_to_compare(migrated: Schema) -> None:
    assert len(migrated) > len(["triggers"])
    assert migrated["triggers"] != {}
    assert any(table["checks"] for name, table in migrated.items() if name != "triggers")


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE stray (id INTEGER PRIMARY KEY)",
        "CREATE INDEX stray ON {table} (id)",
        "ALTER TABLE {table} ADD COLUMN stray INTEGER CHECK (stray > 0)",
        "DROP TRIGGER {trigger}",
    ],
)
def test_a_planted_difference_is_seen(engine_url: str, migrated: Schema, change: str) -> None:
    with opened(engine_url) as engine:
        trigger = min(migrated["triggers"])
        table = next(name for name in migrated if name != "triggers")
        if engine.dialect.name == "postgresql":
            trigger = f"{trigger} ON {trigger.removesuffix('_append_only')}"
        with engine.begin() as connection:
            connection.execute(text(change.format(table=table, trigger=trigger)))

        assert describe(engine) != migrated

"""Migrations and models build the same schema on both engines: columns, keys, checks, triggers."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Inspector, inspect, text

from storefront.db.base import Base
from storefront.db.engine import Database
from storefront.db.schema import VERSION_TABLE
from tests.house.test_models import tables

Schema = dict[str, list[str]]

TRIGGERS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": (
        "SELECT tgname, pg_get_triggerdef(t.oid) || ' ' || p.prosrc FROM pg_trigger t "
        "JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT tgisinternal"
    ),
}


def describe(engine: Engine) -> Schema:
    """Read back what the database itself says of its schema, part by part."""
    inspector = inspect(engine)
    schema = {
        f"{name}: {part}": content
        for name in inspector.get_table_names()
        if name != VERSION_TABLE
        for part, content in _parts(inspector, name).items()
    }
    with engine.connect() as connection:
        rows = connection.execute(text(TRIGGERS[engine.dialect.name]))
        triggers = {f"trigger {name}": [" ".join(sql.split())] for name, sql in rows}
    return schema | triggers


def _parts(inspector: Inspector, table: str) -> Schema:
    return {
        "columns": _written(inspector.get_columns(table)),
        "primary key": _written([inspector.get_pk_constraint(table)]),
        "foreign keys": _written(inspector.get_foreign_keys(table)),
        "unique": _written(inspector.get_unique_constraints(table)),
        "checks": _written(inspector.get_check_constraints(table)),
        "indexes": _written(inspector.get_indexes(table)),
    }


def _written(facts: Iterable[Any]) -> list[str]:
    """Write facts as text that compares: types and conditions as SQL, in no order."""
    return sorted(_write(fact) for fact in facts)


def _write(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={_write(value[key])}" for key in sorted(value))
    return " ".join(str(value).split())


def differences(first: Schema, second: Schema) -> list[str]:
    """Name the parts in which two schemas differ, and how."""
    return [
        f"{part}: {first.get(part)} is not {second.get(part)}"
        for part in sorted(first.keys() | second.keys())
        if first.get(part) != second.get(part)
    ]


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """Open a database the way the shop does, and close it."""
    database = Database(url)
    yield database.writer
    database.dispose()


def migrated(url: str) -> Schema:
    """Describe a database of the tests, which are all migrated."""
    with opened(url) as engine:
        return describe(engine)


def modelled(url: str) -> Schema:
    """Describe what the models alone build in a database that is emptied first."""
    tables()
    with opened(url) as engine:
        _empty(engine)
        Base.metadata.create_all(engine)
        return describe(engine)


def _empty(engine: Engine) -> None:
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        return
    engine.dispose()
    path = Path(engine.url.database or "")
    path.unlink()
    for rest in path.parent.glob(f"{path.name}-*"):
        rest.unlink()


def test_migrations_and_models_build_the_same_schema(engine_url: str) -> None:
    by_migrations = migrated(engine_url)
    by_models = modelled(engine_url)

    assert differences(by_migrations, by_models) == []


def test_tables_checks_conditions_and_triggers_are_all_read(engine_url: str) -> None:
    parts = migrated(engine_url)
    filled = {part.rpartition(": ")[2] for part, content in parts.items() if content}

    assert {"columns", "primary key", "foreign keys", "unique", "checks", "indexes"} <= filled
    assert any(part.startswith("trigger ") for part in parts)


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE stray (id INTEGER PRIMARY KEY)",
        "CREATE INDEX stray ON {table} (id)",
        "ALTER TABLE {table} ADD COLUMN stray INTEGER CHECK (stray > 0)",
        "DROP TRIGGER {trigger}",
    ],
)
def test_a_planted_difference_is_seen(engine_url: str, change: str) -> None:
    before = migrated(engine_url)
    table = next(iter(before)).partition(":")[0]
    trigger = min(part for part in before if part.startswith("trigger ")).removeprefix("trigger ")
    with opened(engine_url) as engine, engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            trigger = f"{trigger} ON {trigger.removesuffix('_append_only')}"
        connection.execute(text(change.format(table=table, trigger=trigger)))

    assert len(differences(before, migrated(engine_url))) > 0

"""Bring a database's schema up to date with the migrations that ship with the package.

Alembic is loaded when it is needed: no process that sells has to wait for it at its start."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from storefront.paths import MIGRATIONS

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection, Engine

VERSION_TABLE = "storefront_alembic_version"


def _config(engine: Engine) -> Config:
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["engine"] = engine
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run every migration up to `revision`."""
    from alembic import command  # noqa: PLC0415

    command.upgrade(_config(engine), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Undo migrations down to `revision`; "base" leaves no table of ours."""
    from alembic import command  # noqa: PLC0415

    command.downgrade(_config(engine), revision)


def is_current(engine: Engine) -> bool:
    """Return whether the database has every migration that this package knows."""
    with engine.connect() as connection:
        return is_current_on(connection)


def is_current_on(connection: Connection) -> bool:
    """Return the same, asked on an open connection."""
    from alembic.migration import MigrationContext  # noqa: PLC0415

    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision() == _head()


@cache
def _head() -> str | None:
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return ScriptDirectory(str(MIGRATIONS)).get_current_head()

"""`storefront db`: the database's schema, brought up to date. Alone it needs no application."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from storefront.commands import Commands
from storefront.db import schema
from storefront.db.engine import Database

if TYPE_CHECKING:
    from collections.abc import Callable

    from storefront.settings import Settings


def db_command(database: Callable[[], Database]) -> click.Group:
    """Return the commands for a database, which is opened when one is run."""
    group = Commands("db", help="Look after the database's schema.")

    @group.command("upgrade")
    def upgrade() -> None:
        """Bring the schema up to date."""
        schema.upgrade(database().writer)
        click.echo("The database is up to date.")

    return group


def open_database(settings: Settings) -> Database:
    """Open the database that settings name."""
    return Database(settings.database_url, synchronous=settings.sqlite_synchronous)

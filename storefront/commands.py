"""Groups of commands: one that says what ails the database, one that is made when it is asked for.
The commands themselves are in `cli.py` and beside it."""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy.exc import DBAPIError

from storefront.services.ailments import Ailment, ailment

if TYPE_CHECKING:
    from collections.abc import Callable

WHAT_AILS = {
    Ailment.BEHIND: "A migration has not run: begin with `db upgrade`.",
    Ailment.FULL: "The database cannot write: make room, or look at the disk.",
    Ailment.BUSY: "The database is locked or away: `doctor` says more.",
}


class Commands(click.Group):
    """Commands that say in one line what ails the database."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run what is asked for."""
        try:
            return super().invoke(ctx)
        except DBAPIError as error:
            found = ailment(error)
            if found is None:
                raise
            raise click.ClickException(WHAT_AILS[found]) from error


class Later(click.Group):
    """A group that `make` returns when it is first asked for: a web process, which never asks, need
    not load what commands need."""

    def __init__(self, name: str, make: Callable[[], click.Group]) -> None:
        super().__init__(name, help="Run and look after the storefront.")
        self._make = make

    @cached_property
    def _made(self) -> click.Group:
        return self._make()

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands."""
        return self._made.list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command."""
        return self._made.get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run what is asked for."""
        return self._made.invoke(ctx)


def is_asked_for_doctor() -> bool:
    """Return whether this process is a command line that ends in "doctor"."""
    return click.get_current_context(silent=True) is not None and sys.argv[-1:] == ["doctor"]

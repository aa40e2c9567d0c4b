"""Copies of a database in use. SQLite is copied here; PostgreSQL has a tool of its own."""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING

from sqlalchemy import make_url

from storefront.db.engine import BUSY_TIMEOUT_MS, sqlite_module

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType


class DamagedCopyError(RuntimeError):
    """The copy did not pass SQLite's own examination."""


def copy_sqlite(url: str, target: Path) -> None:
    """Copy a SQLite database, as it is at one moment, to the new file `target`.

    Whoever writes meanwhile is not held up. The copy is one file and is on the disk when this
    returns. Raises `DamagedCopyError`.
    """
    sqlite = sqlite_module()
    partial = target.with_suffix(".part")
    _copy(sqlite, str(make_url(url).database), partial)
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(target)


def _copy(sqlite: ModuleType, source: str, target: Path) -> None:
    with (
        closing(sqlite.connect(source, timeout=BUSY_TIMEOUT_MS / 1000)) as original,
        closing(sqlite.connect(str(target))) as copy,
    ):
        original.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file: nothing is left in a WAL
        [verdict] = copy.execute("PRAGMA integrity_check").fetchone()
    if verdict != "ok":
        raise DamagedCopyError(verdict)


def dump_command(url: str, target: Path) -> str:
    """Return the command line that copies a PostgreSQL database, without the password.

    All of it: what is named table by table lacks the functions behind our triggers.
    """
    plain = make_url(url)._replace(drivername="postgresql", password=None)
    return f"pg_dump --format=custom --file={target} '{plain.render_as_string()}'"

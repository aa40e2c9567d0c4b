"""What an error of the database means for whoever waits: full, behind, busy, or a fault of ours."""

from __future__ import annotations

from enum import Enum

from sqlalchemy.exc import DBAPIError, OperationalError

LACKING = ("no such table", "no such column", "has no column named")
LACKING_STATES = {"42P01", "42703"}
FULL = ("is full", "no space left", "disk i/o error", "readonly database")
"""A quota and a file system that has become read-only are not called full by SQLite."""

FULL_STATES = {"53100", "58030"}


class Ailment(Enum):
    """What passes, once somebody has seen to it; each value is what callers are told."""

    FULL = "storage_full"
    """Nothing can be written: there is no room, or the disk does not take it."""

    BEHIND = "being_updated"
    """A migration has not run: `storefront db upgrade` is needed."""

    BUSY = "busy"
    """Locked, or away for the moment."""


def ailment(error: Exception) -> Ailment | None:
    """Return what the database suffers from; None when it is a fault that no waiting mends."""
    if not isinstance(error, DBAPIError):
        return None
    words, state = str(error.orig).lower(), getattr(error.orig, "sqlstate", None)
    if state in LACKING_STATES or any(each in words for each in LACKING):
        return Ailment.BEHIND
    if state in FULL_STATES or any(each in words for each in FULL):
        return Ailment.FULL
    is_passing = isinstance(error, OperationalError) or "deadlock" in words
    return Ailment.BUSY if is_passing else None

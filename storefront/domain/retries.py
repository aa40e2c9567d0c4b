"""When to try again, and when to stop."""

from __future__ import annotations

from datetime import datetime, timedelta

DELAYS = tuple(
    timedelta(seconds=seconds) for seconds in (2, 10, 30, 120, 600, 1800, 3600, 7200, 14400, 28800)
)
"""The pause after each failed attempt; after the last of them the job is given up."""

MOST_ATTEMPTS = len(DELAYS) + 1


def next_try(attempts: int, now: datetime) -> datetime | None:
    """Return when attempt number `attempts` + 1 is due, or None when enough were made."""
    if attempts >= MOST_ATTEMPTS:
        return None
    return now + DELAYS[attempts - 1]

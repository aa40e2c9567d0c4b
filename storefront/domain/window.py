"""Windows of time: half-open, kept as UTC moments, typed by a merchant as a wall clock in a zone.
What is true within a window is not said here."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from storefront.errors import Invalid
from storefront.values import frozen

DAY = timedelta(days=1)


@frozen
class Window:
    """From `starts_at` on and until, but not at, `ends_at`; None leaves a side open."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def is_before(self, now: datetime) -> bool:
        """Return whether the window is still to come."""
        return self.starts_at is not None and now < self.starts_at

    def is_over(self, now: datetime) -> bool:
        """Return whether the window has passed."""
        return self.ends_at is not None and now >= self.ends_at

    def contains(self, now: datetime) -> bool:
        """Return whether `now` lies within."""
        return not self.is_before(now) and not self.is_over(now)


@frozen
class Typed:
    """What a merchant typed, `at` the moment that it means. It `is_moved` when the clocks skip
    the time that was typed, and `is_twice` when they show it two times."""

    at: datetime
    is_moved: bool = False
    is_twice: bool = False


def start_of(text: str, zone: str, *, field: str = "starts_at") -> Typed:
    """Return when a start such as 2026-05-31 or 2026-05-31T18:00 is; a date begins at midnight.

    Of two such times the first counts. Raises `Invalid` invalid_moment.
    """
    return _resolve(_read(text, field), ZoneInfo(zone), is_last=False)


def end_of(text: str, zone: str, *, field: str = "ends_at") -> Typed:
    """Return when an end such as 2026-05-31 or 2026-05-31T18:00 is; a date ends with its day.

    Of two such times the last counts. Raises `Invalid` invalid_moment.
    """
    read = _read(text, field)
    if _is_time(text):
        return _resolve(read, ZoneInfo(zone), is_last=True)
    # A day is over when the next one begins, even where that day's first hour comes twice.
    return _resolve(read + DAY, ZoneInfo(zone), is_last=False)


def _read(text: str, field: str) -> datetime:
    try:
        if _is_time(text):
            read = datetime.strptime(text, "%Y-%m-%dT%H:%M")  # noqa: DTZ007 - a wall clock
        else:
            day = date.fromisoformat(text)
            read = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall clock
    except ValueError:
        raise Invalid("invalid_moment", field=field) from None
    if not 2000 <= read.year < 9000:  # noqa: PLR2004 - room for zones on both sides
        raise Invalid("invalid_moment", field=field)
    return read


def _is_time(text: str) -> bool:
    return "T" in text


def _resolve(wall: datetime, zone: ZoneInfo, *, is_last: bool) -> Typed:
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    last = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first == last:
        return Typed(first)
    if first.astimezone(zone).replace(tzinfo=None) != wall:
        # Before the gap the clock was earlier by its length, so this lies after it.
        return Typed(first, is_moved=True)
    return Typed(last if is_last else first, is_twice=True)

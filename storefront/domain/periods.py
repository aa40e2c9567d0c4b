"""Stretches of whole days in a merchant's zone, and the same stretch before. A day has 23, 24 or 25
hours; it begins at its midnight, or at the first moment after one that the clocks skip."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from storefront.errors import Invalid
from storefront.values import frozen

DAY = timedelta(days=1)
LONGEST = 3 * 366
MOST_DAYS_SHOWN = 62
"""A longer stretch is drawn by the month."""


class Preset(StrEnum):
    """Stretches that end today, or lie behind."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    WEEK = "7"
    MONTH = "30"
    QUARTER = "90"
    THIS_MONTH = "month"
    LAST_MONTH = "last_month"
    YEAR = "365"


@frozen
class Step:
    """A part of a period that is drawn as one: its first day, and the moments `[start, end)`."""

    first: date
    starts_at: datetime
    ends_at: datetime


@frozen
class Period:
    """From the first day to the last one, both included, in a zone."""

    first: date
    last: date
    zone: str

    def __post_init__(self) -> None:
        if not 0 <= (self.last - self.first).days < LONGEST:
            raise Invalid("invalid_period", field="until")

    @property
    def length(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    @property
    def starts_at(self) -> datetime:
        """The moment at which it begins."""
        return midnight(self.first, self.zone)

    @property
    def ends_at(self) -> datetime:
        """The moment at which it is over."""
        return midnight(self.last + DAY, self.zone)

    @property
    def before(self) -> Period:
        """As many days directly before it; before a whole month, the month before."""
        end = self.first - DAY
        if self.first.day == 1 and (self.last + DAY).day == 1 and self.length <= 31:  # noqa: PLR2004
            return Period(end.replace(day=1), end, self.zone)
        return Period(end - timedelta(days=self.length - 1), end, self.zone)

    @property
    def is_by_month(self) -> bool:
        """Whether it is drawn by the month."""
        return self.length > MOST_DAYS_SHOWN

    @property
    def steps(self) -> tuple[Step, ...]:
        """The days that it is made of, or the months of a long one."""
        firsts = [self.first + timedelta(days=day) for day in range(self.length)]
        if self.is_by_month:
            firsts = [day for day in firsts if day.day == 1 or day == self.first]
        ends = [*firsts[1:], self.last + DAY]
        return tuple(
            Step(first, midnight(first, self.zone), midnight(end, self.zone))
            for first, end in zip(firsts, ends, strict=True)
        )


def midnight(day: date, zone: str) -> datetime:
    """Return the moment in UTC at which a day begins in a zone."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """Return the day on which a moment lies in a zone."""
    return moment.astimezone(zone).date()


def preset_period(preset: Preset, now: datetime, zone: str) -> Period:
    """Return the period that a preset means at a moment."""
    today = day_of(now, ZoneInfo(zone))
    if preset == Preset.TODAY:
        return Period(today, today, zone)
    if preset == Preset.YESTERDAY:
        return Period(today - DAY, today - DAY, zone)
    if preset == Preset.THIS_MONTH:
        return Period(today.replace(day=1), today, zone)
    if preset == Preset.LAST_MONTH:
        end = today.replace(day=1) - DAY
        return Period(end.replace(day=1), end, zone)
    return Period(today - timedelta(days=int(preset) - 1), today, zone)

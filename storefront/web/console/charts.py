"""Geometry of the report's pictures, in the units of their SVG. Colours are the style sheet's;
the numbers stand in a table beside each picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from storefront.domain.money import Money
    from storefront.services.reporting.report import Bar
    from storefront.services.reporting.report_names import Name
    from storefront.services.reporting.report_rows import ReportRow

WIDTH, HEIGHT = 720, 200
GAP = 0.25
"""Of a column's width."""


@frozen
class Column:
    """A day: a bar from `y` down (or up, below zero), `former` the height of the day before."""

    x: float
    width: float
    y: float
    height: float
    former: float
    is_below: bool
    first: date


@frozen
class Columns:
    """Bars side by side over (and under) the line of zero at `zero`."""

    width: int
    height: int
    zero: float
    most: int
    bars: tuple[Column, ...]

    @property
    def labelled(self) -> tuple[Column, ...]:
        """The first one, the one in the middle and the last: as many days as fit a phone."""
        last = len(self.bars) - 1
        places = {0, last, *([last // 2] if last % 2 == 0 else [])}
        return tuple(self.bars[place] for place in sorted(places))

    @property
    def path(self) -> str:
        """The period before as one line, from middle to middle."""
        points = [f"{bar.x + bar.width / 2:.1f} {bar.former:.1f}" for bar in self.bars]
        return "M" + " L".join(points)


@frozen
class Pair:
    """One name with two bars, in parts of a hundred of the longest."""

    name: Name
    last: Money
    linear: Money
    last_part: float
    linear_part: float


def columns(bars: Sequence[Bar]) -> Columns:
    """Lay the days of a period out side by side."""
    minors = [minor for bar in bars for minor in (bar.net.minor, bar.before.minor)]
    top, bottom = max(1, *minors), min(0, *minors)
    unit, zero = HEIGHT / (top - bottom), HEIGHT * top / (top - bottom)
    step = WIDTH / len(bars)
    return Columns(
        WIDTH,
        HEIGHT,
        round(zero, 1),
        top,
        tuple(
            Column(
                x=round(step * (index + GAP / 2), 1),
                width=round(step * (1 - GAP), 1),
                y=round(zero - unit * max(0, bar.net.minor), 1),
                height=round(unit * abs(bar.net.minor), 1),
                former=round(zero - unit * bar.before.minor, 1),
                is_below=bar.net.minor < 0,
                first=bar.step.first,
            )
            for index, bar in enumerate(bars)
        ),
    )


def pairs(rows: Sequence[ReportRow]) -> tuple[Pair, ...]:
    """Lay the rows' money under both models out one below the other."""
    longest = max((max(row.net.minor, row.net_linear.minor) for row in rows), default=0)
    return tuple(
        Pair(
            row.name,
            row.net,
            row.net_linear,
            _part(row.net.minor, longest),
            _part(row.net_linear.minor, longest),
        )
        for row in rows
        if row.net.minor or row.net_linear.minor
    )


def _part(minor: int, longest: int) -> float:
    return round(100 * max(0, minor) / longest, 1) if longest else 0.0

"""Geometry of the report's pictures: what is more is taller, and what is below zero hangs down."""

from datetime import date
from itertools import pairwise

from storefront.domain.money import Money
from storefront.domain.periods import Period
from storefront.services.reporting.report import Bar
from storefront.services.reporting.report_names import Name
from storefront.services.reporting.report_rows import ReportRow
from storefront.web.console.charts import HEIGHT, WIDTH, columns, pairs


def bars(*minors: int, before: int = 0) -> list[Bar]:
    steps = Period(date(2026, 3, 1), date(2026, 3, len(minors)), "UTC").steps
    return [
        Bar(step, 1, Money(minor, "USD"), Money(before, "USD"))
        for step, minor in zip(steps, minors, strict=True)
    ]


def row(name: str, last: int, linear: int) -> ReportRow:
    return ReportRow(
        Name("row", name), 0, 0, 0, 0, Money(last, "USD"), Money(linear, "USD"), Money(0, "USD")
    )


def test_the_tallest_bar_fills_the_picture_and_half_of_it_is_half_as_tall() -> None:
    chart = columns(bars(200, 100, 0))

    assert [HEIGHT, HEIGHT / 2, 0] == [bar.height for bar in chart.bars]
    assert chart.zero == HEIGHT


def test_what_is_below_zero_hangs_under_the_line() -> None:
    chart = columns(bars(300, -100))

    assert (150, 50) == (chart.zero, chart.bars[1].height)
    assert [False, True] == [bar.is_below for bar in chart.bars]


def test_bars_lie_side_by_side_within_the_picture() -> None:
    chart = columns(bars(1, 2, 3))

    assert all(one.x + one.width < two.x for one, two in pairwise(chart.bars))
    assert chart.bars[-1].x + chart.bars[-1].width <= WIDTH


def test_nothing_at_all_is_drawn_flat() -> None:
    chart = columns(bars(0, 0))

    assert [0, 0] == [bar.height for bar in chart.bars]


def test_only_a_day_in_the_very_middle_is_named_there() -> None:
    assert [1, 2, 3] == [bar.first.day for bar in columns(bars(1, 1, 1)).labelled]
    assert [1, 4] == [bar.first.day for bar in columns(bars(1, 1, 1, 1)).labelled]
    assert [1] == [bar.first.day for bar in columns(bars(1)).labelled]


def test_pairs_share_one_scale_and_leave_out_what_brought_nothing() -> None:
    found = pairs([row("Blog", 400, 200), row("Chirp", -50, 100), row("Shop", 0, 0)])

    assert [("Blog", 100.0, 50.0), ("Chirp", 0.0, 25.0)] == [
        (pair.name.text, pair.last_part, pair.linear_part) for pair in found
    ]

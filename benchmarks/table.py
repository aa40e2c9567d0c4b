"""The README's table of figures: a row for each, between two marks. It shows what was measured, and
what must hold; nothing is worked out here but the layout."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.goals import FIGURES, TIMES, Figure, Goal
from benchmarks.rounds import MACHINE

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- figures -->\n", "<!-- /figures -->\n"
HEAD = (
    "| | What | Must (aim) | SQLite | PostgreSQL | Steps | What bounds it now |\n"
    "|---|---|---|---|---|---|---|\n"
)
NONE = "\N{EN DASH}"
MARKS = {True: "", False: " ✗", None: ""}

Results = Mapping[str, Any]


def write(results: Results, readme: Path = README) -> None:
    """Put the table into the README in place of the one that is there."""
    text = readme.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        message = f"{readme.name} has no place for the table"
        raise ValueError(message)
    readme.write_text(f"{before}{BEGIN}{table(results)}{END}{after}", encoding="utf-8")


def table(results: Results) -> str:
    """Return the table: a row for each figure that was measured."""
    rows = [_row(key, FIGURES[key], results[key]) for key in FIGURES if key in results]
    return HEAD + "".join(rows)


def _row(key: str, figure: Figure, result: Mapping[str, Any]) -> str:
    measured = result["measured"]
    shared = _cell(figure, measured, MACHINE)
    cells = [
        key,
        figure.title,
        "<br>".join(filter(None, map(_asked, figure.goals))),
        shared or _cell(figure, measured, "sqlite") or NONE,
        shared or _cell(figure, measured, "postgresql") or NONE,
        figure.steps,
        figure.bound,
    ]
    return f"| {' | '.join(cells)} |\n"


def _asked(goal: Goal) -> str:
    if goal.must is None or goal.aim is None:
        return ""
    sign = "≥" if goal.is_least else "≤"
    return f"{goal.name} {sign} {_amount(goal.must, goal)} ({_amount(goal.aim, goal)})"


def _cell(figure: Figure, measured: Mapping[str, Any], engine: str) -> str:
    lines = [
        _shown(goal, measured[goal.name][engine])
        for goal in figure.goals
        if engine in measured.get(goal.name, {})
    ]
    return "<br>".join(lines)


def _shown(goal: Goal, value: Mapping[str, float]) -> str:
    median = _amount(value["median"], goal)
    around = f" [{value['min']} to {value['max']}]" if value["min"] != value["max"] else ""
    return f"{goal.name} **{median}**{around}{MARKS[goal.is_met(value['median'])]}"


def _amount(value: float, goal: Goal) -> str:
    number = f"{value:,}" if value == int(value) else str(value)
    space = "" if goal.unit in {TIMES, "/s", ""} else " "
    return f"{number}{space}{goal.unit}"

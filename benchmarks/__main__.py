"""`python -m benchmarks [F1 F6 …]`: measure, print, write results.json and the README's table."""

import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from benchmarks import table
from benchmarks.goals import FIGURES
from benchmarks.rounds import FULL, SHORT, Found, Sizes, spread
from benchmarks.serving import machine

RESULTS = Path(__file__).with_name("results.json")
ON_REQUEST = ("F14",)
"""Measured only when named: it wants the machine for itself, for many minutes."""


@click.command()
@click.argument("figures", nargs=-1, type=click.Choice(list(FIGURES)))
@click.option("--short", is_flag=True, help="Try the measuring itself: small, quick, not written.")
@click.option("--suite-minutes", type=float, help="Note a time of `make test` as F14.")
def main(figures: Sequence[str], *, short: bool, suite_minutes: float | None) -> None:
    """Measure FIGURES such as F1 F6, or all of them but F14, and write them down."""
    wanted = figures or [key for key in FIGURES if key not in ON_REQUEST]
    if suite_minutes is not None:
        wanted = figures
    found = measure(wanted, SHORT if short else FULL)
    if suite_minutes is not None:
        found["F14"] = Found()
        found["F14"].add("machine", {"time": suite_minutes})
    results = {key: told(key, found[key]) for key in FIGURES if key in found}
    click.echo(table.table(results))
    if not short:
        keep(results)


def measure(wanted: Sequence[str], sizes: Sizes) -> dict[str, Found]:
    """Run the module of each figure once; some measure two."""
    found: dict[str, Found] = {}
    for module in dict.fromkeys(FIGURES[key].module for key in wanted):
        click.echo(f"{datetime.now(UTC):%H:%M:%S} {module} …", err=True)
        with machine() as host:
            found |= import_module(f"benchmarks.{module}").run(host, sizes)
    return found


def told(key: str, found: Found) -> dict[str, Any]:
    """Return what is written down of a figure."""
    figure = FIGURES[key]
    measured: dict[str, Any] = {}
    for goal in figure.goals:
        asked = {"must": goal.must, "aim": goal.aim} if goal.must is not None else {}
        engines = {
            engine: spread(values)
            for (name, engine), values in found.values.items()
            if name == goal.name
        }
        measured[goal.name] = {"unit": goal.unit, **asked, **engines}
    return {
        "what": figure.title,
        "steps": figure.steps,
        "bound": figure.bound,
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "measured": measured,
    }


def keep(results: Mapping[str, Any]) -> None:
    """Write what was measured now beside what was measured before."""
    earlier = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    together = {**earlier, **results, "machine": described()}
    ordered = {key: together[key] for key in ("machine", *FIGURES) if key in together}
    RESULTS.write_text(json.dumps(ordered, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    table.write(ordered)


def described() -> dict[str, Any]:
    """Say on what was measured."""
    return {
        "processors": os.cpu_count(),
        "kind": platform.machine(),
        "python": platform.python_version(),
        "load": [round(load, 1) for load in os.getloadavg()],
    }


if __name__ == "__main__":
    sys.exit(main())

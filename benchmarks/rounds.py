"""How much is measured, and how what was measured is summed up."""

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

ENGINES = ("sqlite", "postgresql")
MACHINE = "machine"
"""Stands for an engine where a number has nothing to do with one."""


@dataclass(frozen=True)
class Sizes:
    """How often and how long is measured. `warm_up` requests go first; `history` and `sold` are
    rows for the reports."""

    rounds: int = 5
    seconds: float = 3.0
    requests: int = 500
    warm_up: int = 500
    history: int = 10_000_000
    sold: int = 100_000


FULL = Sizes()
SHORT = Sizes(rounds=1, seconds=0.3, requests=24, warm_up=24, history=20_000, sold=500)


@dataclass
class Found:
    """What the rounds of a figure have shown, by the name of its goal and by engine."""

    values: defaultdict[tuple[str, str], list[float]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, engine: str, values: Mapping[str, float]) -> None:
        """Add one round's values by the names of their goals."""
        for name, value in values.items():
            self.values[name, engine].append(value)


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return median, lowest and highest of the rounds."""
    return {
        "median": tidy(statistics.median(values)),
        "min": tidy(min(values)),
        "max": tidy(max(values)),
    }


def tidy(value: float) -> float:
    """Return a number with three digits that mean something, whole ones as they are."""
    if value == int(value) or abs(value) >= 1000:  # noqa: PLR2004
        return int(value)
    return float(f"{value:.3g}")


def percentile(times: Sequence[float], part: float) -> float:
    """Return the time that so large a part of all stayed within."""
    ranked = sorted(times)
    return ranked[min(len(ranked) - 1, int(part * len(ranked)))]

"""What was true a moment ago, kept in each process for those who may act on it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

V = TypeVar("V")

SECONDS = 5.0
MOST = 1_000


class Lately(Generic[V]):
    """Values by a name of each, for five seconds. Once there are too many, all are forgotten: what
    is asked for often is back at once."""

    def __init__(self, *, most: int = MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._known: dict[str, tuple[float, V]] = {}

    def find(self, name: str) -> V | None:
        """Return what was kept under this name a moment ago."""
        kept_at, value = self._known.get(name, (-SECONDS, None))
        return value if self._clock() < kept_at + SECONDS else None

    def keep(self, name: str, value: V) -> None:
        """Keep a value from now on."""
        if len(self._known) >= self._most:
            self._known.clear()
        self._known[name] = self._clock(), value

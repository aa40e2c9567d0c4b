"""Which items fall due when; threads wait here for the next one. Kept in memory only."""

from __future__ import annotations

import heapq
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Schedule:
    """A queue by time. What is in it must also stand in the database."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int]] = []
        self._changed = threading.Condition()
        self._closed = False

    def add(self, due: float, item: int) -> None:
        """Let a waiting thread have the item once it is due."""
        with self._changed:
            heapq.heappush(self._heap, (due, item))
            self._changed.notify()

    def take(self) -> int | None:
        """Wait for the next item that is due; nothing once the schedule is closed."""
        with self._changed:
            while not self._closed:
                wait = self._heap[0][0] - self._clock() if self._heap else None
                if wait is not None and wait <= 0:
                    self._changed.notify()  # what is left is for the next thread to look at
                    return heapq.heappop(self._heap)[1]
                self._changed.wait(wait)
        return None

    def close(self) -> None:
        """Send every waiting thread home."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

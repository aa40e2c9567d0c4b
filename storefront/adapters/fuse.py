"""A fuse in a line to somebody else's machine: when it is silent, callers are spared the wait.
Knows nothing of what is asked."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Fuse:
    """After a silence nobody asks for `pause` seconds; then one asks, and tells for the others.

    `longest` is how long an answer can take: until then others wait for what that one finds.
    """

    def __init__(
        self, *, pause: float, longest: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pause = pause
        self._longest = longest
        self._clock = clock
        self._guard = threading.Lock()
        self._again_at: float | None = None

    def lets_pass(self) -> bool:
        """Return whether the caller may ask now; whoever does must `note` how it went."""
        with self._guard:
            if self._again_at is None:
                return True
            if self._clock() < self._again_at:
                return False
            self._again_at = self._clock() + self._longest
            return True

    def note(self, *, is_silent: bool) -> None:
        """Say whether there was an answer, be it a bad one, or silence."""
        with self._guard:
            self._again_at = self._clock() + self._pause if is_silent else None

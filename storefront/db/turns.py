"""Whose turn it is to write to a SQLite file. A courtesy: SQLite's own lock decides, and whoever
cannot queue goes straight to it. Its busy handler sleeps longer and longer, and who comes meanwhile
goes first; here nobody overtakes."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if sys.platform != "win32":  # which has no such locks, and so no queue between processes
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator

TURN, DOOR = 0, 1
"""The bytes of the file: who holds the first may write, who holds the second comes next."""

PATIENCE_SECONDS = 5.0
"""Who has waited so long goes to SQLite's own lock: the holder may have been stopped."""

PAUSE_SECONDS = 0.0005


class FairLock:
    """A lock that is handed on in the order of asking, so that no writer starves."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._is_taken = False

    def __enter__(self) -> None:
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()

    def __exit__(self, *_: object) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False


class Turns:
    """The turns at one file, among the threads of this process and among processes.

    Between processes one stands at the door and the rest behind it. Whoever has just written finds
    the door taken, so the one who stands there comes next, however late it looks. The locks are the
    system's, which takes them back from a process that dies.
    """

    def __init__(self, database: str | None, *, patience: float = PATIENCE_SECONDS) -> None:
        self._patience = patience
        self._threads = FairLock()
        self._path = _beside(database)
        self._file: int | None = None

    @contextmanager
    def take(self) -> Iterator[None]:
        """Wait for the turn, for other processes within `patience` seconds, and hold it."""
        with self._threads, ExitStack() as held:
            file = self._open()
            if file is not None:
                until = time.monotonic() + self._patience
                with ExitStack() as door:
                    if _lock(file, DOOR, until=until, held=door):
                        _lock(file, TURN, until=until, held=held)
            yield

    def close(self) -> None:
        """Close the file; the next turn opens it again."""
        with self._threads:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _open(self) -> int | None:
        """Return the file, opened; None where there can be none."""
        if self._file is None and self._path is not None:
            try:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            except OSError:
                self._path = None
        return self._file


def _beside(database: str | None) -> Path | None:
    """Return where the queue of a database lies; None where it is no file, or none can queue."""
    if not database or database == ":memory:" or database.startswith("file:"):
        return None
    if sys.platform == "win32":
        return None
    return Path(f"{database}-turn")


def _lock(file: int, byte: int, *, until: float, held: ExitStack) -> bool:
    """Lock a byte until `held` ends; False where that cannot be, or not in time.

    It looks again and again, for a wait that the system does could not be bounded. That is fair
    all the same: at the door there is one only.
    """
    while True:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
        except (BlockingIOError, PermissionError):  # EAGAIN or EACCES, as the system likes
            if time.monotonic() >= until:
                return False
            time.sleep(PAUSE_SECONDS)
        except OSError:
            return False
        else:
            held.callback(fcntl.lockf, file, fcntl.LOCK_UN, 1, byte)
            return True

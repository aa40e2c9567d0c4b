"""Rows that are written a moment after they were given, many in one transaction. What a process has
not written yet goes with it when it is killed; one that ends writes it first. No table is known
here."""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import TYPE_CHECKING

from storefront.db.gathering import OF_ONE_ROW

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import timedelta

    Row = Mapping[str, object]
    Note = Callable[[str, int], None]

log = logging.getLogger("storefront.db")

MOST = 10_000
"""So many rows wait; whoever brings one more writes it and waits for that."""

PAUSE_SECONDS = 0.5
"""So long after a fault of the database it is tried again."""


class Delayed:
    """Rows of a table that wait for `wait`, and are then given to `write`, which inserts them in a
    transaction of its own. A thread does it, which is there only while there are rows: it needs no
    start and no stop, and no process forks with it by intention.

    `note` is told how many rows were "written", are to be tried "again", were "lost", or were
    refused because too many wait ("at_once").
    """

    def __init__(
        self,
        write: Callable[[Sequence[Row]], object],
        *,
        wait: timedelta,
        most: int = MOST,
        note: Note = lambda _outcome, _count: None,
    ) -> None:
        self._write = write
        self._note = note
        self._wait = wait.total_seconds()
        self._most = most
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._guard = threading.Lock()
        self._rows: list[Row] = []
        self._is_running = False

    def add(self, row: Row) -> bool:
        """Take a row to be written soon; return False where too many wait."""
        if self._process != os.getpid():  # what waited in the process before a fork waits there
            self._begin()
        with self._guard:
            if len(self._rows) >= self._most:
                self._note("at_once", 1)
                return False
            if not self._is_running:
                # No daemon: the interpreter waits for it, and so for the rows, before it ends.
                threading.Thread(target=self._run, name="delayed rows", daemon=False).start()
                self._is_running = True
            self._rows.append(row)
        return True

    def _run(self) -> None:
        pause = self._wait
        while True:
            time.sleep(pause)
            with self._guard:
                rows, self._rows = self._rows, []
            left = self._write_all(rows)
            with self._guard:
                self._rows[:0] = left
                if not self._rows:
                    self._is_running = False
                    return
            pause = PAUSE_SECONDS if left else self._wait

    def _write_all(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Write rows, and return those that are to be tried again."""
        try:
            self._write(rows)
        except OF_ONE_ROW as error:
            if len(rows) == 1:
                log.error("a delayed row breaks a rule and is lost: %s", error.orig)  # noqa: TRY400
                self._note("lost", 1)
                return ()
            return [each for row in rows for each in self._write_all((row,))]
        except Exception:
            if threading.main_thread().is_alive():
                log.exception("the database takes no rows: %s wait", len(rows))
                self._note("again", len(rows))
                return rows
            log.exception("%s delayed rows are lost: the process ends", len(rows))
            self._note("lost", len(rows))
        else:
            self._note("written", len(rows))
        return ()

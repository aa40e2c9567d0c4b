"""Rows that threads insert at the same moment, in one transaction: each waits until its own is
durable, and a disk or a server is asked once for all of them. No table is known here."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sqlalchemy.exc import DataError, IntegrityError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Row = Mapping[str, object]
    Write = Callable[[Sequence[Row]], Sequence[int]]

MOST = 100
"""So many rows go in one transaction, so that nobody waits long for it."""

OF_ONE_ROW = (IntegrityError, DataError)
"""Faults that are a row's own: what it is written with is written without it."""


class _Waiting:
    """A row that somebody waits for, and what became of it."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.row_id: int | None = None
        self.fault: Exception | None = None

    @property
    def is_done(self) -> bool:
        return self.row_id is not None or self.fault is not None


class Gathering:
    """A queue before a table. Whoever comes while nobody writes, writes for all who wait.

    `write` inserts rows in a transaction of their own and returns their ids.
    """

    def __init__(self, write: Write) -> None:
        self._write = write
        self._guard = threading.Lock()
        self._turn = threading.Lock()
        self._waiting: list[_Waiting] = []

    @property
    def waiting(self) -> int:
        """How many rows wait behind the ones that are being written."""
        return len(self._waiting)

    def insert(self, row: Row) -> int:
        """Return the row's id once it is written. Raises what `write` does."""
        mine = _Waiting(row)
        self._put_back((mine,))
        with self._turn:
            while not mine.is_done:
                batch = self._take()
                try:
                    self._settle(batch)
                finally:  # nobody waits in vain for a thread that was stopped in the middle
                    self._put_back(each for each in batch if not each.is_done and each is not mine)
        if mine.row_id is None:
            raise mine.fault or AssertionError
        return mine.row_id

    def _put_back(self, some: Iterable[_Waiting]) -> None:
        with self._guard:
            self._waiting.extend(some)

    def _take(self) -> Sequence[_Waiting]:
        with self._guard:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        return batch

    def _settle(self, batch: Sequence[_Waiting]) -> None:
        try:
            ids = self._write([each.row for each in batch])
        except Exception as error:  # noqa: BLE001 - it is raised to those who wait
            if len(batch) > 1 and isinstance(error, OF_ONE_ROW):
                for each in batch:
                    self._settle((each,))
                return
            for each in batch:
                each.fault = error
        else:
            for each, row_id in zip(batch, ids, strict=True):
                each.row_id = row_id

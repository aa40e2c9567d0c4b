"""What happens by itself after a while, such as a payment that settles. Kept in the database."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storefront.sandbox.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Callable

    from storefront.sandbox.store import Store, Transaction

    Ring = Callable[[Transaction, "Timer"], None]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Timer:
    """An action that is due on an object of an account."""

    account: str
    action: str
    object_id: str


class Timers:
    """The timers of one sandbox; what they do when they ring is the business of `ring`."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._schedule = Schedule(clock)

    def set(
        self, tx: Transaction, action: str, object_id: str, *, account: str, due: float
    ) -> None:
        """Let an action happen to an object at that moment."""
        row = tx.execute(
            "INSERT INTO timers (due, account, action, object) VALUES (?, ?, ?, ?)",
            (due, account, action, object_id),
        )
        timer = row.lastrowid or 0
        tx.after_commit.append(lambda: self._schedule.add(due, timer))

    def start(self, ring: Ring) -> None:
        """Take up what is waiting, and begin."""
        with self._store.reading() as tx:
            waiting = tx.execute("SELECT due, id FROM timers").fetchall()
        for due, timer in waiting:
            self._schedule.add(due, timer)
        threading.Thread(target=self._run, args=(ring,), name="timers", daemon=True).start()

    def stop(self) -> None:
        """Ring no more."""
        self._schedule.close()

    def _run(self, ring: Ring) -> None:
        while (timer := self._schedule.take()) is not None:
            try:
                self._ring(timer, ring)
            except Exception:  # noqa: BLE001 - the thread must live on
                _log.exception("timer %s failed", timer)

    def _ring(self, timer: int, ring: Ring) -> None:
        with self._store.writing() as tx:
            row = tx.execute(
                "DELETE FROM timers WHERE id = ? RETURNING account, action, object", (timer,)
            ).fetchone()
            if row is not None:
                ring(tx, Timer(*row))

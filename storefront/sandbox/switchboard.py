"""The switchboard: which faults are switched on now, and a record of each that came about."""

from __future__ import annotations

import random
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from storefront.sandbox.faults import ApiFault, Faults
    from storefront.sandbox.store import Object, Store, Transaction

_LISTED = "created, what, subject"


class Switchboard:
    """The faults of one sandbox. They last until changed, or until it starts again."""

    def __init__(self, store: Store, usual: Faults, clock: Callable[[], float]) -> None:
        self._store = store
        self._usual = usual
        self._clock = clock
        self._changed = threading.Condition()
        self.switch(usual)

    @property
    def faults(self) -> Faults:
        """Return what is switched on."""
        return self._faults

    def switch(self, faults: Faults) -> None:
        """Let these faults, and no others, come about from now on; whatever hangs is let go."""
        with self._changed:
            self._faults = faults
            self._chance = random.Random(faults.seed)  # noqa: S311 - a game of chance, no secret
            self._left = [fault.times for fault in faults.api]
            self._changed.notify_all()

    def reset(self) -> None:
        """Go back to what the sandbox was started with."""
        self.switch(self._usual)

    def dues(self, tx: Transaction, event: Object, *, now: float) -> list[float]:
        """Return the moments at which an event is to be delivered: none when it is lost."""
        plan = self._faults.webhooks
        if self._draws(plan.lose):
            self._record(tx, "lost", event["type"])
            return []
        due = now
        if self._draws(plan.delay):
            due += plan.delay_seconds
            self._record(tx, "delayed", event["type"])
        if self._draws(plan.reorder):
            due += self._between(plan.reorder_seconds)
            self._record(tx, "reordered", event["type"])
        copies = plan.copies if self._draws(plan.duplicate) else 0
        if copies:
            self._record(tx, "duplicated", event["type"])
        return [due] * (1 + copies)

    def draw(self, method: str, path: str) -> ApiFault | None:
        """Return what goes wrong with this request, and count it; mostly nothing."""
        with self._changed:
            found = next(
                (
                    number
                    for number, fault in enumerate(self._faults.api)
                    if fault.fits(method, path) and self._is_left(number) and self._hits(fault)
                ),
                None,
            )
            if found is None:
                return None
            self._left[found] -= 1
            fault = self._faults.api[found]
        with self._store.writing() as tx:
            self._record(tx, fault.kind, f"{method} {path}")
        return fault

    def wait(self, seconds: float) -> None:
        """Wait so long, or until the faults are switched."""
        with self._changed:
            self._changed.wait(seconds)

    def tally(self) -> dict[str, int]:
        """Count what has come about, by kind."""
        with self._store.reading() as tx:
            rows = tx.execute("SELECT what, count(*) FROM mishaps GROUP BY what").fetchall()
        return dict(rows)

    def mishaps(self, *, limit: int) -> list[Object]:
        """Return the newest of what has come about."""
        with self._store.reading() as tx:
            rows = tx.execute(
                f"SELECT {_LISTED} FROM mishaps ORDER BY id DESC LIMIT ?",  # noqa: S608 - a constant
                (limit,),
            ).fetchall()
        return [dict(zip(_LISTED.split(", "), row, strict=True)) for row in rows]

    def _is_left(self, number: int) -> bool:
        return self._faults.api[number].times == 0 or self._left[number] > 0

    def _hits(self, fault: ApiFault) -> bool:
        return self._chance.random() < fault.chance

    def _draws(self, chance: float) -> bool:
        with self._changed:
            return chance > 0 and self._chance.random() < chance

    def _between(self, seconds: float) -> float:
        with self._changed:
            return self._chance.uniform(0, seconds)

    def _record(self, tx: Transaction, what: str, subject: str) -> None:
        tx.execute(
            "INSERT INTO mishaps (created, what, subject) VALUES (?, ?, ?)",
            (self._clock(), what, subject),
        )

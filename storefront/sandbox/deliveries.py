"""Webhook deliveries: promised in the transaction of their event, tried until a 2xx comes back.

They stand in the database, so a killed sandbox takes them up again.
"""

from __future__ import annotations

import http.client
import json
import logging
import threading
import time
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from storefront.sandbox.schedule import Schedule
from storefront.sandbox.signatures import sign

if TYPE_CHECKING:
    from collections.abc import Callable

    from storefront.sandbox.config import SandboxConfig
    from storefront.sandbox.store import Object, Store, Transaction
    from storefront.sandbox.switchboard import Switchboard

_log = logging.getLogger(__name__)
# Seconds until the next try. Together three days, as in Stripe's live mode.
WAITS = (1, 3, 10, 60, 300, 1_800, 7_200, *(21_600,) * 3, *(43_200,) * 4, 12_226)
_LOOK_AGAIN_SECONDS = 0.02
_LISTED = "id, event, type, created, next_at, attempts, last_status, last_error, delivered_at"


class Deliveries:
    """The webhook deliveries of one sandbox, and the threads that make them."""

    def __init__(
        self,
        store: Store,
        config: SandboxConfig,
        clock: Callable[[], float],
        *,
        switchboard: Switchboard,
    ) -> None:
        self._store = store
        self._config = config
        self._switchboard = switchboard
        self._clock = clock
        self._schedule = Schedule(clock)
        self._busy: set[int] = set()
        self._busy_lock = threading.Lock()

    def promise(self, tx: Transaction, event: Object, *, now: float) -> None:
        """Write a delivery beside its event; it is tried as soon as both are committed.

        Faults that are switched on make it none, several, or later; without an address to send
        events to there is none either.
        """
        if not self._config.webhook_url:
            return
        for due in self._switchboard.dues(tx, event, now=now):
            row = tx.execute(
                "INSERT INTO deliveries (event, type, created, next_at) VALUES (?, ?, ?, ?)",
                (event["id"], event["type"], now, due),
            )
            tx.after_commit.append(partial(self._schedule.add, due, row.lastrowid or 0))

    def start(self) -> None:
        """Take up what is pending, and begin."""
        self._take_up()
        for number in range(self._config.delivery_workers):
            threading.Thread(
                target=self._run, name=f"webhook-delivery-{number}", daemon=True
            ).start()

    def stop(self) -> None:
        """Begin no further delivery."""
        self._schedule.close()

    def flush(self) -> int:
        """Make every delivery that has not arrived due at once; return how many."""
        with self._store.writing() as tx:
            changed = tx.execute(
                "UPDATE deliveries SET next_at = ? WHERE delivered_at IS NULL", (self._clock(),)
            ).rowcount
        self._take_up()
        return changed

    def wait_for_none(self, seconds: float) -> int:
        """Wait so long until nothing is left to deliver; return how many still are."""
        deadline = time.monotonic() + seconds
        while (pending := self.pending()) and time.monotonic() < deadline:
            time.sleep(_LOOK_AGAIN_SECONDS)
        return pending

    def listing(self, *, limit: int) -> list[Object]:
        """Return the newest deliveries, pending or not."""
        with self._store.reading() as tx:
            rows = tx.execute(
                f"SELECT {_LISTED} FROM deliveries ORDER BY id DESC LIMIT ?",  # noqa: S608 - a constant
                (limit,),
            ).fetchall()
        return [dict(zip(_LISTED.split(", "), row, strict=True)) for row in rows]

    def pending(self) -> int:
        """Count the deliveries that have not arrived."""
        with self._store.reading() as tx:
            row = tx.execute(
                "SELECT count(*) FROM deliveries WHERE delivered_at IS NULL"
            ).fetchone()
        return int(row[0])

    def _take_up(self) -> None:
        with self._store.reading() as tx:
            rows = tx.execute(
                "SELECT next_at, id FROM deliveries WHERE next_at IS NOT NULL"
            ).fetchall()
        for due, delivery in rows:
            self._schedule.add(due, delivery)

    def _run(self) -> None:
        while (delivery := self._schedule.take()) is not None:
            if not self._claim(delivery):
                continue
            try:
                self._try(delivery)
            except Exception:  # noqa: BLE001 - the thread must live on
                _log.exception("delivery %s failed", delivery)
            finally:
                self._busy.discard(delivery)

    def _claim(self, delivery: int) -> bool:
        # After a flush an item may stand in the schedule twice.
        with self._busy_lock:
            if delivery in self._busy:
                return False
            self._busy.add(delivery)
            return True

    def _try(self, delivery: int) -> None:
        with self._store.reading() as tx:
            row = tx.execute(
                "SELECT d.attempts, o.body FROM deliveries d JOIN objects o ON o.id = d.event"
                " WHERE d.id = ? AND d.next_at <= ?",
                (delivery, self._clock()),
            ).fetchone()
        if row is None:
            return
        attempts, body = row
        status, error = self._post(body)
        self._record(delivery, attempts=attempts + 1, status=status, error=error)

    def _post(self, body: str) -> tuple[int | None, str | None]:
        # Spaced as no serialiser does it by itself: whoever verifies anything but the raw bytes
        # shall notice. (`indent` would do the same, ten times slower.)
        raw = json.dumps(json.loads(body), separators=(",\n  ", ": ")).encode()
        target = urlsplit(self._config.webhook_url or "")
        kind = (
            http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
        )
        connection = kind(target.netloc, timeout=self._config.delivery_timeout)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Stripe-Signature": sign(
                raw, secret=self._config.webhook_secret, timestamp=int(self._clock())
            ),
        }
        try:
            connection.request("POST", _path(target.path, target.query), raw, headers)
            return connection.getresponse().status, None
        except (OSError, http.client.HTTPException) as fault:
            return None, f"{type(fault).__name__}: {fault}"
        finally:
            connection.close()

    def _record(
        self, delivery: int, *, attempts: int, status: int | None, error: str | None
    ) -> None:
        now = self._clock()
        arrived = status is not None and status // 100 == 2  # noqa: PLR2004 - any success
        again = None if arrived or attempts > len(WAITS) else now + WAITS[attempts - 1]
        with self._store.writing() as tx:
            tx.execute(
                "UPDATE deliveries SET attempts = ?, last_status = ?, last_error = ?,"
                " delivered_at = ?, next_at = ? WHERE id = ?",
                (attempts, status, error, now if arrived else None, again, delivery),
            )
            if again is not None:
                tx.after_commit.append(lambda: self._schedule.add(again, delivery))


def _path(path: str, query: str) -> str:
    return (path or "/") + (f"?{query}" if query else "")

"""Idempotency keys as Stripe documents them: the first answer is kept and given again.

An answer is kept once its work has begun, whatever came of it, for at least 24 hours.
"""

from __future__ import annotations

import hashlib
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storefront.sandbox.errors import StripeError, invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storefront.sandbox.params import Tree
    from storefront.sandbox.store import Transaction

KEPT_SECONDS = 24 * 60 * 60
_LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was told, word for word."""

    status: int
    body: str
    request_id: str


class InFlight:
    """The keys of requests that are running; a second one with the same key must come later."""

    def __init__(self) -> None:
        self._running: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    @contextmanager
    def hold(self, account: str, key: str) -> Iterator[None]:
        """Keep others out; raises 409 `idempotency_key_in_use`."""
        with self._lock:
            if (account, key) in self._running:
                raise _in_use(key)
            self._running.add((account, key))
        try:
            yield
        finally:
            self._running.discard((account, key))


def check_key(key: str) -> None:
    """Refuse a key that is too long."""
    if len(key) > _LONGEST_KEY:
        message = (
            f"Idempotency key is too long: it can have up to {_LONGEST_KEY} characters, "
            f"and this one has {len(key)}."
        )
        raise invalid(message)


def fingerprint(method: str, path: str, tree: Tree) -> str:
    """Return what two requests share when they ask for the same."""
    asked = json.dumps([method, path, tree], sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()


def find_answer(
    tx: Transaction, account: str, key: str, *, asked: str, now: float
) -> Answer | None:
    """Return the kept answer; raises 400 when the key was first used for something else."""
    row = tx.execute(
        "SELECT fingerprint, status, body, request_id FROM answers"
        " WHERE account = ? AND key = ? AND created > ?",
        (account, key, now - KEPT_SECONDS),
    ).fetchone()
    if row is None:
        return None
    if row[0] != asked:
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were "
            f"first used with. Try using a key other than '{key}' if you meant to execute a "
            "different request."
        )
        raise StripeError(400, "idempotency_error", message)
    return Answer(*row[1:])


def keep_answer(
    tx: Transaction, account: str, key: str, *, asked: str, now: float, answer: Answer
) -> None:
    """Remember an answer, in the transaction of the work it tells of."""
    tx.execute("DELETE FROM answers WHERE created <= ?", (now - KEPT_SECONDS,))
    tx.execute(
        "INSERT INTO answers (account, key, fingerprint, request_id, status, body, created)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (account, key, asked, answer.request_id, answer.status, answer.body, now),
    )


def _in_use(key: str) -> StripeError:
    message = (
        "There is currently another in-progress request using this Idempotent Key (that probably "
        "means you submitted twice, and the other request is still going through): "
        f"{key}. Please try again later."
    )
    return StripeError(409, "idempotency_error", message, code="idempotency_key_in_use")

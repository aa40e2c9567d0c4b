"""Callers whom nobody knows: what opens nothing is counted for the network address that tries it.
Whoever is known, by a token, a device or a link, is never counted or stopped here."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from storefront.services import attempts
from storefront.services.attempts import Limit

if TYPE_CHECKING:
    from storefront.ports import Ports

STRANGER_TRIES = Limit("stranger", 20, timedelta(hours=1))
"""Over everything that strangers may try, so that one door more gives nobody more tries."""


def count_try(ports: Ports, address: str) -> None:
    """Count one thing that opens nothing. Raises `TooMany` beyond the limit."""
    bound, now = [attempts.subject(ports.sign, STRANGER_TRIES, address)], ports.clock.now()
    with ports.reads() as session:
        attempts.check(session, bound, now=now)
    with ports.sessions.begin() as session:
        counted = attempts.count_failure(session, bound, now=now)
    if counted.refusal:
        raise counted.refusal

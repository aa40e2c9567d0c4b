"""Limits on guessing codes. Only codes that are nobody's count, and they bind who guesses: a device
or token, and its clerk; never the card, and never the address, which a whole store shares."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from storefront.services import alarms, attempts
from storefront.services.attempts import Limit

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gifting.tills import Till
    from storefront.ports import Ports, Signer
    from storefront.services.attempts import Subject

log = logging.getLogger("storefront.gifting")

TILL_TRIES = Limit("gift_till", 10, timedelta(minutes=10))
CLERK_TRIES = Limit("gift_clerk", 10, timedelta(minutes=10))
MERCHANT_ALARM = Limit("gift_merchant", 100, timedelta(hours=1))
"""Reaching this calls a person and refuses nobody: else a stranger could close every counter."""


def check(session: Session, till: Till, *, ports: Ports) -> None:
    """Raise `TooMany` where a till or its clerk has guessed too often."""
    attempts.check(session, _bound(ports.sign, till), now=ports.clock.now())


def count_guess(ports: Ports, till: Till) -> None:
    """Count a code that is nobody's. Raises `TooMany` where the limit had been reached already."""
    now, sign = ports.clock.now(), ports.sign
    all_of_them = [attempts.subject(sign, MERCHANT_ALARM, "all", merchant_id=till.merchant_id)]
    with ports.sessions.begin() as session:
        counted = attempts.count_failure(session, _bound(sign, till), now=now)
        if attempts.count_failure(session, all_of_them, now=now).has_reached:
            alarms.raise_alarm(session, till.merchant_id, "gift_codes_guessed", now=now)
    log.info("gift code unknown", extra={"merchant_id": till.merchant_id, "caller": till.caller})
    if counted.refusal:
        raise counted.refusal


def note_mistyped(till: Till) -> None:
    """Note a code that cannot be one: it costs no read and no write, and is no guess."""
    log.info("gift code mistyped", extra={"merchant_id": till.merchant_id, "caller": till.caller})


def _bound(sign: Signer, till: Till) -> list[tuple[Limit, Subject]]:
    merchant_id = till.merchant_id
    bound = [attempts.subject(sign, TILL_TRIES, till.caller, merchant_id=merchant_id)]
    if till.member_id is not None:
        clerk = str(till.member_id)
        bound.append(attempts.subject(sign, CLERK_TRIES, clerk, merchant_id=merchant_id))
    return bound

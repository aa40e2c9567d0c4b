"""Limits on guessing codes. Only codes that are nobody's count, and they bind who guesses: a device
or token, and its clerk; never the card, and never the address, which a whole store shares."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.exc import DBAPIError

from gifting import codes
from gifting.models import GiftCard
from storefront.db.hot import table_of
from storefront.models import Attempt
from storefront.services import alarms, attempts
from storefront.services.attempts import Limit
from storefront.services.doctor import RISKY, WELL, Finding
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from gifting.tills import Till
    from storefront.ports import Ports, Signer
    from storefront.services.attempts import Subject

LEAST_GUESSES = 10**12
"""Fewer guesses for one hit, and a patient thief with many addresses gets there."""

log = logging.getLogger("storefront.gifting")

TILL_TRIES = Limit("gift_till", 10, timedelta(minutes=10))
CLERK_TRIES = Limit("gift_clerk", 10, timedelta(minutes=10))
MERCHANT_ALARM = Limit("gift_merchant", 100, timedelta(hours=1))
"""Reaching this calls a person and refuses nobody: else a stranger could close every counter."""


@frozen
class Whom:
    """Whose guesses are counted: a till and its clerk, as digests; "" for a till without one."""

    till: str
    clerk: str


_attempt = table_of(Attempt)


def _has_reached(limit: Limit, digest: str) -> ColumnElement[bool]:
    return and_(
        _attempt.c.kind == limit.kind,
        _attempt.c.subject == bindparam(digest),
        _attempt.c.failures >= limit.most,
    )


STOPPED_UNTIL = (
    select(func.max(_attempt.c.ends_at))
    .where(
        _attempt.c.merchant_id == bindparam("till_merchant"),
        _attempt.c.ends_at > bindparam("now"),
        or_(_has_reached(TILL_TRIES, "till_digest"), _has_reached(CLERK_TRIES, "clerk_digest")),
    )
    .scalar_subquery()
)
"""The same as `check` asks, as a part of a statement: until when somebody is stopped, if so."""


def whom(sign: Signer, till: Till) -> Whom:
    """Return by what a till and its clerk are counted."""
    digests = [subject.digest for _, subject in _bound(sign, till)]
    return Whom(digests[0], digests[1] if till.member_id is not None else "")


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


def examine_codes(ports: Ports) -> Iterator[Finding]:
    """Look how hard it is to guess a code of the merchant who has most cards that can be spent."""
    try:
        with ports.reads() as session:
            cards = session.scalar(
                select(func.count())
                .where(GiftCard.voided_at.is_(None), GiftCard.balance_minor > 0)
                .group_by(GiftCard.merchant_id)
                .order_by(func.count().desc())
                .limit(1)
            )
    except DBAPIError:
        return  # the doctor has looked at the database itself, and said so
    yield judge(cards or 0)


def judge(cards: int) -> Finding:
    """Say whether so many cards that can be spent are too many for the length of a code."""
    guesses = codes.guesses_per_hit(cards)
    if guesses < LEAST_GUESSES:
        do = "Let cards expire, or void those that nobody will spend."
        sentence = f"{cards} cards of one merchant: one of {guesses} guesses hits. {do}"
        return Finding(RISKY, "guessing", sentence)
    power = len(str(guesses)) - 1
    return Finding(
        WELL, "guessing", f"More than 10^{power} guesses are needed to hit a gift's code."
    )


def _bound(sign: Signer, till: Till) -> list[tuple[Limit, Subject]]:
    merchant_id = till.merchant_id
    bound = [attempts.subject(sign, TILL_TRIES, till.caller, merchant_id=merchant_id)]
    if till.member_id is not None:
        clerk = str(till.member_id)
        bound.append(attempts.subject(sign, CLERK_TRIES, clerk, merchant_id=merchant_id))
    return bound

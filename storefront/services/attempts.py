"""Limits on guessing: failures are counted in rows, so that every process counts alike and a
restart forgets nothing. What a failure is, and who is a subject, is for the caller to say."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, case, delete, select

from storefront.db.hot import read, table_of
from storefront.db.upsert import insert_for
from storefront.errors import TooMany
from storefront.models import Attempt
from storefront.services.alarms import INSTALLATION
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from sqlalchemy.orm import Session

    from storefront.db.hot import Asked
    from storefront.ports import Signer

FORGOTTEN_AT_ONCE = 100
"""Rows that have ended are swept by whoever fails next, a few at a time."""


_attempt = table_of(Attempt)
FAILED = select(
    _attempt.c.merchant_id,
    _attempt.c.kind,
    _attempt.c.subject,
    _attempt.c.failures,
    _attempt.c.ends_at,
).where(
    _attempt.c.merchant_id.in_(bindparam("merchants", expanding=True)),
    _attempt.c.kind.in_(bindparam("kinds", expanding=True)),
    _attempt.c.subject.in_(bindparam("subjects", expanding=True)),
    _attempt.c.ends_at > bindparam("now"),
)


@frozen
class Limit:
    """After `most` failures of a kind no more tries, until `within` has passed since the first."""

    kind: str
    most: int
    within: timedelta


@dataclass(frozen=True, order=True)
class Subject:
    """Whose failures are counted under a limit: an address, an account at an address, a device."""

    merchant_id: int
    kind: str
    digest: str


@frozen
class Counted:
    """What a failure has led to: a limit reached just now, or the refusal of a try beyond it."""

    has_reached: bool
    refusal: TooMany | None


def subject(
    sign: Signer, limit: Limit, *parts: str, merchant_id: int = INSTALLATION
) -> tuple[Limit, Subject]:
    """Return a limit with the one whom it binds. `parts` name them and are kept as a digest."""
    digest = sign.digest(f"attempt.{limit.kind}", "\n".join(parts))
    return limit, Subject(merchant_id, limit.kind, digest)


def check(session: Session, bound: Iterable[tuple[Limit, Subject]], *, now: datetime) -> None:
    """Raise `TooMany` when any of the limits is reached; the latest end decides how long."""
    limits = {who: limit for limit, who in bound}
    statement, values = asked(limits, now=now)
    rows = read(session, statement, **values)
    ends = [
        ends_at
        for *who, failures, ends_at in rows
        if (limit := limits.get(Subject(*who))) and failures >= limit.most
    ]
    if ends:
        raise _too_many(max(ends), now)


def asked(subjects: Iterable[Subject], *, now: datetime) -> Asked:
    """Return what `check` asks about these."""
    there = tuple(subjects)
    return FAILED, {
        "merchants": sorted({who.merchant_id for who in there}),
        "kinds": sorted({who.kind for who in there}),
        "subjects": sorted({who.digest for who in there}),
        "now": now,
    }


def count_failure(
    session: Session, bound: Iterable[tuple[Limit, Subject]], *, now: datetime
) -> Counted:
    """Count one failure of each subject, in one statement.

    Tries that run side by side all pass `check` before the first of them fails; whoever is
    counted beyond the limit gets a refusal instead of an answer, and has learnt nothing.
    """
    limits = {who: limit for limit, who in bound}
    _forget(session, now)
    insert = insert_for(session, Attempt).values(
        [
            {
                "merchant_id": who.merchant_id,
                "kind": who.kind,
                "subject": who.digest,
                "failures": 1,
                "ends_at": now + limits[who].within,
            }
            # In one order always, so that two who fail together do not wait for each other.
            for who in sorted(limits)
        ]
    )
    is_over = Attempt.ends_at <= now
    rows = session.execute(
        insert.on_conflict_do_update(
            index_elements=[Attempt.merchant_id, Attempt.kind, Attempt.subject],
            set_={
                "failures": case((is_over, 1), else_=Attempt.failures + 1),
                "ends_at": case((is_over, insert.excluded.ends_at), else_=Attempt.ends_at),
            },
        ).returning(
            Attempt.merchant_id, Attempt.kind, Attempt.subject, Attempt.failures, Attempt.ends_at
        )
    ).all()
    counts = [
        (limits[Subject(merchant_id, kind, digest)].most, count, end)
        for merchant_id, kind, digest, count, end in rows
    ]
    beyond = [end for most, count, end in counts if count > most]
    return Counted(
        has_reached=any(count == most for most, count, _ in counts),
        refusal=_too_many(max(beyond), now) if beyond else None,
    )


def _too_many(ends_at: datetime, now: datetime) -> TooMany:
    return TooMany(retry_after=max(1, math.ceil((ends_at - now).total_seconds())))


def _forget(session: Session, now: datetime) -> None:
    """Delete some rows that have ended. Locked ones are somebody else's to delete or renew."""
    ended = (
        select(Attempt.id)
        .where(Attempt.ends_at <= now)
        .limit(FORGOTTEN_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    session.execute(
        delete(Attempt)
        .where(Attempt.id.in_(ended.scalar_subquery()))
        .execution_options(synchronize_session=False)
    )

"""Promises kept in rows: add a job, claim due ones with a lease, and say how each went."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, null, or_, select, update

from storefront.db.hot import read, read_each, read_one, table_of
from storefront.db.ids import random_symbols
from storefront.db.upsert import insert_if_new, insert_those_new
from storefront.domain.retries import MOST_ATTEMPTS, next_try
from storefront.models import Job
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Update
    from sqlalchemy.orm import Session

    from storefront.db.bare import Bare
    from storefront.db.hot import Asked

LEASE = timedelta(minutes=2)
"""Longer than the slowest job: after it, a worker that died is taken for dead."""

_job = table_of(Job)
_is_open = (_job.c.done_at.is_(None), _job.c.given_up_at.is_(None))
NEXT_DUE = select(_job.c.run_at).where(*_is_open).order_by(_job.c.run_at).limit(1)
_own = (
    update(_job)
    .where(_job.c.id == bindparam("job_id"), _job.c.lease == bindparam("own_lease"))
    .returning(_job.c.id)
)
_closed = _own.values(lease=null(), leased_until=null())
FINISH = _closed.values(done_at=bindparam("now"), last_fault=null())
PUT_BACK = _closed.values(run_at=bindparam("later"), last_fault=bindparam("fault"))
GIVE_UP = _closed.values(given_up_at=bindparam("now"), last_fault=bindparam("fault"))


@frozen
class ClaimedJob:
    """A job in this worker's hands until its lease ends."""

    id: int
    merchant_id: int
    name: str
    payload: Mapping[str, int | str]
    attempts: int
    lease: str

    @property
    def is_beyond_tries(self) -> bool:
        """Whether it was claimed as often as a job may be, and nobody lived to say how it went."""
        return self.attempts > MOST_ATTEMPTS


def add(
    session: Session,
    name: str,
    payload: Mapping[str, int | str],
    *,
    merchant_id: int,
    now: datetime,
    run_at: datetime | None = None,
    unique_key: str | None = None,
) -> None:
    """Promise to run `name` at `run_at` (default: at once). A key makes the promise once only."""
    row = promise(
        name,
        dict(payload),
        merchant_id=merchant_id,
        now=now,
        run_at=run_at,
        unique_key=unique_key or random_symbols(26),
    )
    insert_if_new(session, Job, **row)


def promise(
    name: str,
    payload: object,
    *,
    merchant_id: int,
    now: datetime,
    unique_key: object,
    run_at: datetime | None = None,
) -> dict[str, object]:
    """Return the row of a promise, for who inserts it with others; `add` does so by itself."""
    return {
        "merchant_id": merchant_id,
        "name": name,
        "unique_key": unique_key,
        "payload": payload,
        "created_at": now,
        "run_at": run_at or now,
        "attempts": 0,
    }


@frozen
class Promise:
    """One of many jobs of a name: what to do it with, when, and under which key it is made once."""

    payload: Mapping[str, int | str]
    run_at: datetime
    unique_key: str


def add_all(
    session: Session, name: str, promises: Iterable[Promise], *, merchant_id: int, now: datetime
) -> None:
    """Promise to run `name` for each of these."""
    insert_those_new(
        session,
        Job,
        [
            {
                "merchant_id": merchant_id,
                "name": name,
                "unique_key": promise.unique_key,
                "payload": dict(promise.payload),
                "created_at": now,
                "run_at": promise.run_at,
                "attempts": 0,
            }
            for promise in promises
        ],
    )


def claim(session: Session, *, now: datetime, limit: int = 10) -> Sequence[ClaimedJob]:
    """Take up to `limit` due jobs under a fresh lease; no other worker gets them meanwhile."""
    return finish_and_claim(session, None, now=now, limit=limit)


def finish_and_claim(
    session: Session | Bare, done: ClaimedJob | None, *, now: datetime, limit: int
) -> Sequence[ClaimedJob]:
    """Mark a job done, if one is, unless its lease was lost and another worker has it; and claim up
    to `limit` others, as `claim` does, in the same way to the database."""
    lease = random_symbols(26)
    asked: list[Asked] = []
    if done is not None:
        asked.append((FINISH, {"job_id": done.id, "own_lease": done.lease, "now": now}))
    if limit:
        asked.append((_claim_of(limit), {"now": now, "new_lease": lease, "until": now + LEASE}))
    found = read_each(session, *asked)
    rows = found[-1] if limit else ()
    return [
        ClaimedJob(job_id, merchant_id, name, payload, attempts, lease)
        for job_id, merchant_id, name, payload, attempts in sorted(rows, key=lambda row: row.id)
    ]


@cache
def _claim_of(limit: int) -> Update:
    due = (
        select(_job.c.id)
        .where(
            *_is_open,
            _job.c.run_at <= bindparam("now"),
            or_(_job.c.leased_until.is_(None), _job.c.leased_until <= bindparam("now")),
        )
        .order_by(_job.c.run_at, _job.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        # By itself, so that it is looked up once: PostgreSQL may ask a subquery for each row anew,
        # which passes over those that it has just claimed and claims more than the limit.
        .cte("due")
    )
    return (
        update(_job)
        .where(_job.c.id.in_(select(due.c.id)))
        .values(
            lease=bindparam("new_lease"),
            leased_until=bindparam("until"),
            attempts=_job.c.attempts + 1,
        )
        .returning(_job.c.id, _job.c.merchant_id, _job.c.name, _job.c.payload, _job.c.attempts)
    )


def try_later(session: Session, job: ClaimedJob, fault: str, *, now: datetime) -> datetime | None:
    """Put the job back for its next try, or give it up; return when it runs next."""
    run_at = next_try(job.attempts, now)
    if run_at is None:
        give_up(session, job, fault, now=now)
    else:
        own = {"job_id": job.id, "own_lease": job.lease}
        read(session, PUT_BACK, **own, later=run_at, fault=fault[:200])
    return run_at


def give_up(session: Session, job: ClaimedJob, fault: str, *, now: datetime) -> None:
    """Stop trying; the console shows the fault and a person decides."""
    read(session, GIVE_UP, job_id=job.id, own_lease=job.lease, now=now, fault=fault[:200])


def next_due(session: Session) -> datetime | None:
    """Return when the next open job is due, or None when there is none."""
    row = read_one(session, NEXT_DUE)
    return row.run_at if row else None

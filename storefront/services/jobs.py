"""Promises kept in rows: add a job, claim due ones with a lease, and say how each went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select, update

from storefront.db.ids import random_symbols
from storefront.db.upsert import insert_if_new
from storefront.domain.retries import MOST_ATTEMPTS, next_try
from storefront.models import Job

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

LEASE = timedelta(minutes=2)
"""Longer than the slowest job: after it, a worker that died is taken for dead."""


@dataclass(frozen=True)
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
    insert_if_new(
        session,
        Job,
        merchant_id=merchant_id,
        name=name,
        unique_key=unique_key or random_symbols(26),
        payload=dict(payload),
        created_at=now,
        run_at=run_at or now,
        attempts=0,
    )


def claim(session: Session, *, now: datetime, limit: int = 10) -> Sequence[ClaimedJob]:
    """Take up to `limit` due jobs under a fresh lease; no other worker gets them meanwhile."""
    due = (
        select(Job.id)
        .where(
            Job.done_at.is_(None),
            Job.given_up_at.is_(None),
            Job.run_at <= now,
            or_(Job.leased_until.is_(None), Job.leased_until <= now),
        )
        .order_by(Job.run_at, Job.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    lease = random_symbols(26)
    rows = session.execute(
        update(Job)
        .where(Job.id.in_(due.scalar_subquery()))
        .values(lease=lease, leased_until=now + LEASE, attempts=Job.attempts + 1)
        .returning(Job.id, Job.merchant_id, Job.name, Job.payload, Job.attempts)
        .execution_options(synchronize_session=False)
    ).all()
    return [
        ClaimedJob(job_id, merchant_id, name, payload, attempts, lease)
        for job_id, merchant_id, name, payload, attempts in sorted(rows, key=lambda row: row.id)
    ]


def finish(session: Session, job: ClaimedJob, *, now: datetime) -> bool:
    """Mark the job done; False when the lease was lost and another worker has it."""
    return _close(session, job, done_at=now, last_fault=None)


def try_later(session: Session, job: ClaimedJob, fault: str, *, now: datetime) -> datetime | None:
    """Put the job back for its next try, or give it up; return when it runs next."""
    run_at = next_try(job.attempts, now)
    if run_at is None:
        give_up(session, job, fault, now=now)
    else:
        _close(session, job, run_at=run_at, last_fault=fault[:200])
    return run_at


def give_up(session: Session, job: ClaimedJob, fault: str, *, now: datetime) -> None:
    """Stop trying; the console shows the fault and a person decides."""
    _close(session, job, given_up_at=now, last_fault=fault[:200])


def next_due(session: Session) -> datetime | None:
    """Return when the next open job is due, or None when there is none."""
    return session.scalar(
        select(Job.run_at)
        .where(and_(Job.done_at.is_(None), Job.given_up_at.is_(None)))
        .order_by(Job.run_at)
        .limit(1)
    )


def _close(session: Session, job: ClaimedJob, **values: object) -> bool:
    changed = session.execute(
        update(Job)
        .where(Job.id == job.id, Job.lease == job.lease)
        .values(lease=None, leased_until=None, **values)
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    ).all()
    return bool(changed)

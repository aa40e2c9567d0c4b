"""What a person does about work that was given up: let it be tried again, or set it aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, select, update

from storefront.errors import NotFound
from storefront.models import Job

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


def waits() -> ColumnElement[bool]:
    """Return the condition of a job that was given up and that nobody has set aside."""
    return and_(Job.given_up_at.is_not(None), Job.done_at.is_(None))


def try_again(session: Session, merchant_id: int, job_id: int, *, now: datetime) -> str | None:
    """Let a job be tried again, as often as a new one; return its name.

    None where somebody else was faster. Raises `NotFound` for a job that is not this merchant's.
    """
    return _change(session, merchant_id, job_id, given_up_at=None, attempts=0, run_at=now)


def set_aside(session: Session, merchant_id: int, job_id: int, *, now: datetime) -> str | None:
    """Take a job from the list without trying it again; return and raise as above."""
    return _change(session, merchant_id, job_id, done_at=now)


def _change(session: Session, merchant_id: int, job_id: int, **values: object) -> str | None:
    own = (Job.id == job_id, Job.merchant_id == merchant_id)
    name = session.scalar(
        update(Job)
        .where(*own, waits())
        .values(**values)
        .returning(Job.name)
        .execution_options(synchronize_session=False)
    )
    if name is None and session.scalar(select(Job.id).where(*own)) is None:
        raise NotFound
    return name

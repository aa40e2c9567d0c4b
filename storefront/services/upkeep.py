"""The installation's own moments: when a worker was last seen, whether something is due again,
and whether the shop is ready to serve. What is forgotten is in `retention.py`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from storefront.db import schema
from storefront.db.upsert import insert_if_new
from storefront.models import Moment
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

WORKER_SEEN = "worker_seen"
LATELY = timedelta(minutes=3)
"""Longer than a worker's longest job and the pause after it: silent for more, none is running."""


@frozen
class Readiness:
    """Whether the parts of a shop are there; a database that does not answer raises instead."""

    is_schema_current: bool
    is_worker_there: bool

    @property
    def is_ready(self) -> bool:
        """Whether nothing is missing."""
        return self.is_schema_current and self.is_worker_there


def readiness(session: Session, *, now: datetime) -> Readiness:
    """Look whether the schema is current and a worker runs."""
    is_current = schema.is_current_on(session.connection())
    # Without the schema there may be no table to look into.
    return Readiness(is_current, is_current and has_worker(session, now=now))


def note_worker(session: Session, *, now: datetime) -> None:
    """Write down that a worker is running."""
    set_moment(session, WORKER_SEEN, now)


def has_worker(session: Session, *, now: datetime) -> bool:
    """Return whether a worker was seen lately."""
    seen_at = find_moment(session, WORKER_SEEN)
    return seen_at is not None and seen_at > now - LATELY


def find_moment(session: Session, name: str) -> datetime | None:
    """Return the moment of this name, or None when there was none yet."""
    return session.scalar(select(Moment.at).where(Moment.name == name))


def set_moment(session: Session, name: str, at: datetime) -> None:
    """Remember a moment; an earlier one of this name is replaced."""
    if insert_if_new(session, Moment, name=name, at=at) is None:
        session.execute(update(Moment).where(Moment.name == name).values(at=at))


def take_turn(session: Session, name: str, *, every: timedelta, now: datetime) -> bool:
    """Return whether it is the caller's turn to do what is done once in so long.

    Of several who ask at once, one is told yes.
    """
    if insert_if_new(session, Moment, name=name, at=now) is not None:
        return True
    taken = session.execute(
        update(Moment)
        .where(Moment.name == name, Moment.at <= now - every)
        .values(at=now)
        .returning(Moment.id)
        .execution_options(synchronize_session=False)
    ).all()
    return bool(taken)

"""Alarms: what a person must look at, counted rather than repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select, update

from storefront.db.upsert import insert_if_new
from storefront.models import Alarm

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

INSTALLATION = 0
"""The merchant id of alarms that concern the installation, not one merchant."""


def raise_alarm(session: Session, merchant_id: int, kind: str, *, now: datetime) -> None:
    """Count one more alarm of this kind at this merchant."""
    is_first = insert_if_new(
        session,
        Alarm,
        merchant_id=merchant_id,
        kind=kind,
        first_seen_at=now,
        last_seen_at=now,
        count=1,
    )
    if is_first is None:
        session.execute(
            update(Alarm)
            .where(Alarm.merchant_id == merchant_id, Alarm.kind == kind)
            .values(count=Alarm.count + 1, last_seen_at=now)
        )


def list_alarms(session: Session, merchant_id: int) -> Sequence[Alarm]:
    """Return a merchant's alarms that nobody has dealt with, newest first."""
    return session.scalars(
        select(Alarm)
        .where(Alarm.merchant_id == merchant_id, is_open())
        .order_by(Alarm.last_seen_at.desc(), Alarm.kind)
    ).all()


def is_open() -> ColumnElement[bool]:
    """Return the condition of an alarm that has rung since somebody dealt with it, if ever."""
    return or_(Alarm.seen_at.is_(None), Alarm.last_seen_at > Alarm.seen_at)


def mark_seen(session: Session, merchant_id: int, kind: str, *, now: datetime) -> bool:
    """Note that a person has dealt with an alarm; False where no such alarm has ever rung."""
    seen = session.execute(
        update(Alarm)
        .where(Alarm.merchant_id == merchant_id, Alarm.kind == kind)
        .values(seen_at=now)
        .returning(Alarm.id)
        .execution_options(synchronize_session=False)
    ).first()
    return seen is not None

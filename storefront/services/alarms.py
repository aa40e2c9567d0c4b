"""Alarms: what a person must look at, counted rather than repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from storefront.db.upsert import insert_if_new
from storefront.models import Alarm

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

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
    """Return a merchant's alarms, newest first."""
    return session.scalars(
        select(Alarm).where(Alarm.merchant_id == merchant_id).order_by(Alarm.last_seen_at.desc())
    ).all()

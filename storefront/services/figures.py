"""Figures about the whole installation that its database knows, for those who watch it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from storefront.models import Alarm, Job, Order
from storefront.services.alarms import INSTALLATION, is_open
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


@frozen
class Books:
    """Counts over all merchants. A job is pending when its time has come: what is promised for
    later, for weeks sometimes, waits for nobody."""

    orders_placed: int
    orders_paid: int
    jobs_pending: int
    jobs_given_up: int
    alarms_of_installation: int
    alarms_of_merchants: int


def read_books(session: Session, *, now: datetime) -> Books:
    """Count orders, due jobs and open alarms."""
    placed, paid = session.execute(select(func.count(Order.id), func.count(Order.paid_at))).one()
    due, given_up = session.execute(
        select(func.count(Job.id), func.count(Job.given_up_at)).where(
            Job.done_at.is_(None), Job.run_at <= now
        )
    ).one()
    alarms = select(func.count()).select_from(Alarm).where(is_open())
    of_installation, of_merchants = (
        session.scalar(alarms.where(whose)) or 0
        for whose in (Alarm.merchant_id == INSTALLATION, Alarm.merchant_id != INSTALLATION)
    )
    return Books(placed, paid, due - given_up, given_up, of_installation, of_merchants)

"""What a person must look at: alarms, work that was given up, orders that wait for a decision, and
sites that were turned away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from storefront.models import Order
from storefront.services.alarms import list_alarms
from storefront.services.hosts import list_refused
from storefront.services.reporting.given_up import GivenUpList, list_given_up
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.services.hosts import RefusedRow

SHOWN_JOBS = 3
SHOWN_SITES = 3
"""The latest; all are among the settings."""


@frozen
class AlarmRow:
    """One kind of trouble, how often, and since when."""

    kind: str
    count: int
    first_seen_at: datetime
    last_seen_at: datetime


@frozen
class Attention:
    """Everything that waits for a person."""

    alarms: tuple[AlarmRow, ...]
    given_up: GivenUpList
    reviews: int
    refused: tuple[RefusedRow, ...]

    @property
    def is_calm(self) -> bool:
        """Whether nothing waits."""
        return not (self.alarms or self.given_up.rows or self.reviews or self.refused)


def attention(session: Session, merchant_id: int) -> Attention:
    """Return what waits for a person at this merchant."""
    reviews = session.scalar(
        select(func.count())
        .select_from(Order)
        .where(Order.merchant_id == merchant_id, Order.needs_review_at.is_not(None))
    )
    alarms = (
        AlarmRow(alarm.kind, alarm.count, alarm.first_seen_at, alarm.last_seen_at)
        for alarm in list_alarms(session, merchant_id)
    )
    return Attention(
        tuple(alarms),
        list_given_up(session, merchant_id, size=SHOWN_JOBS),
        reviews or 0,
        list_refused(session, merchant_id)[:SHOWN_SITES],
    )

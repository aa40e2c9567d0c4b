"""What a person must look at: alarms, work that was given up, orders that wait for a decision, and
sites that were turned away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from storefront.models import Job, Order, Payment, Refund
from storefront.services.alarms import list_alarms
from storefront.services.hosts import list_refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from storefront.services.hosts import RefusedRow

SHOWN_JOBS = 10
SHOWN_SITES = 3
"""The latest; all are among the settings."""


@dataclass(frozen=True)
class AlarmRow:
    """One kind of trouble, how often, and since when."""

    kind: str
    count: int
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True)
class GivenUp:
    """Work that failed for good; `order` is the order it was about, where that is known."""

    name: str
    fault: str
    given_up_at: datetime
    order: str | None
    number: int | None


@dataclass(frozen=True)
class Attention:
    """Everything that waits for a person."""

    alarms: tuple[AlarmRow, ...]
    given_up: tuple[GivenUp, ...]
    reviews: int
    refused: tuple[RefusedRow, ...]

    @property
    def is_calm(self) -> bool:
        """Whether nothing waits."""
        return not (self.alarms or self.given_up or self.reviews or self.refused)


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
        _given_up(session, merchant_id),
        reviews or 0,
        list_refused(session, merchant_id)[:SHOWN_SITES],
    )


def _given_up(session: Session, merchant_id: int) -> tuple[GivenUp, ...]:
    jobs = session.scalars(
        select(Job)
        .where(Job.merchant_id == merchant_id, Job.given_up_at.is_not(None))
        .order_by(Job.given_up_at.desc(), Job.id.desc())
        .limit(SHOWN_JOBS)
    ).all()
    orders = _orders_of(session, merchant_id, jobs)
    return tuple(
        GivenUp(job.name, job.last_fault or "", job.given_up_at, *orders.get(job.id, (None, None)))
        for job in jobs
        if job.given_up_at
    )


def _orders_of(
    session: Session, merchant_id: int, jobs: Iterable[Job]
) -> Mapping[int, tuple[str, int | None]]:
    """Return (public id, number) of the order that each job was about, by the job's id."""
    named = {job.id: job.payload for job in jobs}
    by_id = _names(
        session,
        select(Order.id, Order.public_id, Order.number).where(
            Order.merchant_id == merchant_id,
            Order.id.in_([about["order_id"] for about in named.values() if "order_id" in about]),
        ),
    )
    by_refund = _names(
        session,
        select(Refund.id, Order.public_id, Order.number)
        .join(Payment, Payment.id == Refund.payment_id)
        .join(Order, Order.id == Payment.order_id)
        .where(
            Refund.merchant_id == merchant_id,
            Refund.id.in_([about["refund_id"] for about in named.values() if "refund_id" in about]),
        ),
    )
    found = {
        key: by_id.get(about.get("order_id")) or by_refund.get(about.get("refund_id"))
        for key, about in named.items()
    }
    return {key: order for key, order in found.items() if order}


def _names(
    session: Session, query: Select[int, str, int | None]
) -> dict[int | None, tuple[str, int | None]]:
    return {key: (public_id, number) for key, public_id, number in session.execute(query)}

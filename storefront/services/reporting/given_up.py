"""Work that was given up and waits for a person: what it was, why, and which order it was about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from storefront.models import Job, Order, Payment, Refund
from storefront.services.given_up import waits
from storefront.services.reporting.pages import Slice, cut
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

PAGE_SIZE = 30


@frozen
class GivenUp:
    """Work that failed for good; `order` is the order it was about, where that is known."""

    id: int
    name: str
    fault: str
    given_up_at: datetime
    order: str | None
    number: int | None


@frozen
class GivenUpList:
    """One page of what was given up."""

    rows: tuple[GivenUp, ...]
    slice: Slice


def list_given_up(
    session: Session, merchant_id: int, *, page: int = 1, size: int = PAGE_SIZE
) -> GivenUpList:
    """Return a page of what was given up and not set aside, latest first."""
    conditions = (Job.merchant_id == merchant_id, waits())
    total = session.scalar(select(func.count(Job.id)).where(*conditions))
    cutting = cut(total or 0, page, size=size)
    jobs = session.scalars(
        select(Job)
        .where(*conditions)
        .order_by(Job.given_up_at.desc(), Job.id.desc())
        .limit(cutting.size)
        .offset(cutting.offset)
    ).all()
    orders = _orders_of(session, merchant_id, jobs)
    rows = tuple(
        GivenUp(job.id, job.name, job.last_fault or "", at, *orders.get(job.id, (None, None)))
        for job in jobs
        if (at := job.given_up_at)
    )
    return GivenUpList(rows, cutting)


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

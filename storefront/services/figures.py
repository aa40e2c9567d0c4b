"""Figures about the whole installation that its database knows, for those who watch it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from storefront.models import Job, Order

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Books:
    """Counts over all merchants."""

    orders_placed: int
    orders_paid: int
    jobs_pending: int
    jobs_given_up: int


def read_books(session: Session) -> Books:
    """Count orders and open jobs."""
    placed, paid = session.execute(select(func.count(Order.id), func.count(Order.paid_at))).one()
    unfinished, given_up = session.execute(
        select(func.count(Job.id), func.count(Job.given_up_at)).where(Job.done_at.is_(None))
    ).one()
    return Books(placed, paid, unfinished - given_up, given_up)

"""Orders as a merchant's list: newest first, searched, by status."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from storefront.domain.money import Money
from storefront.domain.orders import OrderStatus
from storefront.models import (
    Channel,
    Interaction,
    LineItem,
    Order,
    OrderContact,
    OrderOrigin,
    Placement,
)
from storefront.services.reporting.pages import Slice, cut

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Row, Select
    from sqlalchemy.orm import Session

PAGE_SIZE = 25
GREATEST_NUMBER = 2**31 - 1


@dataclass(frozen=True)
class OrderRow:
    """An order in a list. `origin` is the kind of act that produced it, None when it was direct;
    `name` and `email` are empty once the buyer's data has been erased."""

    public_id: str
    number: int | None
    status: OrderStatus
    total: Money
    units: int
    placed_at: datetime
    name: str
    email: str
    fulfilment: str
    origin: str | None
    placement: str
    channel: str


@dataclass(frozen=True)
class OrderList:
    """One page of orders. `counts` says how many of each status the search finds."""

    rows: tuple[OrderRow, ...]
    slice: Slice
    counts: Mapping[OrderStatus, int]

    @property
    def all(self) -> int:
        """How many orders the search finds, whatever their status."""
        return sum(self.counts.values())


def list_orders(
    session: Session,
    merchant_id: int,
    *,
    now: datetime,
    query: str = "",
    status: OrderStatus | None = None,
    page: int = 1,
    size: int = PAGE_SIZE,
) -> OrderList:
    """Return a page of this merchant's orders, newest first.

    `query` is an order's number or public id, or a part of the buyer's name or address.
    """
    found = [Order.merchant_id == merchant_id, *_matches(query)]
    counts = _counts(session, found, now=now)
    cutting = cut(counts.get(status, 0) if status else sum(counts.values()), page, size=size)
    if status:
        found.append(status_at(now) == status.value)
    rows = session.execute(
        _rows(now)
        .where(*found)
        .order_by(Order.placed_at.desc(), Order.id.desc())
        .limit(cutting.size)
        .offset(cutting.offset)
    )
    return OrderList(tuple(_row(row) for row in rows), cutting, counts)


def status_at(now: datetime) -> ColumnElement[str]:
    """Return the status of `domain/orders.py` as the database computes it."""
    return case(
        (Order.needs_review_at.is_not(None), OrderStatus.NEEDS_REVIEW.value),
        (Order.cancelled_at.is_not(None), OrderStatus.CANCELLED.value),
        (_is_refunded(whole=True), OrderStatus.REFUNDED.value),
        (_is_refunded(whole=False), OrderStatus.PARTIALLY_REFUNDED.value),
        (Order.paid_at.is_not(None), OrderStatus.PAID.value),
        (Order.expired_at.is_not(None), OrderStatus.EXPIRED.value),
        (Order.processing_at.is_not(None), OrderStatus.PROCESSING.value),
        (Order.held_until > now, OrderStatus.AWAITING_PAYMENT.value),
        else_=OrderStatus.EXPIRED.value,
    )


def _is_refunded(*, whole: bool) -> ColumnElement[bool]:
    least = Order.total_minor if whole else 1
    return and_(Order.paid_at.is_not(None), Order.refunded_minor >= least, Order.total_minor > 0)


def _matches(query: str) -> list[ColumnElement[bool]]:
    """Return what an order must fulfil to be found."""
    if not query:
        return []
    if re.fullmatch(r"ord_[0-9a-z]+", query):
        return [Order.public_id == query]
    contact = or_(
        OrderContact.email.icontains(query, autoescape=True),
        OrderContact.name.icontains(query, autoescape=True),
    )
    number = _number(query)
    return [or_(Order.number == number, contact) if number else contact]


def _number(query: str) -> int | None:
    match = re.fullmatch(r"#? ?([0-9]{1,10})", query, re.ASCII)
    number = int(match[1]) if match else 0
    return number if 0 < number <= GREATEST_NUMBER else None


def _counts(
    session: Session, found: list[ColumnElement[bool]], *, now: datetime
) -> dict[OrderStatus, int]:
    rows = session.execute(
        select(status_at(now).label("status"), func.count())
        .select_from(Order)
        .outerjoin(OrderContact, OrderContact.order_id == Order.id)
        .where(*found)
        .group_by("status")
    )
    return {OrderStatus(status): count for status, count in rows}


def _rows(now: datetime) -> Select[*tuple[Any, ...]]:
    units = (
        select(func.sum(LineItem.quantity))
        .where(LineItem.order_id == Order.id)
        .correlate(Order)
        .scalar_subquery()
    )
    return (
        select(
            Order.public_id,
            Order.number,
            status_at(now).label("status"),
            Order.total_minor,
            Order.currency,
            units.label("units"),
            Order.placed_at,
            OrderContact.name,
            OrderContact.email,
            Order.fulfilment,
            Interaction.kind.label("origin"),
            Placement.name.label("placement"),
            Channel.name.label("channel"),
        )
        .join(Placement, Placement.id == Order.placement_id)
        .join(Channel, Channel.id == Placement.channel_id)
        .outerjoin(OrderContact, OrderContact.order_id == Order.id)
        .outerjoin(OrderOrigin, OrderOrigin.order_id == Order.id)
        .outerjoin(Interaction, Interaction.id == OrderOrigin.interaction_id)
    )


def _row(row: Row[*tuple[Any, ...]]) -> OrderRow:
    return OrderRow(
        public_id=row.public_id,
        number=row.number,
        status=OrderStatus(row.status),
        total=Money(row.total_minor, row.currency),
        units=int(row.units or 0),
        placed_at=row.placed_at,
        name=row.name or "",
        email=row.email or "",
        fulfilment=row.fulfilment,
        origin=row.origin,
        placement=row.placement,
        channel=row.channel,
    )

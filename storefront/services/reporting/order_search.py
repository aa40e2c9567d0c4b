"""Which orders are asked for, as conditions for the database: by words, state, way, place, day."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, case, or_, select

from storefront.domain.fulfilment import GIFT, Stage
from storefront.domain.orders import OrderStatus
from storefront.models import (
    Campaign,
    Dispute,
    LineItem,
    Order,
    OrderContact,
    Payment,
    Placement,
)
from storefront.services.fulfilment import MAY_GO
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import UnaryExpression
    from sqlalchemy.orm import InstrumentedAttribute

GREATEST_NUMBER = 2**31 - 1


class Sort(StrEnum):
    """In which order a list is read."""

    NEWEST = "newest"
    OLDEST = "oldest"
    LARGEST = "largest"
    SMALLEST = "smallest"


@frozen
class OrderSearch:
    """Which orders are asked for; None is any. `words` is a number or public id, or a part of the
    buyer's name or address, or of what a line is called; the days are `[since, until)`."""

    words: str = ""
    status: OrderStatus | None = None
    stage: Stage | None = None
    placement: str | None = None
    campaign: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    is_disputed: bool = False
    sort: Sort = Sort.NEWEST

    @property
    def is_narrow(self) -> bool:
        """Whether anything is left out."""
        wanted = (self.words, self.status, self.stage, self.placement, self.campaign)
        return any((*wanted, self.since, self.until, self.is_disputed))


def conditions(
    merchant_id: int, search: OrderSearch, *, now: datetime, any_status: bool = False
) -> list[ColumnElement[bool]]:
    """Return what an order of this merchant must fulfil to be found."""
    found = [Order.merchant_id == merchant_id, *_words(search.words), *_places(search)]
    if search.status and not any_status:
        found.append(status_at(now) == search.status.value)
    if search.stage:
        found.append(_stage(search.stage))
    if search.since:
        found.append(Order.placed_at >= search.since)
    if search.until:
        found.append(Order.placed_at < search.until)
    if search.is_disputed:
        disputed = select(Dispute.id).join(Payment, Payment.id == Dispute.payment_id)
        found.append(disputed.where(Payment.order_id == Order.id).exists())
    return found


def sorting(sort: Sort) -> tuple[UnaryExpression[Any], UnaryExpression[int]]:
    """Return how rows are ordered; the id decides between equals, so that pages never overlap."""
    is_by_time = sort in {Sort.NEWEST, Sort.OLDEST}
    column: InstrumentedAttribute[Any] = Order.placed_at if is_by_time else Order.total_minor
    if sort in {Sort.OLDEST, Sort.SMALLEST}:
        return (column.asc(), Order.id.asc())
    return (column.desc(), Order.id.desc())


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


def stage_now() -> ColumnElement[str]:
    """Return the stage of `domain/fulfilment.py` as the database computes it."""
    may_go = (*MAY_GO, Order.fulfilment != GIFT)
    return case(
        (Order.picked_up_at.is_not(None), Stage.PICKED_UP.value),
        (Order.shipped_at.is_not(None), Stage.SHIPPED.value),
        (and_(*may_go, Order.ready_at.is_not(None)), Stage.READY.value),
        (and_(*may_go), Stage.PREPARING.value),
        else_=Stage.NONE.value,
    )


def _is_refunded(*, whole: bool) -> ColumnElement[bool]:
    least = Order.total_minor if whole else 1
    return and_(Order.paid_at.is_not(None), Order.refunded_minor >= least, Order.total_minor > 0)


def _stage(stage: Stage) -> ColumnElement[bool]:
    return stage_now() == stage.value


def _places(search: OrderSearch) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if search.placement:
        named = select(Placement.id).where(
            Placement.merchant_id == Order.merchant_id, Placement.public_id == search.placement
        )
        found.append(Order.placement_id.in_(named))
    if search.campaign:
        within = (
            select(Placement.id)
            .join(Campaign, Campaign.id == Placement.campaign_id)
            .where(Campaign.merchant_id == Order.merchant_id, Campaign.public_id == search.campaign)
        )
        found.append(Order.placement_id.in_(within))
    return found


def _words(words: str) -> list[ColumnElement[bool]]:
    if not words:
        return []
    if re.fullmatch(r"ord_[0-9a-z]+", words):
        return [Order.public_id == words]
    number = _number(words)
    if number and words.startswith("#"):
        return [Order.number == number]
    said = [_of_buyer(words), _of_lines(words)]
    return [or_(Order.number == number, *said) if number else or_(*said)]


def _of_buyer(words: str) -> ColumnElement[bool]:
    found = select(OrderContact.order_id).where(
        OrderContact.merchant_id == Order.merchant_id,
        or_(
            OrderContact.email.icontains(words, autoescape=True),
            OrderContact.name.icontains(words, autoescape=True),
        ),
    )
    return found.where(OrderContact.order_id == Order.id).exists()


def _of_lines(words: str) -> ColumnElement[bool]:
    found = select(LineItem.id).where(
        LineItem.order_id == Order.id,
        or_(
            LineItem.title.icontains(words, autoescape=True),
            LineItem.variant_name.icontains(words, autoescape=True),
            LineItem.sku.icontains(words, autoescape=True),
        ),
    )
    return found.exists()


def _number(words: str) -> int | None:
    match = re.fullmatch(r"#? ?([0-9]{1,10})", words, re.ASCII)
    number = int(match[1]) if match else 0
    return number if 0 < number <= GREATEST_NUMBER else None

"""Orders as a merchant's list: a page of what is asked for, or all of it, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from storefront.domain.fulfilment import Stage
from storefront.domain.money import Money
from storefront.domain.orders import OrderStatus
from storefront.models import (
    Campaign,
    Channel,
    Interaction,
    LineItem,
    Order,
    OrderContact,
    OrderOrigin,
    Placement,
)
from storefront.services.reporting.order_search import (
    OrderSearch,
    conditions,
    sorting,
    stage_now,
    status_at,
)
from storefront.services.reporting.pages import Slice, cut
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Row, Select
    from sqlalchemy.orm import Session

PAGE_SIZE = 25
BATCH = 500
"""So many rows of an export are read at a time."""

EVERYTHING = OrderSearch()


@frozen
class OrderRow:
    """An order in a list. `origin` is the kind of act that produced it, None when it was direct;
    `name` and `email` are empty once the buyer's data has been erased."""

    id: int
    public_id: str
    number: int | None
    status: OrderStatus
    stage: Stage
    goods: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money
    refunded: Money
    units: int
    placed_at: datetime
    paid_at: datetime | None
    name: str
    email: str
    fulfilment: str
    origin: str | None
    placement: str
    channel: str
    campaign: str


@frozen
class OrderList:
    """One page of orders. `counts` says how many of each status the search finds."""

    rows: tuple[OrderRow, ...]
    slice: Slice
    counts: Mapping[OrderStatus, int]

    @property
    def all(self) -> int:
        """How many orders the search finds, whatever their status."""
        return sum(self.counts.values())


@frozen
class OrderChoices:
    """What lists can be narrowed to: (public id, name) of placements and campaigns."""

    placements: tuple[tuple[str, str], ...]
    campaigns: tuple[tuple[str, str], ...]


def list_orders(
    session: Session,
    merchant_id: int,
    search: OrderSearch = EVERYTHING,
    *,
    now: datetime,
    page: int = 1,
    size: int = PAGE_SIZE,
) -> OrderList:
    """Return a page of this merchant's orders that are asked for."""
    counts = _counts(session, merchant_id, search, now=now)
    count = counts.get(search.status, 0) if search.status else sum(counts.values())
    cutting = cut(count, page, size=size)
    # Only the ids are walked through to a late page; what belongs to them is read for it alone.
    ids = session.scalars(
        _ids(merchant_id, search, now=now).limit(cutting.size).offset(cutting.offset)
    ).all()
    return OrderList(_read(session, ids, now=now), cutting, counts)


def every_order(
    session: Session, merchant_id: int, search: OrderSearch, *, now: datetime
) -> Iterator[OrderRow]:
    """Yield all orders that are asked for, in the list's order, a batch at a time."""
    ids = session.scalars(_ids(merchant_id, search, now=now)).all()
    for start in range(0, len(ids), BATCH):
        yield from _read(session, ids[start : start + BATCH], now=now)


def order_choices(session: Session, merchant_id: int) -> OrderChoices:
    """Return what this merchant's orders can be narrowed to."""
    names = [
        session.execute(
            select(table.public_id, table.name)
            .where(table.merchant_id == merchant_id)
            .order_by(table.name, table.id)
        )
        for table in (Placement, Campaign)
    ]
    placements, campaigns = (tuple((row[0], row[1]) for row in rows) for rows in names)
    return OrderChoices(placements, campaigns)


def _counts(
    session: Session, merchant_id: int, search: OrderSearch, *, now: datetime
) -> dict[OrderStatus, int]:
    rows = session.execute(
        select(status_at(now).label("status"), func.count())
        .where(*conditions(merchant_id, search, now=now, any_status=True))
        .group_by("status")
    )
    return {OrderStatus(status): count for status, count in rows}


def _ids(merchant_id: int, search: OrderSearch, *, now: datetime) -> Select[int]:
    found = conditions(merchant_id, search, now=now)
    return select(Order.id).where(*found).order_by(*sorting(search.sort))


def _read(session: Session, ids: Sequence[int], *, now: datetime) -> tuple[OrderRow, ...]:
    rows = session.execute(_rows(now).where(Order.id.in_(ids)))
    by_id = {row.id: _row(row) for row in rows}
    return tuple(by_id[each] for each in ids if each in by_id)


def _rows(now: datetime) -> Select[*tuple[Any, ...]]:
    units = (
        select(func.sum(LineItem.quantity))
        .where(LineItem.order_id == Order.id)
        .correlate(Order)
        .scalar_subquery()
    )
    return (
        select(
            Order.id,
            Order.public_id,
            Order.number,
            status_at(now).label("status"),
            stage_now().label("stage"),
            Order.goods_minor,
            Order.discount_minor,
            Order.shipping_minor,
            Order.tax_minor,
            Order.total_minor,
            Order.refunded_minor,
            Order.currency,
            units.label("units"),
            Order.placed_at,
            Order.paid_at,
            OrderContact.name,
            OrderContact.email,
            Order.fulfilment,
            Interaction.kind.label("origin"),
            Placement.name.label("placement"),
            Channel.name.label("channel"),
            Campaign.name.label("campaign"),
        )
        .join(Placement, Placement.id == Order.placement_id)
        .join(Channel, Channel.id == Placement.channel_id)
        .outerjoin(Campaign, Campaign.id == Placement.campaign_id)
        .outerjoin(OrderContact, OrderContact.order_id == Order.id)
        .outerjoin(
            OrderOrigin,
            and_(OrderOrigin.merchant_id == Order.merchant_id, OrderOrigin.order_id == Order.id),
        )
        .outerjoin(Interaction, Interaction.id == OrderOrigin.interaction_id)
    )


def _row(row: Row[*tuple[Any, ...]]) -> OrderRow:
    return OrderRow(
        id=row.id,
        public_id=row.public_id,
        number=row.number,
        status=OrderStatus(row.status),
        stage=Stage(row.stage),
        goods=Money(row.goods_minor, row.currency),
        discount=Money(row.discount_minor, row.currency),
        shipping=Money(row.shipping_minor, row.currency),
        tax=Money(row.tax_minor, row.currency),
        total=Money(row.total_minor, row.currency),
        refunded=Money(row.refunded_minor, row.currency),
        units=int(row.units or 0),
        placed_at=row.placed_at,
        paid_at=row.paid_at,
        name=row.name or "",
        email=row.email or "",
        fulfilment=row.fulfilment,
        origin=row.origin,
        placement=row.placement,
        channel=row.channel,
        campaign=row.campaign or "",
    )

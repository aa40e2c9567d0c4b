"""Gifts as a merchant's list: a page of what is asked for, or all of it, row by row. Never a
code: its last four symbols are all that a member sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from gifting.domain import Status
from gifting.models import Gift, GiftCard, GiftContact
from gifting.reporting.search import (
    GiftSearch,
    Travel,
    conditions,
    moment_of,
    sorting,
    status_at,
    travel_at,
)
from storefront.domain.money import Money
from storefront.models import Order, OrderContact
from storefront.services.reporting.pages import Slice, cut
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Row, Select
    from sqlalchemy.orm import Session

    from gifting.reporting.search import Moment

PAGE_SIZE = 25
BATCH = 500
"""So many rows of an export are read at a time."""

EVERYTHING = GiftSearch()


@frozen
class GiftRow:
    """A gift in a list. `last_four` is "" and `balance` nothing before it is paid; names and the
    address are "" once they are erased."""

    id: int
    public_id: str
    title: str
    status: Status
    travel: Travel
    way: str
    last_four: str
    face: Money
    balance: Money
    paid: Money
    giver: str
    recipient: str
    email: str
    order: str
    number: int | None
    placed_at: datetime
    issued_at: datetime | None
    delivered_at: datetime | None
    opened_at: datetime | None
    thanked_at: datetime | None
    expires_on: date | None


@frozen
class GiftList:
    """One page of gifts. `counts` says how many of each status, by its code, the search finds."""

    rows: tuple[GiftRow, ...]
    slice: Slice
    counts: Mapping[str, int]

    @property
    def all(self) -> int:
        """How many gifts the search finds, whatever they are worth now."""
        return sum(self.counts.values())


def list_gifts(
    session: Session,
    merchant_id: int,
    search: GiftSearch = EVERYTHING,
    *,
    now: datetime,
    page: int = 1,
) -> GiftList:
    """Return a page of this merchant's gifts that are asked for."""
    moment = moment_of(session, merchant_id, now)
    counts = _counts(session, merchant_id, search, moment=moment)
    count = counts.get(search.status.value, 0) if search.status else sum(counts.values())
    cutting = cut(count, page, size=PAGE_SIZE)
    ids = session.scalars(
        _ids(merchant_id, search, moment).limit(cutting.size).offset(cutting.offset)
    ).all()
    return GiftList(_read(session, ids, moment), cutting, counts)


def every_gift(
    session: Session, merchant_id: int, search: GiftSearch, *, now: datetime
) -> Iterator[GiftRow]:
    """Yield all gifts that are asked for, in the list's order, a batch at a time."""
    moment = moment_of(session, merchant_id, now)
    ids = session.scalars(_ids(merchant_id, search, moment)).all()
    for start in range(0, len(ids), BATCH):
        yield from _read(session, ids[start : start + BATCH], moment)


def _joined(*columns: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(*columns)
        .select_from(Gift)
        .join(Order, Order.id == Gift.order_id)
        .outerjoin(GiftCard, GiftCard.gift_id == Gift.id)
        .outerjoin(GiftContact, GiftContact.gift_id == Gift.id)
        .outerjoin(OrderContact, OrderContact.order_id == Gift.order_id)
    )


def _counts(
    session: Session, merchant_id: int, search: GiftSearch, *, moment: Moment
) -> dict[str, int]:
    rows = session.execute(
        _joined(status_at(moment).label("status"), func.count())
        .where(*conditions(merchant_id, search, moment, any_status=True))
        .group_by("status")
    )
    return {row.status: row[1] for row in rows}


def _ids(merchant_id: int, search: GiftSearch, moment: Moment) -> Select[Any]:
    found = conditions(merchant_id, search, moment)
    return _joined(Gift.id).where(*found).order_by(*sorting(search.sort))


def _read(session: Session, ids: Sequence[int], moment: Moment) -> tuple[GiftRow, ...]:
    rows = session.execute(
        _joined(
            Gift,
            GiftCard.last_four,
            GiftCard.balance_minor,
            GiftCard.expires_on,
            GiftContact.sender,
            GiftContact.recipient,
            GiftContact.email,
            OrderContact.name.label("buyer"),
            Order.public_id.label("order"),
            Order.number,
            status_at(moment).label("status"),
            travel_at(moment).label("travel"),
        ).where(Gift.id.in_(ids))
    )
    by_id = {row.Gift.id: _row(row) for row in rows}
    return tuple(by_id[each] for each in ids if each in by_id)


def _row(row: Row[Any]) -> GiftRow:
    gift: Gift = row.Gift
    return GiftRow(
        id=gift.id,
        public_id=gift.public_id,
        title=gift.title,
        status=Status(row.status),
        travel=Travel(row.travel),
        way=gift.way,
        last_four=row.last_four or "",
        face=gift.face,
        balance=Money(row.balance_minor or 0, gift.currency),
        paid=gift.paid,
        giver=row.sender or row.buyer or "",
        recipient=row.recipient or "",
        email=row.email or "",
        order=row.order,
        number=row.number,
        placed_at=gift.placed_at,
        issued_at=gift.issued_at,
        delivered_at=gift.delivered_at,
        opened_at=gift.opened_at,
        thanked_at=gift.thanked_at,
        expires_on=row.expires_on,
    )

"""The close of a store's day: what each clerk has taken and undone, and whether the cards' ledger
says the same."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, select

from gifting.models import GiftEntry, Redemption, Reversal
from storefront.domain.money import Money, total
from storefront.models import Member
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from gifting.shifts import Shift

Figures = dict[int | None, tuple[int, int]]
"""Minor units and how often, by member; None is a till's machine."""


@frozen
class DayRow:
    """What one clerk has taken at a store on a day, and what was undone of it on that day."""

    who: str
    taken: Money
    takings: int
    undone: Money
    undoings: int

    @property
    def net(self) -> Money:
        """What remains taken."""
        return self.taken - self.undone


@frozen
class Day:
    """The close of a store's day. `booked` is what the cards' own ledger says: it is the same,
    or something is wrong."""

    rows: tuple[DayRow, ...]
    booked: Money
    currency: str

    @property
    def whole(self) -> DayRow:
        """All clerks together."""
        return DayRow(
            who="",
            taken=total((row.taken for row in self.rows), self.currency),
            takings=sum(row.takings for row in self.rows),
            undone=total((row.undone for row in self.rows), self.currency),
            undoings=sum(row.undoings for row in self.rows),
        )

    @property
    def difference(self) -> Money:
        """What the cards' ledger and the receipts differ by."""
        return self.booked - self.whole.net


def close_day(session: Session, shift: Shift, day: date) -> Day:
    """Return what was taken and undone at the store of a shift on a day of the merchant's zone.

    What is undone counts on the day of the undoing, for who took it.
    """
    zone, currency = ZoneInfo(shift.device.zone), shift.device.currency
    since = datetime.combine(day, time(), zone)
    until = datetime.combine(day + timedelta(days=1), time(), zone)
    here = and_(
        Redemption.merchant_id == shift.merchant_id, Redemption.store_id == shift.device.store_id
    )
    taken = _figures(
        session, _sums(here, Redemption.occurred_at >= since, Redemption.occurred_at < until)
    )
    undone = _figures(
        session,
        _sums(here, Reversal.occurred_at >= since, Reversal.occurred_at < until).join(
            Reversal, Reversal.redemption_id == Redemption.id
        ),
    )
    booked = session.scalar(
        select(func.sum(-GiftEntry.amount_minor))
        .join(Redemption, Redemption.id == GiftEntry.redemption_id)
        .where(here, GiftEntry.occurred_at >= since, GiftEntry.occurred_at < until)
    )
    names = _names(session, {*taken, *undone})
    rows = (
        _row(names[member_id], taken[member_id], undone[member_id], currency=currency)
        for member_id in {**taken, **undone}
    )
    return Day(
        rows=tuple(sorted(rows, key=lambda row: (not row.who, row.who))),
        booked=Money(int(booked or 0), currency),
        currency=currency,
    )


def _sums(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(Redemption.member_id, func.sum(Redemption.amount_minor), func.count(Redemption.id))
        .where(*conditions)
        .group_by(Redemption.member_id)
    )


def _figures(session: Session, statement: Select[*tuple[Any, ...]]) -> Figures:
    found: Figures = defaultdict(lambda: (0, 0))
    for member_id, minor, count in session.execute(statement):
        found[member_id] = (int(minor), count)
    return found


def _names(session: Session, member_ids: Iterable[int | None]) -> dict[int | None, str]:
    rows = session.execute(select(Member.id, Member.name).where(Member.id.in_(member_ids)))
    found: dict[int | None, str] = defaultdict(str)
    found.update((member_id, name) for member_id, name in rows)
    return found


def _row(who: str, taken: tuple[int, int], undone: tuple[int, int], *, currency: str) -> DayRow:
    return DayRow(
        who=who,
        taken=Money(taken[0], currency),
        takings=taken[1],
        undone=Money(undone[0], currency),
        undoings=undone[1],
    )

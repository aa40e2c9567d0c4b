"""How the last days went: visitors, paid orders and net money, in days of the merchant's zone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import case, distinct, func, select

from storefront.domain.money import FULL_SHARE, Money, total
from storefront.models import CreditEntry, Interaction, Order
from storefront.services.reporting.credits import MODEL
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Label
    from sqlalchemy.orm import InstrumentedAttribute, Session

    from storefront.services.views import MerchantView

DAYS = 7


@frozen
class Day:
    """What was paid on one day, less what went back on it for whichever order; a day may cost
    money. `starts_at` is its midnight in the merchant's zone."""

    starts_at: datetime
    orders: int
    money: Money


@frozen
class Period:
    """Some days taken together. `visitors` saw a placement, each counted once."""

    visitors: int
    orders: int
    money: Money

    @property
    def conversion(self) -> int | None:
        """Orders per visitor in parts of 10,000; None where the visitors came before."""
        if not self.visitors or self.orders > self.visitors:
            return None
        return round(FULL_SHARE * self.orders / self.visitors)


@frozen
class Glance:
    """Today, the last seven days, and each of them, the oldest first."""

    today: Period
    week: Period
    days: tuple[Day, ...]

    @property
    def best(self) -> int:
        """The best day's money in minor units, never below one, for drawing."""
        return max(1, *(day.money.minor for day in self.days))


def glance(session: Session, shop: MerchantView, *, now: datetime) -> Glance:
    """Return how the last seven days went, today included."""
    starts = day_starts(now, shop.zone)
    paid = _paid_by_day(session, shop.id, starts, now=now)
    earned = _earned_by_day(session, shop.id, starts, now=now)
    days = tuple(
        Day(start, paid.get(index, 0), Money(earned.get(index, 0), shop.currency))
        for index, start in enumerate(starts)
    )
    visitors_today, visitors = _visitors(session, shop.id, starts, now=now)
    return Glance(
        today=_together(days[-1:], visitors_today, shop.currency),
        week=_together(days, visitors, shop.currency),
        days=days,
    )


def day_starts(now: datetime, zone: str, count: int = DAYS) -> tuple[datetime, ...]:
    """Return the midnights in `zone` at which the last `count` days began, as moments in UTC."""
    place = ZoneInfo(zone)
    today = now.astimezone(place).date()
    days = (today - timedelta(days=back) for back in reversed(range(count)))
    return tuple(datetime.combine(day, time.min, tzinfo=place).astimezone(UTC) for day in days)


def _paid_by_day(
    session: Session, merchant_id: int, starts: Sequence[datetime], *, now: datetime
) -> Mapping[int, int]:
    """Count in the database, so that a busy week costs seven rows."""
    day = _day_of(Order.paid_at, starts)
    rows = session.execute(
        select(day, func.count())
        .where(Order.merchant_id == merchant_id, Order.paid_at >= starts[0], Order.paid_at <= now)
        .group_by("day")
    )
    return {index: int(count) for index, count in rows}


def _earned_by_day(
    session: Session, merchant_id: int, starts: Sequence[datetime], *, now: datetime
) -> Mapping[int, int]:
    """Add up what sales brought, less what refunds and disputes took, on the day of each."""
    day = _day_of(CreditEntry.occurred_at, starts)
    rows = session.execute(
        select(day, func.sum(CreditEntry.amount_minor))
        .where(
            CreditEntry.merchant_id == merchant_id,
            CreditEntry.model == MODEL,
            CreditEntry.occurred_at >= starts[0],
            CreditEntry.occurred_at <= now,
        )
        .group_by("day")
    )
    return {index: int(minor) for index, minor in rows}


def _day_of(
    moment: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
    starts: Sequence[datetime],
) -> Label[int]:
    later = enumerate(starts[1:])
    return case(*((moment < end, index) for index, end in later), else_=len(starts) - 1).label(
        "day"
    )


def _visitors(
    session: Session, merchant_id: int, starts: Sequence[datetime], *, now: datetime
) -> tuple[int, int]:
    today = case((Interaction.occurred_at >= starts[-1], Interaction.visitor))
    row = session.execute(
        select(func.count(distinct(today)), func.count(distinct(Interaction.visitor))).where(
            Interaction.merchant_id == merchant_id,
            Interaction.kind == "view",
            Interaction.occurred_at >= starts[0],
            Interaction.occurred_at <= now,
        )
    ).one()
    return row[0], row[1]


def _together(days: Sequence[Day], visitors: int, currency: str) -> Period:
    return Period(
        visitors=visitors,
        orders=sum(day.orders for day in days),
        money=total((day.money for day in days), currency),
    )

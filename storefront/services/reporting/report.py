"""What came of a stretch of days: money, orders and how people came to buy, and the same of the
stretch before. Every number is a sum over rows, so that it can be checked against them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, literal, select

from storefront.domain.money import Money
from storefront.models import CreditEntry, LedgerEntry, Order
from storefront.services.ledger import Account
from storefront.services.reporting.report_acts import Asked, By, count_acts
from storefront.services.reporting.report_rows import LAST, list_rows, share_of
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from storefront.domain.periods import Period, Step
    from storefront.services.reporting.report_rows import ReportRow
    from storefront.services.views import MerchantView

EARNED = (Account.SALES, Account.SHIPPING, Account.TAX)
TAKEN = (Account.DISPUTED, Account.LOSS)


@frozen
class Figures:
    """A period in numbers. `net` is what is left of `gross` after refunds and disputes; shipping
    and tax are parts of it. `checkouts` are orders that were placed, `orders` those paid."""

    gross: Money
    refunded: Money
    disputed: Money
    shipping: Money
    tax: Money
    views: int
    checkouts: int
    orders: int

    @property
    def net(self) -> Money:
        """What is left."""
        return self.gross - self.refunded - self.disputed

    @property
    def average(self) -> Money | None:
        """What a paid order came to, half a minor unit rounded up; None without one."""
        if not self.orders:
            return None
        return Money((2 * self.gross.minor + self.orders) // (2 * self.orders), self.gross.currency)

    @property
    def conversion(self) -> int | None:
        """Paid orders per view in parts of 10,000; None where the viewers came before."""
        return share_of(self.orders, self.views)


@frozen
class Bar:
    """A day (or month) of the period, and the one in its place in the period before."""

    step: Step
    orders: int
    net: Money
    before: Money


@frozen
class Report:
    """A period against the one before, as a whole, day by day, and by what brought it."""

    period: Period
    by: By
    now: Figures
    before: Figures
    bars: tuple[Bar, ...]
    rows: tuple[ReportRow, ...]

    @property
    def has_news(self) -> bool:
        """Whether anything at all happened in the period."""
        figures = self.now
        return bool(figures.views or figures.checkouts or figures.orders or self.rows)


def get_report(session: Session, shop: MerchantView, period: Period, *, by: By) -> Report:
    """Return the report of a period for this merchant."""
    asked = Asked(shop.id, shop.zone, shop.currency, period, by)
    return Report(
        period=period,
        by=by,
        now=_figures(session, asked),
        before=_figures(session, asked.before),
        bars=_bars(session, asked),
        rows=list_rows(session, asked),
    )


def _figures(session: Session, asked: Asked) -> Figures:
    books = _books(session, asked)

    def money(minor: int) -> Money:
        return Money(minor, asked.currency)

    return Figures(
        gross=money(-sum(books.get(("payment", account), 0) for account in EARNED)),
        refunded=money(
            sum(
                minor
                for (cause, account), minor in books.items()
                if account in EARNED and cause != "payment"
            )
        ),
        disputed=money(sum(minor for (_, account), minor in books.items() if account in TAKEN)),
        shipping=money(-_sum_of(books, Account.SHIPPING)),
        tax=money(-_sum_of(books, Account.TAX)),
        views=sum(count_acts(session, replace(asked, by=By.CHANNEL)).values()),
        checkouts=_count(session, asked, Order.placed_at),
        orders=_count(session, asked, Order.paid_at),
    )


def _books(session: Session, asked: Asked) -> Mapping[tuple[str, str], int]:
    rows = session.execute(
        select(LedgerEntry.cause, LedgerEntry.account, func.sum(LedgerEntry.amount_minor))
        .where(LedgerEntry.merchant_id == asked.merchant_id, *asked.within(LedgerEntry.occurred_at))
        .group_by(LedgerEntry.cause, LedgerEntry.account)
    )
    return {(cause, account): int(minor) for cause, account, minor in rows}


def _sum_of(books: Mapping[tuple[str, str], int], wanted: Account) -> int:
    return sum(minor for (_, account), minor in books.items() if account == wanted)


def _count(session: Session, asked: Asked, moment: Any) -> int:
    return (
        session.scalar(
            select(func.count(Order.id)).where(
                Order.merchant_id == asked.merchant_id, *asked.within(moment)
            )
        )
        or 0
    )


def _bars(session: Session, asked: Asked) -> tuple[Bar, ...]:
    steps, former = asked.period.steps, asked.period.before.steps
    net, before = _net_by_step(session, asked, steps), _net_by_step(session, asked, former)
    paid = _paid_by_step(session, asked, steps)
    return tuple(
        Bar(
            step,
            paid.get(index, 0),
            Money(net.get(index, 0), asked.currency),
            Money(before.get(index, 0), asked.currency),
        )
        for index, step in enumerate(steps)
    )


def _net_by_step(session: Session, asked: Asked, steps: tuple[Step, ...]) -> dict[int, int]:
    step = _step_of(CreditEntry.occurred_at, steps)
    rows = session.execute(
        select(step, func.sum(CreditEntry.amount_minor))
        .where(
            CreditEntry.merchant_id == asked.merchant_id,
            CreditEntry.model == LAST,
            CreditEntry.occurred_at >= steps[0].starts_at,
            CreditEntry.occurred_at < steps[-1].ends_at,
        )
        .group_by("step")
    )
    return {index: int(minor) for index, minor in rows}


def _paid_by_step(session: Session, asked: Asked, steps: tuple[Step, ...]) -> dict[int, int]:
    step = _step_of(Order.paid_at, steps)
    rows = session.execute(
        select(step, func.count())
        .where(
            Order.merchant_id == asked.merchant_id,
            Order.paid_at >= steps[0].starts_at,
            Order.paid_at < steps[-1].ends_at,
        )
        .group_by("step")
    )
    return {index: int(count) for index, count in rows}


def _step_of(moment: Any, steps: tuple[Step, ...]) -> Any:
    ends = ((moment < step.ends_at, index) for index, step in enumerate(steps[:-1]))
    last = len(steps) - 1
    return (case(*ends, else_=last) if last else literal(0)).label("step")

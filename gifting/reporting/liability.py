"""What a merchant owes on cards, by currency: now, and what moved it between two moments. Every
figure is a sum of entries; cards that were bought with test money never count in live mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, select

from gifting.models import GiftCard, GiftEntry
from gifting.reporting.search import is_expired, moment_of
from storefront.domain.money import Money
from storefront.kinds import Panel
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.orm import Session

GLANCE = "console/_gifts_glance.html"
MOVES = {
    "issued": ("issue",),
    "redeemed": ("redeem", "reverse"),
    "given_back": ("refund", "refund_failed"),
    "voided": ("void", "unvoid"),
    "adjusted": ("adjust",),
}
"""The kinds of entries that each figure sums; together they are all of them."""


@frozen
class Owed:
    """What is outstanding on cards of one currency: `expired` of it can no longer be spent, and
    `blocked` not for now."""

    balance: Money
    cards: int
    expired: Money
    blocked: Money


@frozen
class Movement:
    """What moved the outstanding balance of one currency between two moments, each with its sign:
    what it was at first and the five make what it was at last. `expired_first` and `expired_last`
    are the parts of those two on cards whose last day was over; `cards` is how many were issued."""

    first: Money
    issued: Money
    redeemed: Money
    given_back: Money
    voided: Money
    adjusted: Money
    last: Money
    expired_first: Money
    expired_last: Money
    cards: int

    @property
    def expired(self) -> Money:
        """What ran out in between, less what was taken off such cards since."""
        return self.expired_last - self.expired_first


def owed_now(
    session: Session, merchant_id: int, *, is_live: bool, now: datetime
) -> tuple[Owed, ...]:
    """Return what is outstanding, by currency; none where no card holds anything."""
    over = is_expired(moment_of(session, merchant_id, now))
    rows = session.execute(
        select(
            GiftCard.currency,
            func.sum(GiftCard.balance_minor).label("balance"),
            func.count().label("cards"),
            func.sum(case((over, GiftCard.balance_minor), else_=0)).label("expired"),
            func.sum(
                case((GiftCard.blocked_at.is_not(None), GiftCard.balance_minor), else_=0)
            ).label("blocked"),
        )
        .where(
            GiftCard.merchant_id == merchant_id,
            GiftCard.is_test.is_(not is_live),
            GiftCard.balance_minor > 0,
        )
        .group_by(GiftCard.currency)
        .order_by(GiftCard.currency)
    )
    return tuple(
        Owed(
            balance=Money(int(row.balance), row.currency),
            cards=row.cards,
            expired=Money(int(row.expired), row.currency),
            blocked=Money(int(row.blocked), row.currency),
        )
        for row in rows
    )


def movements(
    session: Session,
    merchant_id: int,
    *,
    since: datetime,
    until: datetime,
    is_live: bool,
    now: datetime,
) -> tuple[Movement, ...]:
    """Return what moved between two moments `[since, until)`, by currency."""
    is_before = GiftEntry.occurred_at < since
    was_over = is_expired(moment_of(session, merchant_id, since))
    is_over = is_expired(moment_of(session, merchant_id, min(until, now)))
    columns = [
        _sum(is_before).label("first"),
        _sum(~is_before).label("moved"),
        _sum(is_before & was_over).label("expired_first"),
        _sum(is_over).label("expired_last"),
        func.sum(case((~is_before & (GiftEntry.kind == "issue"), 1), else_=0)).label("cards"),
    ]
    columns += [
        _sum(~is_before & GiftEntry.kind.in_(kinds)).label(name) for name, kinds in MOVES.items()
    ]
    rows = session.execute(
        select(GiftEntry.currency, *columns)
        .join(GiftCard, GiftCard.id == GiftEntry.card_id)
        .where(
            GiftEntry.merchant_id == merchant_id,
            GiftEntry.occurred_at < until,
            GiftCard.is_test.is_(not is_live),
        )
        .group_by(GiftEntry.currency)
        .order_by(GiftEntry.currency)
    )
    return tuple(_movement(row) for row in rows)


def _sum(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.sum(case((condition, GiftEntry.amount_minor), else_=0))


def _movement(row: Row[Any]) -> Movement:
    def money(minor: int) -> Money:
        return Money(int(minor), row.currency)

    return Movement(
        first=money(row.first),
        issued=money(row.issued),
        redeemed=money(row.redeemed),
        given_back=money(row.given_back),
        voided=money(row.voided),
        adjusted=money(row.adjusted),
        last=money(row.first + row.moved),
        expired_first=money(row.expired_first),
        expired_last=money(row.expired_last),
        cards=int(row.cards),
    )


def glance(session: Session, merchant_id: int, *, is_live: bool, now: datetime) -> Panel | None:
    """Return what the console's first page says about cards; None where none holds anything."""
    owed = owed_now(session, merchant_id, is_live=is_live, now=now)
    return Panel("gifts", GLANCE, {"owed": owed}, None) if owed else None

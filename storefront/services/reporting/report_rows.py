"""What each channel, placement, campaign or share brought: seen, ordered, paid, and its money
under both models side by side."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, func, select

from storefront.domain.money import FULL_SHARE, Money
from storefront.models import Attribution, CreditEntry, Order, OrderOrigin
from storefront.services.reporting.report_acts import NONE, By, count_acts
from storefront.services.reporting.report_names import OTHERS, names_of
from storefront.values import frozen

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storefront.services.reporting.report_acts import Asked
    from storefront.services.reporting.report_names import Name

LAST, LINEAR = "last_touch", "linear"
MOST_ROWS = 100
"""All further ones are one row together."""

DIRECT = -1
"""The key of sales that nothing social led to."""


@frozen
class ReportRow:
    """What one of them brought. Under last touch an order belongs to one whole; under linear in
    parts of 10,000 to all that led to it. `before` is last-touch money of the period before."""

    name: Name
    views: int
    checkouts: int
    orders: int
    orders_linear: int
    net: Money
    net_linear: Money
    before: Money

    @property
    def conversion(self) -> int | None:
        """Paid orders per view in parts of 10,000; None where the viewers came before."""
        return share_of(self.orders, self.views)


@dataclass
class _Sums:
    """Numbers of one key while they are added up."""

    acts: int = 0
    checkouts: int = 0
    shares: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    minor: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    minor_before: int = 0


def share_of(part: int, whole: int) -> int | None:
    """Return a part of a whole in parts of 10,000; None where it is none."""
    return round(FULL_SHARE * part / whole) if whole and part <= whole else None


def list_rows(session: Session, asked: Asked) -> tuple[ReportRow, ...]:
    """Return what each brought, the most money first; together they are the whole."""
    sums = _sums(session, asked)
    names = names_of(session, asked.merchant_id, asked.by.value, keys=sums)
    together: dict[Name, _Sums] = defaultdict(_Sums)
    for key, each in sums.items():
        _merge(together[names[key]], each)
    ranked = sorted(together, key=lambda name: (*_rank(together[name]), name.text))
    for name in ranked[MOST_ROWS:]:
        _merge(together[OTHERS], together[name])
    shown = [*ranked[:MOST_ROWS], *([OTHERS] if OTHERS in together else [])]
    return tuple(_row(name, together[name], asked.currency) for name in shown)


def _rank(sums: _Sums) -> tuple[int, int, int]:
    return (-sums.minor[LAST], -sums.minor[LINEAR], -sums.acts)


def _merge(into: _Sums, each: _Sums) -> None:
    into.acts += each.acts
    into.checkouts += each.checkouts
    into.minor_before += each.minor_before
    for model in (LAST, LINEAR):
        into.shares[model] += each.shares[model]
        into.minor[model] += each.minor[model]


def _row(name: Name, sums: _Sums, currency: str) -> ReportRow:
    return ReportRow(
        name=name,
        views=sums.acts,
        checkouts=sums.checkouts,
        orders=sums.shares[LAST] // FULL_SHARE,
        orders_linear=sums.shares[LINEAR],
        net=Money(sums.minor[LAST], currency),
        net_linear=Money(sums.minor[LINEAR], currency),
        before=Money(sums.minor_before, currency),
    )


def _sums(session: Session, asked: Asked) -> dict[int, _Sums]:
    """Add up every kind of number by the key of a placement or share."""
    sums: defaultdict[int, _Sums] = defaultdict(_Sums)
    for key, count in count_acts(session, asked).items():
        if key or asked.by is not By.SHARE:
            sums[key].acts = count
    for key, count in _checkouts(session, asked):
        sums[key].checkouts = int(count)
    for key, model, share in _shares(session, asked):
        sums[key].shares[model] = int(share)
    for key, model, minor in _credit(session, asked):
        sums[key].minor[model] = int(minor)
    for key, model, minor in _credit(session, asked.before):
        if model == LAST:
            sums[key].minor_before = int(minor)
    return dict(sums)


def _key(credited: Any, asked: Asked) -> Any:
    """Return the key of what is credited: direct, none of this kind, or the row's own id."""
    is_direct = credited.interaction_id.is_(None)
    filed = func.coalesce(asked.column(credited), NONE)
    return case((is_direct, DIRECT), else_=filed).label("key")


def _checkouts(session: Session, asked: Asked) -> Any:
    return session.execute(
        select(_key(OrderOrigin, asked), func.count())
        .select_from(Order)
        .join(
            OrderOrigin,
            and_(OrderOrigin.merchant_id == Order.merchant_id, OrderOrigin.order_id == Order.id),
        )
        .where(Order.merchant_id == asked.merchant_id, *asked.within(Order.placed_at))
        .group_by("key")
    )


def _shares(session: Session, asked: Asked) -> Any:
    return session.execute(
        select(_key(Attribution, asked), Attribution.model, func.sum(Attribution.share))
        .where(Attribution.merchant_id == asked.merchant_id, *asked.within(Attribution.assigned_at))
        .group_by("key", Attribution.model)
    )


def _credit(session: Session, asked: Asked) -> Any:
    return session.execute(
        select(_key(CreditEntry, asked), CreditEntry.model, func.sum(CreditEntry.amount_minor))
        .where(
            CreditEntry.merchant_id == asked.merchant_id,
            CreditEntry.model.in_((LAST, LINEAR)),
            *asked.within(CreditEntry.occurred_at),
        )
        .group_by("key", CreditEntry.model)
    )

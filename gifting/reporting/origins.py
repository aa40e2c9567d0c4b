"""What placements brought in gifts: what was paid for them, what was redeemed, what was spent on
top, and what recipients and their friends bought next. Each is counted once, at the post that the
gift came from."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, literal, select

from gifting.models import Gift, GiftCard, GiftEntry, Redemption, Reversal
from storefront.domain.money import Money
from storefront.models import Campaign, Interaction, Order, OrderOrigin, Placement
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

ACTS = ("gift_open", "thanks", "redeem")
"""What a recipient does with a gift; whatever grows from it came by the gift."""

LONGEST = 50
"""So many acts are walked back from a sale, as in an order's line."""


@dataclass
class _Sums:
    gifts: int = 0
    paid: int = 0
    redeemed: int = 0
    on_top: int = 0
    orders: int = 0
    follow_on: int = 0


@frozen
class OriginRow:
    """What one placement, campaign or the direct way brought. `paid` is net of what went back,
    `redeemed` net of what was undone, `follow_on` is the net money of `orders` that grew from the
    gifts, less what was paid in them for gifts, which `paid` has."""

    name: str
    gifts: int
    paid: Money
    redeemed: Money
    on_top: Money
    orders: int
    follow_on: Money

    @property
    def brought(self) -> Money:
        """All the money that came in by it, each once."""
        return self.paid + self.on_top + self.follow_on


@frozen
class _Found:
    id: int
    paid: int
    placement: str
    campaign: str


def by_origin(
    session: Session,
    merchant_id: int,
    *,
    since: datetime,
    until: datetime,
    currency: str,
    is_live: bool,
    is_by_campaign: bool = False,
) -> tuple[OriginRow, ...]:
    """Return what came of the gifts that were issued in `[since, until)`, by the placement (or
    campaign) whose act sold them; "" is direct, or without a campaign. Most money first."""
    gifts = _gifts(session, merchant_id, since=since, until=until, is_live=is_live)
    name_of = {each.id: each.campaign if is_by_campaign else each.placement for each in gifts}
    rows: dict[str, _Sums] = defaultdict(_Sums)
    for each in gifts:
        rows[name_of[each.id]].gifts += 1
        rows[name_of[each.id]].paid += each.paid
    for gift_id, minor in _redeemed(session, merchant_id, name_of):
        rows[name_of[gift_id]].redeemed += minor
    for gift_id, minor in _on_top(session, merchant_id, name_of):
        rows[name_of[gift_id]].on_top += minor
    for gift_id, minor in grown_from(session, merchant_id, name_of):
        rows[name_of[gift_id]].orders += 1
        rows[name_of[gift_id]].follow_on += minor
    told = [_row(name, sums, currency) for name, sums in rows.items()]
    return tuple(sorted(told, key=lambda row: (-row.brought.minor, row.name)))


def _row(name: str, sums: _Sums, currency: str) -> OriginRow:
    return OriginRow(
        name=name,
        gifts=sums.gifts,
        paid=Money(sums.paid, currency),
        redeemed=Money(sums.redeemed, currency),
        on_top=Money(sums.on_top, currency),
        orders=sums.orders,
        follow_on=Money(sums.follow_on, currency),
    )


def _gifts(
    session: Session, merchant_id: int, *, since: datetime, until: datetime, is_live: bool
) -> list[_Found]:
    rows = session.execute(
        select(
            Gift.id,
            Gift.paid_minor - func.coalesce(_given_back(), 0),
            func.coalesce(Placement.name, ""),
            func.coalesce(Campaign.name, ""),
        )
        .join(GiftCard, GiftCard.gift_id == Gift.id)
        .outerjoin(Interaction, Interaction.id == Gift.origin_interaction_id)
        .outerjoin(Placement, Placement.id == Interaction.placement_id)
        .outerjoin(Campaign, Campaign.id == Placement.campaign_id)
        .where(
            Gift.merchant_id == merchant_id,
            Gift.issued_at >= since,
            Gift.issued_at < until,
            GiftCard.is_test.is_(not is_live),
        )
    )
    return [_Found(key, int(paid), *names) for key, paid, *names in rows]


def _given_back() -> ColumnElement[int]:
    return (
        select(func.sum(GiftEntry.money_minor))
        .where(GiftEntry.card_id == GiftCard.id)
        .correlate(GiftCard)
        .scalar_subquery()
    )


def _redeemed(session: Session, merchant_id: int, gifts: Iterable[int]) -> list[tuple[int, int]]:
    rows = session.execute(
        select(GiftCard.gift_id, -func.sum(GiftEntry.amount_minor))
        .join(GiftEntry, GiftEntry.card_id == GiftCard.id)
        .where(GiftCard.merchant_id == merchant_id, GiftEntry.kind.in_(("redeem", "reverse")))
        .group_by(GiftCard.gift_id)
    )
    return [(gift_id, int(minor)) for gift_id, minor in rows if gift_id in gifts]


def _on_top(session: Session, merchant_id: int, gifts: Iterable[int]) -> list[tuple[int, int]]:
    rows = session.execute(
        select(GiftCard.gift_id, func.sum(Redemption.basket_minor - Redemption.amount_minor))
        .join(Redemption, Redemption.card_id == GiftCard.id)
        .outerjoin(Reversal, Reversal.redemption_id == Redemption.id)
        .where(
            GiftCard.merchant_id == merchant_id,
            Redemption.basket_minor.is_not(None),
            Reversal.id.is_(None),
        )
        .group_by(GiftCard.gift_id)
    )
    return [(gift_id, int(minor or 0)) for gift_id, minor in rows if gift_id in gifts]


def grown_from(
    session: Session, merchant_id: int, gifts: Iterable[int], *, kinds: Iterable[str] = ACTS
) -> list[tuple[int, int]]:
    """Return the gift and the net money of each sale that grew from one of these gifts by an act
    of these kinds; a sale belongs to the nearest gift on its line."""
    line = (
        select(
            OrderOrigin.order_id.label("order_id"),
            OrderOrigin.interaction_id.label("act_id"),
            literal(0).label("depth"),
        )
        .where(OrderOrigin.merchant_id == merchant_id, OrderOrigin.interaction_id.is_not(None))
        .cte("line", recursive=True)
    )
    line = line.union_all(
        select(line.c.order_id, Interaction.parent_id, line.c.depth + 1)
        .join(Interaction, Interaction.id == line.c.act_id)
        .where(
            Interaction.merchant_id == merchant_id,
            Interaction.parent_id.is_not(None),
            line.c.depth < LONGEST,
        )
    )
    of_gifts = (
        select(func.coalesce(func.sum(Gift.paid_minor - func.coalesce(_given_back(), 0)), 0))
        .join(GiftCard, GiftCard.gift_id == Gift.id)
        .where(Gift.order_id == Order.id)
        .correlate(Order)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Order.id, Gift.id, Order.total_minor - Order.refunded_minor - of_gifts)
        .join(line, line.c.order_id == Order.id)
        .join(Interaction, Interaction.id == line.c.act_id)
        .join(
            Gift,
            and_(Gift.merchant_id == merchant_id, Gift.visitor == Interaction.visitor),
        )
        .where(Interaction.kind.in_(tuple(kinds)), Order.paid_at.is_not(None))
        .order_by(Order.id, line.c.depth)
    )
    nearest: dict[int, tuple[int, int]] = {}
    for order_id, gift_id, minor in rows:
        nearest.setdefault(order_id, (gift_id, int(minor)))
    return [found for found in nearest.values() if found[0] in gifts]

"""What each interaction has earned of an order, in money: all that the buyer paid, credited when it
is paid, taken back by refunds and disputes, given again when those come to nothing. Who shares it
is in attribution."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from storefront.db.hot import insert_rows
from storefront.domain.money import split
from storefront.models import CreditEntry, Order
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.db.hot import AnyRow
    from storefront.db.together import Group
    from storefront.services.attribution import Share


SALE = "sale"


@frozen
class Part:
    """One interaction's part of an order under a model, and where that was; its weight is a share
    or an amount."""

    model: str
    position: int
    interaction_id: int | None
    placement_id: int | None
    share_id: int | None
    weight: int


PLACE = (
    CreditEntry.model,
    CreditEntry.position,
    CreditEntry.interaction_id,
    CreditEntry.placement_id,
    CreditEntry.share_id,
)
"""What tells the parts of an order from each other, in the order of a `Part`."""


def sold(order: AnyRow, shares: Iterable[Share], *, now: datetime) -> Group:
    """Return the rows that share out what a paid order has earned, under every model to the
    cent."""
    by_model: defaultdict[str, list[Part]] = defaultdict(list)
    for each in shares:
        where = each.interaction_id, each.placement_id, each.share_id
        by_model[each.model].append(Part(each.model, each.position, *where, weight=each.share))
    parts = _share_out(by_model.values(), order.total_minor)
    return CreditEntry, _entries(order, parts, cause=SALE, reference=order.public_id, now=now)


def debit(
    session: Session, order_id: int, minor: int, *, cause: str, reference: str, now: datetime
) -> None:
    """Take an amount from what each interaction has left of an order, in proportion to it."""
    order = session.get_one(Order, order_id)
    taken = [replace(p, weight=-p.weight) for p in _share_out(_left(session, order), minor)]
    _enter(session, order, taken, cause=cause, reference=reference, now=now)


def undo(
    session: Session, order_id: int, cause: str, *, reference: str, by: str, now: datetime
) -> None:
    """Write the opposite of what was taken, from its stored parts, with `by` as its cause."""
    order = session.get_one(Order, order_id)
    rows = session.execute(
        select(*PLACE, -CreditEntry.amount_minor).where(
            CreditEntry.merchant_id == order.merchant_id,
            CreditEntry.order_id == order.id,
            CreditEntry.cause == cause,
            CreditEntry.reference == reference,
        )
    )
    parts = [Part(*row) for row in rows]
    _enter(session, order, parts, cause=by, reference=reference, now=now)


def _left(session: Session, order: Order) -> Collection[list[Part]]:
    by_model: defaultdict[str, list[Part]] = defaultdict(list)
    for row in session.execute(
        select(*PLACE, func.sum(CreditEntry.amount_minor))
        .where(CreditEntry.merchant_id == order.merchant_id, CreditEntry.order_id == order.id)
        .group_by(*PLACE)
        .order_by(CreditEntry.model, CreditEntry.position)
    ):
        part = Part(*row)
        by_model[part.model].append(replace(part, weight=int(part.weight)))
    return by_model.values()


def _share_out(by_model: Collection[list[Part]], minor: int) -> list[Part]:
    """Give each part its amount as its weight."""
    return [
        replace(part, weight=amount)
        for parts in by_model
        for part, amount in zip(parts, split(minor, _weights(parts)), strict=True)
    ]


def _weights(parts: Sequence[Part]) -> list[int]:
    """Return the parts' weights; where nothing is left of any, they bear the rest alike."""
    weights = [max(0, part.weight) for part in parts]
    return weights if any(weights) else [1] * len(parts)


def _enter(
    session: Session,
    order: Order,
    parts: Sequence[Part],
    *,
    cause: str,
    reference: str,
    now: datetime,
) -> None:
    entries = _entries(order, parts, cause=cause, reference=reference, now=now)
    insert_rows(session, CreditEntry, entries)


def _entries(
    order: Order | AnyRow,
    parts: Sequence[Part],
    *,
    cause: str,
    reference: str,
    now: datetime,
) -> list[dict[str, object]]:
    return [
        {
            "merchant_id": order.merchant_id,
            "order_id": order.id,
            "model": part.model,
            "position": part.position,
            "interaction_id": part.interaction_id,
            "placement_id": part.placement_id,
            "share_id": part.share_id,
            "amount_minor": part.weight,
            "currency": order.currency,
            "cause": cause,
            "reference": reference,
            "occurred_at": now,
        }
        for part in parts
        if part.weight
    ]

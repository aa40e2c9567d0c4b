"""Link a sale to what led to it: freeze the path when an order is placed, share the credit
when it is paid, and read the line back for people."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from storefront.domain.attribution import (
    ARRIVALS,
    ENGAGEMENTS,
    MAX_TOUCHPOINTS,
    MODELS,
    Touch,
    freeze_path,
    origin_index,
)
from storefront.domain.money import FULL_SHARE, split
from storefront.models import (
    Attribution,
    CreditEntry,
    Interaction,
    Order,
    OrderOrigin,
    OrderTouchpoint,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy.orm import Session

    from storefront.models import Refund
    from storefront.services.visitors import Visitor


@dataclass(frozen=True)
class Part:
    """One interaction's part of an order under a model; its weight is a share or an amount."""

    model: str
    position: int
    interaction_id: int | None
    weight: int


READ_AT_MOST = 10 * MAX_TOUCHPOINTS
"""So many of a visitor's newest interactions are looked at: a robot must not slow an order."""


def find_path(
    session: Session, merchant_id: int, visitor: Visitor, *, now: datetime, lookback: timedelta
) -> tuple[Touch, ...]:
    """Return the visitor's touchpoints that count towards an order placed now."""
    rows = session.execute(
        select(
            Interaction.id,
            Interaction.kind,
            Interaction.occurred_at,
            Interaction.is_direct,
            Interaction.parent_id,
        )
        .where(
            Interaction.merchant_id == merchant_id,
            Interaction.visitor == visitor.key,
            Interaction.occurred_at >= now - lookback,
            Interaction.kind.in_(ARRIVALS | ENGAGEMENTS),
        )
        .order_by(Interaction.occurred_at.desc())
        .limit(READ_AT_MOST)
    )
    touches = [
        Touch(row.id, row.kind, row.occurred_at, row.is_direct, continues=_landing(row))
        for row in rows
    ]
    return freeze_path(touches, now, lookback)


def _landing(row: object) -> int | None:
    return row.parent_id if row.kind == "view" else None  # type: ignore[attr-defined]


def freeze(
    session: Session, merchant_id: int, order_id: int, *, path: Sequence[Touch], evidence: str
) -> None:
    """Write the order's path and its one origin, which later visits can never change."""
    if path:
        session.execute(
            insert(OrderTouchpoint),
            [
                {
                    "merchant_id": merchant_id,
                    "order_id": order_id,
                    "position": position,
                    "interaction_id": touch.interaction_id,
                    "kind": touch.kind,
                    "occurred_at": touch.occurred_at,
                }
                for position, touch in enumerate(path)
            ],
        )
    index = origin_index([touch.kind for touch in path])
    session.execute(
        insert(OrderOrigin).values(
            merchant_id=merchant_id,
            order_id=order_id,
            interaction_id=None if index is None else path[index].interaction_id,
            evidence=evidence,
        )
    )


def assign(session: Session, merchant_id: int, order_id: int, *, now: datetime) -> None:
    """Share the credit of a paid order under every model; called once, when it is paid."""
    path = session.execute(
        select(OrderTouchpoint.interaction_id, OrderTouchpoint.kind)
        .where(OrderTouchpoint.merchant_id == merchant_id, OrderTouchpoint.order_id == order_id)
        .order_by(OrderTouchpoint.position)
    ).all()
    session.execute(
        insert(Attribution),
        [
            {
                "merchant_id": merchant_id,
                "order_id": order_id,
                "model": model,
                "position": position,
                "interaction_id": interaction_id,
                "share": share,
                "assigned_at": now,
            }
            for model, position, interaction_id, share in _shares(path)
        ],
    )


def _shares(path: Sequence[Sequence[object]]) -> list[tuple[str, int, object, int]]:
    if not path:
        return [(model, 0, None, FULL_SHARE) for model in MODELS]
    kinds = [str(kind) for _, kind in path]
    return [
        (model, position, path[position][0], share)
        for model, share_out in MODELS.items()
        for position, share in enumerate(share_out(kinds))
        if share
    ]


def credit_sale(session: Session, order: Order, *, now: datetime) -> None:
    """Share out what a paid order has earned, under every model to the cent."""
    shares: defaultdict[str, list[Part]] = defaultdict(list)
    for row in session.execute(
        select(
            Attribution.model, Attribution.position, Attribution.interaction_id, Attribution.share
        )
        .where(Attribution.merchant_id == order.merchant_id, Attribution.order_id == order.id)
        .order_by(Attribution.model, Attribution.position)
    ):
        shares[row.model].append(Part(row.model, row.position, row.interaction_id, row.share))
    _enter(
        session,
        order,
        _share_out(shares.values(), order.total_minor),
        cause="sale",
        reference=order.public_id,
        now=now,
    )


def debit_refund(session: Session, order_id: int, refund: Refund, *, now: datetime) -> None:
    """Take a refund from what each interaction has left of an order, in proportion to it."""
    order = session.get_one(Order, order_id)
    taken = _share_out(_left(session, order), refund.amount_minor)
    _enter(
        session,
        order,
        [replace(part, weight=-part.weight) for part in taken],
        cause="refund",
        reference=refund.public_id,
        now=now,
    )


def undo_debit(session: Session, order_id: int, refund: Refund, *, now: datetime) -> None:
    """Write the opposite of what a failed refund took, from its stored parts."""
    order = session.get_one(Order, order_id)
    rows = session.execute(
        select(
            CreditEntry.model,
            CreditEntry.position,
            CreditEntry.interaction_id,
            -CreditEntry.amount_minor,
        ).where(
            CreditEntry.merchant_id == order.merchant_id,
            CreditEntry.order_id == order.id,
            CreditEntry.cause == "refund",
            CreditEntry.reference == refund.public_id,
        )
    )
    parts = [Part(*row) for row in rows]
    _enter(session, order, parts, cause="refund_failed", reference=refund.public_id, now=now)


def _left(session: Session, order: Order) -> Collection[list[Part]]:
    by_model: defaultdict[str, list[Part]] = defaultdict(list)
    for row in session.execute(
        select(
            CreditEntry.model,
            CreditEntry.position,
            CreditEntry.interaction_id,
            func.sum(CreditEntry.amount_minor),
        )
        .where(CreditEntry.merchant_id == order.merchant_id, CreditEntry.order_id == order.id)
        .group_by(CreditEntry.model, CreditEntry.position, CreditEntry.interaction_id)
        .order_by(CreditEntry.model, CreditEntry.position)
    ):
        model, position, interaction_id, left = row
        by_model[model].append(Part(model, position, interaction_id, int(left)))
    return by_model.values()


def _share_out(by_model: Collection[list[Part]], minor: int) -> list[Part]:
    """Give each part its amount as its weight."""
    return [
        replace(part, weight=amount)
        for parts in by_model
        for part, amount in zip(parts, split(minor, [part.weight for part in parts]), strict=True)
    ]


def _enter(
    session: Session,
    order: Order,
    parts: Sequence[Part],
    *,
    cause: str,
    reference: str,
    now: datetime,
) -> None:
    entries = [
        {
            "merchant_id": order.merchant_id,
            "order_id": order.id,
            "model": part.model,
            "position": part.position,
            "interaction_id": part.interaction_id,
            "amount_minor": part.weight,
            "currency": order.currency,
            "cause": cause,
            "reference": reference,
            "occurred_at": now,
        }
        for part in parts
        if part.weight
    ]
    if entries:
        session.execute(insert(CreditEntry), entries)

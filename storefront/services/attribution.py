"""Link a sale to what led to it: freeze the path when an order is placed, share the credit
when it is paid, and read the line back for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from storefront.domain.attribution import (
    ARRIVALS,
    ENGAGEMENTS,
    MAX_TOUCHPOINTS,
    MODELS,
    Touch,
    freeze_path,
    origin_index,
)
from storefront.domain.money import FULL_SHARE
from storefront.models import (
    Attribution,
    Interaction,
    OrderOrigin,
    OrderTouchpoint,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from sqlalchemy.orm import Session

    from storefront.services.visitors import Visitor


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

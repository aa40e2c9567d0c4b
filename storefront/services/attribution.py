"""Link a sale to what led to it: freeze the path when an order is placed, share the credit
when it is paid, and read the line back for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from storefront import values
from storefront.db.hot import read, table_of
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
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy.orm import Session

    from storefront.db.hot import AnyRow, Asked
    from storefront.db.together import Group
    from storefront.services.visitors import Visitor


READ_AT_MOST = 10 * MAX_TOUCHPOINTS
"""So many of a visitor's newest interactions are looked at: a robot must not slow an order."""

_act, _touchpoint = table_of(Interaction), table_of(OrderTouchpoint)
TOUCHES = (
    select(
        _act.c.id,
        _act.c.kind,
        _act.c.occurred_at,
        _act.c.is_direct,
        _act.c.parent_id,
        _act.c.placement_id,
        _act.c.share_id,
    )
    .where(
        _act.c.merchant_id == bindparam("merchant_id"),
        _act.c.visitor == bindparam("visitor"),
        _act.c.occurred_at >= bindparam("since"),
        _act.c.kind.in_(sorted(ARRIVALS | ENGAGEMENTS)),
    )
    .order_by(_act.c.occurred_at.desc())
    .limit(READ_AT_MOST)
)
PATH = (
    select(_touchpoint.c.interaction_id, _touchpoint.c.kind, _act.c.placement_id, _act.c.share_id)
    .join(_act, _act.c.id == _touchpoint.c.interaction_id)
    .where(
        _touchpoint.c.merchant_id == bindparam("merchant_id"),
        _touchpoint.c.order_id == bindparam("order_id"),
    )
    .order_by(_touchpoint.c.position)
)


def find_path(
    session: Session, merchant_id: int, visitor: Visitor, *, now: datetime, lookback: timedelta
) -> tuple[Touch, ...]:
    """Return the visitor's touchpoints that count towards an order placed now."""
    rows = read(
        session, TOUCHES, merchant_id=merchant_id, visitor=visitor.key, since=now - lookback
    )
    touches = [
        Touch(
            row.id,
            row.kind,
            row.occurred_at,
            row.is_direct,
            continues=_landing(row),
            placement_id=row.placement_id,
            share_id=row.share_id,
        )
        for row in rows
    ]
    return freeze_path(touches, now, lookback)


def _landing(row: object) -> int | None:
    return row.parent_id if row.kind == "view" else None  # type: ignore[attr-defined]


def frozen(
    merchant_id: int, order_id: object, *, path: Sequence[Touch], evidence: str
) -> tuple[Group, Group]:
    """Return the rows of an order's path and its one origin, which later visits can never change;
    they are inserted together with it."""
    touchpoints = [
        {
            "merchant_id": merchant_id,
            "order_id": order_id,
            "position": position,
            "interaction_id": touch.interaction_id,
            "kind": touch.kind,
            "occurred_at": touch.occurred_at,
        }
        for position, touch in enumerate(path)
    ]
    index = origin_index([touch.kind for touch in path])
    origin = None if index is None else path[index]
    row = {
        "merchant_id": merchant_id,
        "order_id": order_id,
        "interaction_id": origin.interaction_id if origin else None,
        "placement_id": origin.placement_id if origin else None,
        "share_id": origin.share_id if origin else None,
        "evidence": evidence,
    }
    return (OrderTouchpoint, touchpoints), (OrderOrigin, [row])


@values.frozen
class Share:
    """What one touchpoint of an order gets under a model, in hundredths of a per cent, and where it
    was. `share_id` is a shared link, which is another thing."""

    model: str
    position: int
    interaction_id: int | None
    placement_id: int | None
    share_id: int | None
    share: int


def path_asked(merchant_id: int, order_id: int) -> Asked:
    """Return what asks for an order's path, which `shares_of` wants to know."""
    return PATH, {"merchant_id": merchant_id, "order_id": order_id}


def assigned(merchant_id: int, order_id: int, shares: Iterable[Share], *, now: datetime) -> Group:
    """Return the rows of those shares; they are inserted once, when the order is paid."""
    return (
        Attribution,
        [
            {
                "merchant_id": merchant_id,
                "order_id": order_id,
                "model": each.model,
                "position": each.position,
                "interaction_id": each.interaction_id,
                "placement_id": each.placement_id,
                "share_id": each.share_id,
                "share": each.share,
                "assigned_at": now,
            }
            for each in shares
        ],
    )


def shares_of(path: Sequence[AnyRow]) -> list[Share]:
    """Return how the credit of an order that was just paid is shared under every model."""
    if not path:
        return [Share(model, 0, None, None, None, FULL_SHARE) for model in MODELS]
    kinds = [row.kind for row in path]
    return [
        Share(model, position, *_where(path[position]), share)
        for model, share_out in MODELS.items()
        for position, share in enumerate(share_out(kinds))
        if share
    ]


def _where(row: AnyRow) -> tuple[int, int | None, int | None]:
    return row.interaction_id, row.placement_id, row.share_id

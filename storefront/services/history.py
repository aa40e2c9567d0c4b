"""An order's history: one line for each thing that happened to it, never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.db.hot import insert_row
from storefront.models import OrderEvent

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def note(
    session: Session,
    merchant_id: int,
    order_id: int,
    *,
    kind: str,
    now: datetime,
    detail: str = "",
    member_id: int | None = None,
) -> int:
    """Add one line to an order's history, and return its id: ids and figures only."""
    happened = line(merchant_id, order_id, kind=kind, now=now, detail=detail, member_id=member_id)
    return insert_row(session, OrderEvent, **happened)


def line(
    merchant_id: int,
    order_id: object,
    *,
    kind: str,
    now: datetime,
    detail: str = "",
    member_id: int | None = None,
) -> dict[str, object]:
    """Return a line of an order's history, for who inserts it with others."""
    return {
        "merchant_id": merchant_id,
        "order_id": order_id,
        "kind": kind,
        "detail": detail,
        "member_id": member_id,
        "occurred_at": now,
    }

"""Who takes gifts: a clerk at a counter, or a merchant's own machine by its token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    Confirm = Callable[[Session, datetime], None]


@frozen
class Till:
    """Whoever asks, and where they stand. `caller` names the device or token for request keys and
    limits.

    `is_senior` is a manager or a machine: they may undo what others took, at any time. `confirm`
    raises where they may no longer act; it is asked within the transaction that acts. Where
    `is_token`, `caller` is a token's public id, and a statement can ask by itself whether it is
    good.
    """

    merchant_id: int
    store_id: int
    caller: str
    member_id: int | None
    device_id: int | None
    is_senior: bool
    confirm: Confirm
    is_token: bool = False

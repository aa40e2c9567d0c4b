"""When to ask the gateway again how a refund or a dispute stands: messages about it may be lost."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

ABOUT_REFUND: Sequence[timedelta] = (
    timedelta(minutes=10),
    timedelta(hours=1),
    *(timedelta(days=days) for days in (1, 3, 7, 14, 30, 45)),
)
"""A bank may send a refund back for about a month, also one that the gateway called done."""

ABOUT_DISPUTE: Sequence[timedelta] = tuple(
    timedelta(days=days) for days in (*range(1, 31), *range(33, 121, 3))
)
"""Evidence is due within three weeks, and a bank may take two months and more to decide."""


def next_question(plan: Sequence[timedelta], *, since: datetime, now: datetime) -> datetime | None:
    """Return the first moment of a plan that is still to come, or None after its end."""
    return next((since + after for after in plan if since + after > now), None)

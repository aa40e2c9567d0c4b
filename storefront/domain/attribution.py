"""Which interactions count towards an order, and how its credit is shared among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.domain.money import FULL_SHARE, split
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime, timedelta

ARRIVALS = frozenset({"view", "open", "gift_open"})
"""Interactions that bring a visitor to us: to a post, by a shared link, or by a gift."""

ENGAGEMENTS = frozenset({"like", "comment", "share", "follow"})
"""Interactions that show interest but bring nobody; they never take credit from an arrival."""

MAX_TOUCHPOINTS = 50
"""So many are kept, the newest, and arrivals before engagements: credit goes to them."""


@frozen
class Touch:
    """One interaction of a visitor. `is_direct` says that nothing social led to it;
    `continues` is the earlier arrival that this one merely carries on (the post that a
    shared link opened), and such a touch is that arrival, not a new one. `placement_id` and
    `share_id` say where it was."""

    interaction_id: int
    kind: str
    occurred_at: datetime
    is_direct: bool = False
    continues: int | None = None
    placement_id: int | None = None
    share_id: int | None = None


def freeze_path(
    touches: Iterable[Touch], placed_at: datetime, lookback: timedelta
) -> tuple[Touch, ...]:
    """Return the touches that count towards an order placed at `placed_at`, oldest first.

    A touch exactly `lookback` old counts, one older does not. Direct visits never count, so
    they cannot take credit from what came before. The landing of an opened link is folded
    into the opening.
    """
    since = placed_at - lookback
    counted = [
        touch
        for touch in touches
        if touch.kind in ARRIVALS | ENGAGEMENTS
        and not touch.is_direct
        and since <= touch.occurred_at <= placed_at
    ]
    known = {touch.interaction_id for touch in counted}
    path = [touch for touch in counted if touch.continues not in known]
    path.sort(key=_moment)
    if len(path) > MAX_TOUCHPOINTS:
        path.sort(key=lambda touch: touch.kind in ARRIVALS)
        path = sorted(path[-MAX_TOUCHPOINTS:], key=_moment)
    return tuple(path)


def _moment(touch: Touch) -> tuple[datetime, int]:
    return touch.occurred_at, touch.interaction_id


def last_touch(kinds: Sequence[str]) -> tuple[int, ...]:
    """Give the whole credit to the last arrival, else to the last engagement."""
    credited = _credited(kinds)
    return tuple(FULL_SHARE if index == credited[-1] else 0 for index in range(len(kinds)))


def linear(kinds: Sequence[str]) -> tuple[int, ...]:
    """Share the credit equally among arrivals, else among engagements."""
    credited = frozenset(_credited(kinds))
    return split(FULL_SHARE, [int(index in credited) for index in range(len(kinds))])


MODELS: dict[str, Callable[[Sequence[str]], tuple[int, ...]]] = {
    "last_touch": last_touch,
    "linear": linear,
}


def origin_index(kinds: Sequence[str]) -> int | None:
    """Return which touch of a path produced the sale, or None when nothing social did."""
    return _credited(kinds)[-1] if kinds else None


def _credited(kinds: Sequence[str]) -> list[int]:
    arrivals = [index for index, kind in enumerate(kinds) if kind in ARRIVALS]
    return arrivals or list(range(len(kinds)))

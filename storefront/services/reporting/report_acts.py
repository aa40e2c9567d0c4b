"""How often people came, in a period: from what is counted by day, and what came since."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, case, func, select

from storefront.models import Interaction, PlacementTally, ShareTally, TallyMark
from storefront.values import frozen

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storefront.domain.periods import Period

NONE = 0
"""The key of what happened at no placement, or through no share."""


class By(StrEnum):
    """What a report is broken down by."""

    CHANNEL = "channel"
    PLACEMENT = "placement"
    CAMPAIGN = "campaign"
    SHARE = "share"

    @property
    def seen(self) -> str:
        """The kind of act that begins the way to an order."""
        return "open" if self is By.SHARE else "view"


@frozen
class Asked:
    """What a report is asked about: whose, when, and by what. `zone` is the merchant's."""

    merchant_id: int
    zone: str
    currency: str
    period: Period
    by: By

    @property
    def before(self) -> Asked:
        """The same of the period before."""
        return replace(self, period=self.period.before)

    def column(self, table: Any) -> Any:
        """Return what a row of a table is filed under that says where an interaction was."""
        return table.share_id if self.by is By.SHARE else table.placement_id

    def within(self, moment: Any) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        """Return that a moment lies in the period."""
        return moment >= self.period.starts_at, moment < self.period.ends_at


def count_acts(session: Session, asked: Asked) -> dict[int, int]:
    """Count the acts that begin the way to an order, by placement or share."""
    mark = session.scalars(
        select(TallyMark).where(
            TallyMark.merchant_id == asked.merchant_id, TallyMark.zone == asked.zone
        )
    ).first()
    counts: defaultdict[int, int] = defaultdict(int)
    for key, count in [*_counted(session, asked, mark), *_uncounted(session, asked, mark)]:
        counts[key] += int(count)
    return dict(counts)


def _counted(session: Session, asked: Asked, mark: TallyMark | None) -> list[Any]:
    if mark is None:
        return []
    tally: Any = ShareTally if asked.by is By.SHARE else PlacementTally
    is_seen = () if tally is ShareTally else (tally.kind == asked.by.seen,)
    rows = session.execute(
        select(asked.column(tally), func.sum(tally.count))
        .where(
            tally.merchant_id == asked.merchant_id,
            *is_seen,
            tally.acted_on >= asked.period.first,
            tally.acted_on <= asked.period.last,
        )
        .group_by(asked.column(tally))
    )
    return list(rows)


def _uncounted(session: Session, asked: Asked, mark: TallyMark | None) -> list[Any]:
    """Count what came since the mark, or all of the period without one.

    With a mark the period is no condition: the few rows since are looked through for it, and no
    planner comes to walk through the whole period for them.
    """
    within = asked.within(Interaction.occurred_at)
    since = (Interaction.recorded_at >= mark.counted_before,) if mark else within
    key = asked.column(Interaction)
    rows = session.execute(
        select(func.coalesce(key, NONE), func.sum(case((and_(*within), 1), else_=0)))
        .where(
            Interaction.merchant_id == asked.merchant_id,
            Interaction.kind == asked.by.seen,
            *since,
        )
        .group_by(key)
    )
    return [(key, count) for key, count in rows if count]

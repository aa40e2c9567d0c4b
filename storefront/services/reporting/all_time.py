"""How often things were done at placements, and shares opened, since the beginning: from what is
counted by day, and what came since. What was done within a period is in report_acts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import func, select, true, union_all

from storefront.domain.periods import Period
from storefront.models import Interaction, PlacementTally, ShareTally, TallyMark
from storefront.services.interactions import CONSOLE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session


def find_mark(session: Session, merchant_id: int) -> TallyMark | None:
    """Return how far a merchant's interactions are counted; None where nothing is yet."""
    return session.scalars(select(TallyMark).where(TallyMark.merchant_id == merchant_id)).first()


def since(mark: TallyMark | None) -> ColumnElement[bool]:
    """Return that an interaction is not counted yet."""
    return Interaction.recorded_at >= mark.counted_before if mark else true()


def acts_at(
    session: Session, merchant_id: int, placement_ids: Sequence[int]
) -> Counter[tuple[int, str]]:
    """Count what was done at these placements, by placement and kind; not what members did."""
    counted = (
        select(PlacementTally.placement_id, PlacementTally.kind, func.sum(PlacementTally.count))
        .where(
            PlacementTally.merchant_id == merchant_id,
            PlacementTally.placement_id.in_(placement_ids),
        )
        .group_by(PlacementTally.placement_id, PlacementTally.kind)
    )
    uncounted = (
        select(Interaction.placement_id, Interaction.kind, func.count())
        .where(
            Interaction.merchant_id == merchant_id,
            since(find_mark(session, merchant_id)),
            Interaction.placement_id.in_(placement_ids),
            Interaction.surface != CONSOLE,
        )
        .group_by(Interaction.placement_id, Interaction.kind)
    )
    acts: Counter[tuple[int, str]] = Counter()
    for placement_id, kind, count in [*session.execute(counted), *session.execute(uncounted)]:
        acts[placement_id, kind] += int(count)
    return acts


def openings(session: Session, merchant_id: int) -> Select[tuple[int, int]]:
    """Return a statement that counts how often each share of a merchant was opened (`opens`)."""
    counted = (
        select(ShareTally.share_id, func.sum(ShareTally.count).label("opens"))
        .where(ShareTally.merchant_id == merchant_id)
        .group_by(ShareTally.share_id)
    )
    uncounted = (
        select(Interaction.share_id, func.count().label("opens"))
        .where(
            Interaction.merchant_id == merchant_id,
            since(find_mark(session, merchant_id)),
            Interaction.share_id.is_not(None),
        )
        .group_by(Interaction.share_id)
    )
    both = union_all(counted, uncounted).subquery()
    return select(both.c.share_id, func.sum(both.c.opens).label("opens")).group_by(both.c.share_id)


def last_view(session: Session, merchant_id: int, placement_id: int) -> datetime | None:
    """Return when a placement was last seen: since the last count, or on the last counted day on
    which it was; None where nobody has, or where that is forgotten."""
    views = (
        Interaction.merchant_id == merchant_id,
        Interaction.placement_id == placement_id,
        Interaction.kind == "view",
    )
    mark = find_mark(session, merchant_id)
    found = [session.scalar(select(func.max(Interaction.occurred_at)).where(*views, since(mark)))]
    day = session.scalar(
        select(func.max(PlacementTally.acted_on)).where(
            PlacementTally.merchant_id == merchant_id,
            PlacementTally.placement_id == placement_id,
            PlacementTally.kind == "view",
        )
    )
    if mark and day:
        within = Period(day, day, mark.zone)
        found.append(
            session.scalar(
                select(func.max(Interaction.occurred_at)).where(
                    *views,
                    Interaction.occurred_at >= within.starts_at,
                    Interaction.occurred_at < within.ends_at,
                )
            )
        )
    return max((moment for moment in found if moment), default=None)

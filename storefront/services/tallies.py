"""Count interactions by day, from where the last count ended: each is counted once, for its
placement and for the share that it opened. What came since is added by whoever reads the counts."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, update

from storefront.db.hot import table_of
from storefront.db.upsert import insert_for, insert_if_new
from storefront.domain.periods import day_of
from storefront.models import Interaction, Merchant, PlacementTally, ShareTally, TallyMark
from storefront.services import upkeep
from storefront.services.interactions import CONSOLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from storefront.db.base import Base
    from storefront.ports import Ports

EVERY = timedelta(minutes=5)
SETTLED = timedelta(minutes=2)
"""No transaction lasts so long: what was recorded before is there to be counted."""

BATCH = 20_000
TURN = "tallies"
NONE = 0
"""Stands for no placement in a count."""

KEYS: Mapping[type[Base], tuple[str, ...]] = MappingProxyType(
    {
        PlacementTally: ("kind", "acted_on", "placement_id"),
        ShareTally: ("acted_on", "share_id"),
    }
)
"""What is counted apart in each table, in the order of its key."""

Counts = Counter[tuple[Any, ...]]
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


def count_when_due(ports: Ports) -> None:
    """Count what is new at every merchant, whichever of several workers comes first."""
    now = ports.clock.now()
    with ports.sessions.begin() as session:
        if not upkeep.take_turn(session, TURN, every=EVERY, now=now):
            return
    with ports.reads() as session:
        merchants = session.execute(select(Merchant.id, Merchant.zone).order_by(Merchant.id)).all()
    for merchant_id, zone in merchants:
        while count_some(ports, merchant_id, zone, now=now):
            pass


def count_some(
    ports: Ports, merchant_id: int, zone: str, *, now: datetime, batch: int = BATCH
) -> bool:
    """Count a batch of a merchant's interactions; return whether there may be more.

    They are read first, and counted only where nobody else has counted them meanwhile.
    """
    until = now - SETTLED
    with ports.reads() as session:
        mark = _find_mark(session, merchant_id)
        since = mark.counted_before if mark and mark.zone == zone else BEGINNING
        rows, before = _read(session, merchant_id, since, until=until, batch=batch)
    if before <= since:
        return False
    counts = _counts(rows, zone)
    with ports.sessions.begin() as session:
        if _move(session, merchant_id, mark, zone=zone, before=before):
            for table in KEYS:
                _add(session, table, counts[table], merchant_id=merchant_id)
    return before < until


def _find_mark(session: Session, merchant_id: int) -> TallyMark | None:
    return session.scalars(select(TallyMark).where(TallyMark.merchant_id == merchant_id)).first()


def _read(
    session: Session, merchant_id: int, since: datetime, *, until: datetime, batch: int
) -> tuple[Sequence[Any], datetime]:
    """Return what was recorded in `[since, x)` and x: `until`, or where a batch is full.

    Rows of one moment stay together: x moves past none of them.
    """
    mine = (Interaction.merchant_id == merchant_id, Interaction.recorded_at >= since)
    full_at = session.scalar(
        select(Interaction.recorded_at)
        .where(*mine, Interaction.recorded_at < until)
        .order_by(Interaction.recorded_at)
        .offset(batch)
        .limit(1)
    )
    before = until if full_at is None else max(full_at, since + timedelta(microseconds=1))
    rows = session.execute(
        select(
            Interaction.occurred_at,
            Interaction.placement_id,
            Interaction.share_id,
            Interaction.kind,
            Interaction.surface,
        ).where(*mine, Interaction.recorded_at < before)
    )
    return rows.all(), before


def _counts(rows: Sequence[Any], zone: str) -> dict[type[Base], Counts]:
    """Return how often each thing was done at a placement on a day, and each share opened.

    The links that members make in the console are shares, and nothing that a placement brought.
    """
    place = ZoneInfo(zone)
    at_placements: Counts = Counter()
    through_shares: Counts = Counter()
    for occurred_at, placement_id, share_id, kind, surface in rows:
        day = day_of(occurred_at, place)
        if surface != CONSOLE:
            at_placements[kind, day, placement_id or NONE] += 1
        if share_id is not None:
            through_shares[day, share_id] += 1
    return {PlacementTally: at_placements, ShareTally: through_shares}


def _move(
    session: Session,
    merchant_id: int,
    mark: TallyMark | None,
    *,
    zone: str,
    before: datetime,
) -> bool:
    """Move the mark on; False where another worker has moved it meanwhile."""
    if mark is None:
        values = {"merchant_id": merchant_id, "zone": zone, "counted_before": before}
        return insert_if_new(session, TallyMark, **values) is not None
    moved = session.execute(
        update(TallyMark)
        .where(
            TallyMark.id == mark.id,
            TallyMark.zone == mark.zone,
            TallyMark.counted_before == mark.counted_before,
        )
        .values(zone=zone, counted_before=before)
        .returning(TallyMark.id)
        .execution_options(synchronize_session=False)
    ).first()
    if moved is not None and mark.zone != zone:
        for table in KEYS:
            mine = table_of(table).c.merchant_id == merchant_id
            session.execute(delete(table).where(mine))
    return moved is not None


def _add(session: Session, table: type[Base], counts: Counts, *, merchant_id: int) -> None:
    names = KEYS[table]
    rows = [
        {"merchant_id": merchant_id, **dict(zip(names, key, strict=True)), "count": count}
        for key, count in sorted(counts.items())
    ]
    if not rows:
        return
    statement = insert_for(session, table)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["merchant_id", *names],
            set_={"count": table_of(table).c.count + statement.excluded.count},
        ),
        rows,
    )

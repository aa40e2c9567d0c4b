"""Count interactions by day, from where the last count ended: each is counted once. What came since
then is added by whoever reads the counts."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, update

from storefront.db.upsert import insert_for, insert_if_new
from storefront.domain.periods import day_of
from storefront.models import ActTally, Interaction, Merchant, TallyMark
from storefront.services import upkeep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from storefront.ports import Ports

EVERY = timedelta(minutes=5)
SETTLED = timedelta(minutes=2)
"""No transaction lasts so long: what was recorded before is there to be counted."""

BATCH = 20_000
TURN = "tallies"
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
    counts = Counter(_keys(rows, zone))
    with ports.sessions.begin() as session:
        if _move(session, merchant_id, mark, zone=zone, before=before):
            _add(session, merchant_id, counts)
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
        ).where(*mine, Interaction.recorded_at < before)
    )
    return rows.all(), before


def _keys(rows: Sequence[Any], zone: str) -> list[tuple[object, ...]]:
    place = ZoneInfo(zone)
    return [
        (day_of(occurred_at, place), placement_id or 0, share_id or 0, kind)
        for occurred_at, placement_id, share_id, kind in rows
    ]


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
        session.execute(delete(ActTally).where(ActTally.merchant_id == merchant_id))
    return moved is not None


def _add(session: Session, merchant_id: int, counts: Counter[tuple[object, ...]]) -> None:
    rows = [
        {
            "merchant_id": merchant_id,
            "acted_on": acted_on,
            "placement_id": placement_id,
            "share_id": share_id,
            "kind": kind,
            "count": count,
        }
        for (acted_on, placement_id, share_id, kind), count in sorted(counts.items(), key=str)
    ]
    if not rows:
        return
    statement = insert_for(session, ActTally)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["merchant_id", "acted_on", "kind", "placement_id", "share_id"],
            set_={"count": ActTally.count + statement.excluded.count},
        ),
        rows,
    )

"""Check the file of an import as a whole: count it, name what is wrong, and decide whether it is
written. All faults are counted and listed in a file; the first are kept to be read on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert

from storefront.feeds.values import Fault, Unusable
from storefront.models import ImportFault
from storefront.services.import_batches import strangers
from storefront.services.import_faults import FaultList
from storefront.services.import_files import batches, discard_file, sieved, usable
from storefront.services.import_steps import note, open_import, promise_next, stopping

if TYPE_CHECKING:
    from storefront.models import ProductImport
    from storefront.ports import Ports
    from storefront.services.import_steps import Tell

MOST_ROWS = 250_000
KEPT_FAULTS = 1000
"""All are counted and listed; so many are kept for the page."""


def check_import(
    ports: Ports, import_id: int, *, tell: Tell | None = None, is_queued: bool = True
) -> None:
    """Read the whole file, note what is wrong, and promise to write it if that is wished.

    Begins anew after a crash. `tell` is told how many rows were read so far.
    """
    found = open_import(ports, import_id)
    if found is None or found.checked_at is not None:
        return
    with stopping(ports, found):
        groups, rows, faults, named = 0, 0, _Faults(ports, found), set[int]()
        for batch in batches(sieved(ports, found)):
            groups += len(batch)
            rows += sum(group.rows for group in batch)
            if rows > MOST_ROWS:
                raise Unusable("too_many_rows", most=MOST_ROWS)
            with ports.reads() as session:
                products = usable(batch)
                named |= {hash(product.handle) for product in products if product.name}
                strange = strangers(session, found.merchant_id, products, named=named)
            faults.add([fault for group in batch for fault in group.faults] + strange, rows=rows)
            if tell:
                tell(rows)
        _end_check(ports, found, groups=groups, faults=faults.count, is_queued=is_queued)


def _end_check(
    ports: Ports, found: ProductImport, *, groups: int, faults: int, is_queued: bool
) -> None:
    now = ports.clock.now()
    is_refused = bool(faults) and found.is_all_or_nothing
    facts: dict[str, object] = {"checked_at": now, "groups": groups}
    if is_refused:
        facts |= {"stopped_at": now, "stop_code": "has_faults"}
    with ports.sessions.begin() as session:
        note(session, found, **facts)
        if is_queued and not is_refused:
            promise_next(session, found, now=now)
    if is_refused:
        discard_file(ports.settings, found.public_id)


class _Faults:
    """Counts what is wrong, and keeps the first of it to be read."""

    def __init__(self, ports: Ports, found: ProductImport) -> None:
        self.count = 0
        self._ports, self._found = ports, found
        self._list = FaultList(ports.settings, found.public_id)
        with ports.sessions.begin() as session:
            session.execute(
                delete(ImportFault)
                .where(ImportFault.import_id == found.id)
                .execution_options(synchronize_session=False)
            )

    def add(self, faults: list[Fault], *, rows: int) -> None:
        room = max(0, KEPT_FAULTS - self.count)
        self.count += len(faults)
        ranked = sorted(faults, key=lambda fault: fault.row)
        self._list.add(ranked)
        with self._ports.sessions.begin() as session:
            for fault in ranked[:room]:
                session.execute(insert(ImportFault).values(**self._row(fault)))
            note(session, self._found, rows=rows, faults=self.count)

    def _row(self, fault: Fault) -> dict[str, object]:
        return {
            "merchant_id": self._found.merchant_id,
            "import_id": self._found.id,
            "row": fault.row,
            "column": fault.column,
            "value": fault.value[:80],
            "code": fault.code,
            "hint": fault.hint,
        }

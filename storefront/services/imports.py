"""Imports: a file of products is kept, checked as a whole, then written in batches. How a batch is
written is in import_batches.py, what the console shows in reporting/imports.py."""

from __future__ import annotations

import logging
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import IO, TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from storefront import links
from storefront.db.ids import public_id
from storefront.errors import Conflict, TryAgain
from storefront.feeds.files import inspect, read_groups
from storefront.feeds.values import Fault, Terms, Unusable
from storefront.models import ImportFault, Merchant, ProductImport
from storefront.services import jobs
from storefront.services.ailments import ailment
from storefront.services.import_batches import Counts, strangers, write_batch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from storefront.feeds.values import FeedProduct, Group
    from storefront.ports import Ports
    from storefront.settings import Settings

    Tell = Callable[[int], None]

log = logging.getLogger("storefront.imports")

MOST_ROWS = 250_000
KEPT_FAULTS = 1000
"""All are counted; so many are kept to be read."""

BATCH_GROUPS, BATCH_ROWS = 100, 250
"""What one transaction takes: a shop that sells meanwhile waits for no more than these."""

SLICE = 40
"""Batches in one job: a mail that is due waits for no more than these."""


@dataclass(frozen=True)
class Wishes:
    """How a file is to be taken in: not at all if anything is wrong, and whether it also sets the
    stock of what is here already."""

    is_all_or_nothing: bool = False
    sets_stock: bool = False


def begin_import(
    ports: Ports,
    merchant_id: int,
    upload: IO[bytes],
    *,
    file_name: str,
    wishes: Wishes,
    member_id: int | None = None,
    is_queued: bool = True,
) -> str:
    """Keep a file and promise to take it in; return the import's public id.

    Raises `Unusable`, or `Conflict` import_running. `is_queued` off leaves the work to the caller.
    """
    name, now = public_id("imp"), ports.clock.now()
    file = _file(ports.settings, name)
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("wb") as kept:
            shutil.copyfileobj(upload, kept)
        source = inspect(file)
        with ports.sessions.begin() as session:
            _refuse_second(session, merchant_id)
            import_id = session.execute(
                insert(ProductImport)
                .values(
                    merchant_id=merchant_id,
                    public_id=name,
                    member_id=member_id,
                    file_name=file_name[:200],
                    size=file.stat().st_size,
                    format=source.format,
                    encoding=source.encoding,
                    is_all_or_nothing=wishes.is_all_or_nothing,
                    sets_stock=wishes.sets_stock,
                    created_at=now,
                    **dict.fromkeys(COUNTERS, 0),
                )
                .returning(ProductImport.id)
            ).scalar_one()
            if is_queued:
                jobs.add(
                    session,
                    "check_import",
                    {"import_id": import_id},
                    merchant_id=merchant_id,
                    now=now,
                )
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return name


COUNTERS = ("groups", "position", "rows", "faults", "added", "changed", "unchanged")


def _file(settings: Settings, name: str) -> Path:
    return settings.instance_dir / "imports" / name


def _refuse_second(session: Session, merchant_id: int) -> None:
    """One at a time: two files about the same products would undo each other."""
    open_one = select(ProductImport.id).where(
        ProductImport.merchant_id == merchant_id,
        ProductImport.finished_at.is_(None),
        ProductImport.stopped_at.is_(None),
    )
    if session.scalar(open_one) is not None:
        raise Conflict("import_running", field="file")


def check_import(
    ports: Ports, import_id: int, *, tell: Tell | None = None, is_queued: bool = True
) -> None:
    """Read the whole file, note what is wrong, and promise to write it if that is wished.

    Begins anew after a crash. `tell` is told how many rows were read so far.
    """
    found = _open_one(ports, import_id)
    if found is None or found.checked_at is not None:
        return
    with _stopping(ports, found):
        groups, rows, faults, named = 0, 0, _Faults(ports, found), set[int]()
        for batch in _batches(_sieved(ports, found)):
            groups += len(batch)
            rows += sum(group.rows for group in batch)
            if rows > MOST_ROWS:
                raise Unusable("too_many_rows", most=MOST_ROWS)
            with ports.reads() as session:
                products = _usable(batch)
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
        _note(session, found, **facts)
        if is_queued and not is_refused:
            _promise_next(session, found, now=now)
    if is_refused:
        discard_file(ports.settings, found.public_id)


def _promise_next(session: Session, found: ProductImport, *, now: datetime) -> None:
    jobs.add(
        session,
        "write_import",
        {"import_id": found.id},
        merchant_id=found.merchant_id,
        now=now,
    )


def write_import(
    ports: Ports, import_id: int, *, tell: Tell | None = None, is_queued: bool = True
) -> bool:
    """Write the next batches of a checked file, from where the last ones ended; return whether
    more are left. `tell` is told how many groups are done.

    Each batch moves `position` on in its own transaction, so that none is written twice.
    """
    found = _open_one(ports, import_id)
    if found is None or found.checked_at is None:
        return False
    with _stopping(ports, found):
        rest = islice(_sieved(ports, found), found.position, None)
        position, done = found.position, 0
        for batch in _batches(rest):
            if done == SLICE:
                break
            if not _write(ports, found, batch, position=position):
                return False  # another worker has it, or somebody has stopped it
            position, done = position + len(batch), done + 1
            if tell:
                tell(position)
        if position < found.groups:
            if is_queued:
                with ports.sessions.begin() as session:
                    _promise_next(session, found, now=ports.clock.now())
            return True
        with ports.sessions.begin() as session:
            _note(session, found, finished_at=ports.clock.now())
        discard_file(ports.settings, found.public_id)
    return False


def _write(
    ports: Ports, found: ProductImport, batch: Sequence[Group], *, position: int
) -> Counts | None:
    products = _usable(batch)
    now = ports.clock.now()
    with ports.sessions.begin() as session:
        taken = session.execute(
            update(ProductImport)
            .where(
                ProductImport.id == found.id,
                ProductImport.position == position,
                ProductImport.stopped_at.is_(None),
            )
            .values(position=position + len(batch))
            .returning(ProductImport.id)
            .execution_options(synchronize_session=False)
        ).first()
        if taken is None:
            return None
        merchant = session.get_one(Merchant, found.merchant_id)
        counts = write_batch(
            session,
            merchant,
            products,
            settings=ports.settings,
            sets_stock=found.sets_stock,
            now=now,
        )
        session.execute(
            update(ProductImport)
            .where(ProductImport.id == found.id)
            .values(
                added=ProductImport.added + counts.added,
                changed=ProductImport.changed + counts.changed,
                unchanged=ProductImport.unchanged + counts.unchanged,
            )
            .execution_options(synchronize_session=False)
        )
        return counts


def stop_import(session: Session, merchant_id: int, name: str, *, now: datetime) -> None:
    """Stop an import where it is; what it has written stays."""
    session.execute(
        update(ProductImport)
        .where(
            ProductImport.merchant_id == merchant_id,
            ProductImport.public_id == name,
            ProductImport.finished_at.is_(None),
            ProductImport.stopped_at.is_(None),
        )
        .values(stopped_at=now, stop_code="stopped_by_hand")
        .execution_options(synchronize_session=False)
    )


def discard_file(settings: Settings, name: str) -> None:
    """Forget the file of an import that is over."""
    _file(settings, name).unlink(missing_ok=True)


def find_import_id(session: Session, merchant_id: int, name: str) -> int | None:
    """Return the key of an import, None when the merchant has no such one."""
    return session.scalar(
        select(ProductImport.id).where(
            ProductImport.merchant_id == merchant_id, ProductImport.public_id == name
        )
    )


def _open_one(ports: Ports, import_id: int) -> ProductImport | None:
    with ports.reads() as session:
        found = session.get(ProductImport, import_id)
    is_over = found is None or found.finished_at or found.stopped_at
    return None if is_over else found


def _sieved(ports: Ports, found: ProductImport) -> Iterator[Group]:
    """Yield the file's groups, without variants whose SKU came before. The same each time, so
    that positions mean the same to every worker."""
    file = _file(ports.settings, found.public_id)
    if not file.exists():
        raise Unusable("file_gone")
    with ports.reads() as session:
        currency = session.get_one(Merchant, found.merchant_id).currency
    terms = Terms(currency, links.media(ports.settings, ""))
    seen: set[int] = set()
    for group in read_groups(file, inspect(file), terms):
        yield _once(group, seen)


def _once(group: Group, seen: set[int]) -> Group:
    if group.product is None:
        return group
    kept, twice = [], []
    for variant in group.product.variants:
        mark = hash(variant.sku)  # eight bytes each, whatever merchants call their things
        if mark in seen:
            twice.append(Fault(variant.row, "", variant.sku, "sku_twice"))
        else:
            seen.add(mark)
            kept.append(variant)
    if not twice:
        return group
    return replace(
        group, product=replace(group.product, variants=kept), faults=[*group.faults, *twice]
    )


def _usable(groups: Iterable[Group]) -> list[FeedProduct]:
    """Return the products that are to be taken in: not one of which nothing could be bought,
    because what was wrong was in its variants."""
    return [
        group.product
        for group in groups
        if group.product and (group.product.variants or not group.faults)
    ]


def _batches(groups: Iterable[Group]) -> Iterator[list[Group]]:
    batch: list[Group] = []
    for group in groups:
        batch.append(group)
        if len(batch) >= BATCH_GROUPS or sum(each.rows for each in batch) >= BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


class _Faults:
    """Counts what is wrong, and keeps the first of it to be read."""

    def __init__(self, ports: Ports, found: ProductImport) -> None:
        self.count = 0
        self._ports, self._found = ports, found
        with ports.sessions.begin() as session:
            session.execute(
                delete(ImportFault)
                .where(ImportFault.import_id == found.id)
                .execution_options(synchronize_session=False)
            )

    def add(self, faults: list[Fault], *, rows: int) -> None:
        room = max(0, KEPT_FAULTS - self.count)
        self.count += len(faults)
        with self._ports.sessions.begin() as session:
            for fault in sorted(faults, key=lambda fault: fault.row)[:room]:
                session.execute(insert(ImportFault).values(**self._row(fault)))
            _note(session, self._found, rows=rows, faults=self.count)

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


def _note(session: Session, found: ProductImport, **facts: object) -> None:
    session.execute(
        update(ProductImport)
        .where(ProductImport.id == found.id, ProductImport.stopped_at.is_(None))
        .values(**facts)
        .execution_options(synchronize_session=False)
    )


@contextmanager
def _stopping(ports: Ports, found: ProductImport) -> Iterator[None]:
    """End the import cleanly when its file turns out to be unusable or a fault of ours comes up;
    what passes by itself is left to the worker's next try."""
    try:
        yield
    except Unusable as error:
        _stop(ports, found, error.code)
    except TryAgain:
        raise
    except Exception as error:
        if ailment(error) is None:
            log.exception("import %s has failed", found.public_id)
            _stop(ports, found, "fault")
        raise


def _stop(ports: Ports, found: ProductImport, code: str) -> None:
    with ports.sessions.begin() as session:
        _note(session, found, stopped_at=ports.clock.now(), stop_code=code)
    discard_file(ports.settings, found.public_id)

"""Write a checked file batch by batch. What a batch does to the shop is in import_batches.py."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy import update

from storefront.models import Merchant, ProductImport
from storefront.services.import_batches import Counts, write_batch
from storefront.services.import_files import batches, discard_file, sieved, usable
from storefront.services.import_steps import note, open_import, promise_next, stopping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storefront.feeds.values import Group
    from storefront.ports import Ports
    from storefront.services.import_steps import Tell

SLICE = 40
"""Batches in one job: a mail that is due waits for no more than these."""


def write_import(
    ports: Ports, import_id: int, *, tell: Tell | None = None, is_queued: bool = True
) -> bool:
    """Write the next batches of a checked file, from where the last ones ended; return whether
    more are left. `tell` is told how many groups are done.

    Each batch moves `position` on in its own transaction, so that none is written twice.
    """
    found = open_import(ports, import_id)
    if found is None or found.checked_at is None:
        return False
    with stopping(ports, found):
        rest = islice(sieved(ports, found), found.position, None)
        position, done = found.position, 0
        for batch in batches(rest):
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
                    promise_next(session, found, now=ports.clock.now())
            return True
        with ports.sessions.begin() as session:
            note(session, found, finished_at=ports.clock.now())
        discard_file(ports.settings, found.public_id)
    return False


def _write(
    ports: Ports, found: ProductImport, batch: Sequence[Group], *, position: int
) -> Counts | None:
    products = usable(batch)
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

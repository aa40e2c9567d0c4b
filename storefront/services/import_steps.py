"""What every step of an import does: find it while it is open, note how far it is, promise the next
step, and end it cleanly when something is wrong with its file."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import update

from storefront.errors import TryAgain
from storefront.feeds.values import Unusable
from storefront.models import ProductImport
from storefront.services import jobs
from storefront.services.ailments import ailment
from storefront.services.import_files import discard_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.ports import Ports

    Tell = Callable[[int], None]

log = logging.getLogger("storefront.imports")


def open_import(ports: Ports, import_id: int) -> ProductImport | None:
    """Return an import that is neither finished nor stopped, else None."""
    with ports.reads() as session:
        found = session.get(ProductImport, import_id)
    is_over = found is None or found.finished_at or found.stopped_at
    return None if is_over else found


def note(session: Session, found: ProductImport, **facts: object) -> None:
    """Set facts of an import, unless somebody has stopped it."""
    session.execute(
        update(ProductImport)
        .where(ProductImport.id == found.id, ProductImport.stopped_at.is_(None))
        .values(**facts)
        .execution_options(synchronize_session=False)
    )


def promise_next(session: Session, found: ProductImport, *, now: datetime) -> None:
    """Promise to write the next batches."""
    jobs.add(
        session,
        "write_import",
        {"import_id": found.id},
        merchant_id=found.merchant_id,
        now=now,
    )


@contextmanager
def stopping(ports: Ports, found: ProductImport) -> Iterator[None]:
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
        note(session, found, stopped_at=ports.clock.now(), stop_code=code)
    discard_file(ports.settings, found.public_id)

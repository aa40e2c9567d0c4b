"""Imports: a file of products is kept, and stopped where somebody says so. It is checked as a whole
in import_checks.py, written in import_writing.py, shown by reporting/imports.py."""

from __future__ import annotations

import shutil
from typing import IO, TYPE_CHECKING

from sqlalchemy import insert, select, update

from storefront.db.ids import public_id
from storefront.errors import Conflict
from storefront.feeds.files import inspect
from storefront.models import ProductImport
from storefront.services import jobs
from storefront.services.import_files import import_file
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.ports import Ports


@frozen
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
    file = import_file(ports.settings, name)
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


def _refuse_second(session: Session, merchant_id: int) -> None:
    """One at a time: two files about the same products would undo each other."""
    open_one = select(ProductImport.id).where(
        ProductImport.merchant_id == merchant_id,
        ProductImport.finished_at.is_(None),
        ProductImport.stopped_at.is_(None),
    )
    if session.scalar(open_one) is not None:
        raise Conflict("import_running", field="file")


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


def find_import_id(session: Session, merchant_id: int, name: str) -> int | None:
    """Return the key of an import, None when the merchant has no such one."""
    return session.scalar(
        select(ProductImport.id).where(
            ProductImport.merchant_id == merchant_id, ProductImport.public_id == name
        )
    )

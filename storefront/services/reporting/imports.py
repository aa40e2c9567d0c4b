"""Imports as the console shows them: how far each is, and what was wrong, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from storefront.errors import NotFound
from storefront.models import ImportFault, ProductImport
from storefront.services.reporting.pages import Slice, cut
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

PAGE_SIZE = 100
LATEST = 20


@frozen
class ImportPage:
    """One import with a page of its faults."""

    row: ProductImport
    faults: Sequence[ImportFault]
    slice: Slice

    @property
    def state(self) -> str:
        """Where it stands: checking, writing, finished or stopped."""
        if self.row.stopped_at:
            return "stopped"
        if self.row.finished_at:
            return "finished"
        return "writing" if self.row.checked_at else "checking"

    @property
    def per_cent(self) -> int:
        """How much of the writing is done."""
        return 100 * self.row.position // max(1, self.row.groups)


def list_imports(session: Session, merchant_id: int) -> tuple[ImportPage, ...]:
    """Return a merchant's latest imports, newest first, without their faults."""
    rows = session.scalars(
        select(ProductImport)
        .where(ProductImport.merchant_id == merchant_id)
        .order_by(ProductImport.id.desc())
        .limit(LATEST)
    )
    return tuple(ImportPage(row, (), cut(0, 1, size=PAGE_SIZE)) for row in rows)


def get_import(session: Session, merchant_id: int, public_id: str, *, page: int = 1) -> ImportPage:
    """Return one import with a page of what was wrong; raise `NotFound`."""
    row = session.scalars(
        select(ProductImport).where(
            ProductImport.merchant_id == merchant_id, ProductImport.public_id == public_id
        )
    ).first()
    if row is None:
        raise NotFound
    own = ImportFault.import_id == row.id
    kept = session.scalar(select(func.count()).select_from(ImportFault).where(own)) or 0
    cutting = cut(kept, page, size=PAGE_SIZE)
    faults = session.scalars(
        select(ImportFault)
        .where(own)
        .order_by(ImportFault.row, ImportFault.id)
        .limit(cutting.size)
        .offset(cutting.offset)
    ).all()
    return ImportPage(row, faults, cutting)

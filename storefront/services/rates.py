"""What rates of delivery and of tax have in common: one that is in use can be retired, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from storefront.errors import NotFound

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.models import ShippingRate, TaxRate


def retire(
    session: Session,
    table: type[ShippingRate | TaxRate],
    merchant_id: int,
    *,
    rate: str,
    now: datetime,
) -> None:
    """Take a rate out of use; raise `NotFound` where it is not in use."""
    retired = session.execute(
        update(table)
        .where(
            table.merchant_id == merchant_id,
            table.public_id == rate,
            table.retired_at.is_(None),
        )
        .values(retired_at=now)
        .returning(table.id)
        .execution_options(synchronize_session=False)
    ).first()
    if retired is None:
        raise NotFound

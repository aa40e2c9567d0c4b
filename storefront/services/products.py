"""Products as a merchant edits them: found, changed, withdrawn and put back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from storefront.errors import Conflict, NotFound
from storefront.models import Product

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class ProductDetails:
    """What a merchant says of a product."""

    name: str
    description: str
    is_giftable: bool = True
    is_promotable: bool = True


def get_product(session: Session, merchant_id: int, public_id: str) -> Product:
    """Return a merchant's product, on sale or not; raise `NotFound`."""
    found = session.scalars(
        select(Product).where(Product.merchant_id == merchant_id, Product.public_id == public_id)
    ).first()
    if found is None:
        raise NotFound
    return found


def edit_product(
    session: Session, product: Product, details: ProductDetails, *, version: int
) -> None:
    """Change what is said of a product; raise `Conflict` edited_meanwhile when somebody else has
    changed it since `version` was read."""
    changed = session.execute(
        update(Product)
        .where(Product.id == product.id, Product.version == version)
        .values(**asdict(details), version=version + 1)
        .returning(Product.id)
        .execution_options(synchronize_session=False)
    ).first()
    if changed is None:
        raise Conflict("edited_meanwhile", field="version")


def withdraw(
    session: Session, merchant_id: int, public_ids: Iterable[str], *, now: datetime
) -> int:
    """Take products off sale; return how many were on it. Open orders keep what they hold."""
    return _set_withdrawn(session, merchant_id, public_ids, at=now)


def put_on_sale(session: Session, merchant_id: int, public_ids: Iterable[str]) -> int:
    """Put withdrawn products back on sale; return how many were not."""
    return _set_withdrawn(session, merchant_id, public_ids, at=None)


def _set_withdrawn(
    session: Session, merchant_id: int, public_ids: Iterable[str], *, at: datetime | None
) -> int:
    is_other = Product.withdrawn_at.is_(None) if at else Product.withdrawn_at.is_not(None)
    changed = session.execute(
        update(Product)
        .where(
            Product.merchant_id == merchant_id, Product.public_id.in_(list(public_ids)), is_other
        )
        .values(withdrawn_at=at)
        .returning(Product.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(changed)

"""Products as a merchant edits them: found, changed, withdrawn and put back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from storefront.db.ids import random_symbols
from storefront.domain.catalog import LONGEST_SKU, sku_of
from storefront.errors import Conflict, NotFound
from storefront.feeds.descriptions import plain
from storefront.models import Merchant, Product, Variant
from storefront.services import catalog
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.services.stock_entries import Hand


@frozen
class ProductDetails:
    """What a merchant says of a product."""

    name: str
    description: str
    is_giftable: bool = True
    is_promotable: bool = True


@frozen
class FirstVariant:
    """What a new product begins with; an empty SKU is made, a stock of None is no limit."""

    name: str
    sku: str
    price_minor: int
    stock: int | None


def add_product(
    session: Session,
    merchant_id: int,
    details: ProductDetails,
    *,
    first: FirstVariant,
    hand: Hand,
) -> Product:
    """Add a product that can be bought at once; raise `Conflict` sku_taken, `Invalid`."""
    merchant = session.get_one(Merchant, merchant_id)
    product = catalog.add_product(
        session, merchant, name=details.name, description=plain(details.description), now=hand.at
    )
    product.is_giftable, product.is_promotable = details.is_giftable, details.is_promotable
    add_variant(session, product, first, hand=hand)
    return product


def add_variant(session: Session, product: Product, first: FirstVariant, *, hand: Hand) -> Variant:
    """Add a variant to a product; raise `Conflict` sku_taken, `Invalid`."""
    merchant = session.get_one(Merchant, product.merchant_id)
    return catalog.add_variant(
        session,
        merchant,
        product,
        name=first.name,
        sku=first.sku or _free_sku(session, product, first.name),
        price_minor=first.price_minor,
        stock=first.stock,
        hand=hand,
    )


def _free_sku(session: Session, product: Product, variant: str) -> str:
    wanted = sku_of(product.handle, variant)
    taken = select(Variant.id).where(
        Variant.merchant_id == product.merchant_id, Variant.sku == wanted
    )
    if session.scalar(taken) is None:
        return wanted
    return f"{wanted[: LONGEST_SKU - 9]}-{random_symbols(8)}"


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
        .values(
            name=details.name,
            description=plain(details.description),
            is_giftable=details.is_giftable,
            is_promotable=details.is_promotable,
            version=version + 1,
        )
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

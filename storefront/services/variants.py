"""Variants as a merchant edits them: name, SKU, price, place in the row, on sale or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from storefront.errors import Conflict, Invalid, NotFound
from storefront.models import Product, Variant
from storefront.services import price_history
from storefront.services.stock import watch
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session


@frozen
class VariantDetails:
    """What a merchant says of a variant; `low_stock` is None where no alarm is wanted."""

    name: str
    sku: str
    price_minor: int
    low_stock: int | None = None


def get_variant(session: Session, product: Product, public_id: str) -> Variant:
    """Return a product's variant, on sale or not; raise `NotFound`."""
    found = session.scalars(
        select(Variant).where(
            Variant.merchant_id == product.merchant_id,
            Variant.product_id == product.id,
            Variant.public_id == public_id,
        )
    ).first()
    if found is None:
        raise NotFound
    return found


def list_variants(session: Session, product: Product) -> Sequence[Variant]:
    """Return all of a product's variants in their order."""
    return session.scalars(
        select(Variant)
        .where(Variant.merchant_id == product.merchant_id, Variant.product_id == product.id)
        .order_by(Variant.position, Variant.id)
    ).all()


def edit_variant(
    session: Session, variant: Variant, details: VariantDetails, *, version: int, now: datetime
) -> None:
    """Change what is said of a variant. Orders keep the price that they were placed at.

    Raises `Conflict` edited_meanwhile or sku_taken, and `Invalid`.
    """
    if details.price_minor < 0 or (details.low_stock or 0) < 0:
        raise Invalid("invalid_amount", field="price" if details.price_minor < 0 else "low_stock")
    try:
        with session.begin_nested():
            changed = _write(session, variant, details, version=version)
    except IntegrityError as error:
        raise Conflict("sku_taken", field="sku") from error
    if not changed:
        raise Conflict("edited_meanwhile", field="version")
    price_history.note_prices(session, variant.merchant_id, [variant.id], since=now)
    watch(session, [variant.id], now=now)


def _write(session: Session, variant: Variant, details: VariantDetails, *, version: int) -> bool:
    changed = session.execute(
        update(Variant)
        .where(Variant.id == variant.id, Variant.version == version)
        .values(
            name=details.name,
            sku=details.sku,
            price_minor=details.price_minor,
            low_stock=details.low_stock,
            version=version + 1,
        )
        .returning(Variant.id)
        .execution_options(synchronize_session=False)
    ).first()
    return changed is not None


def withdraw_variant(session: Session, variant: Variant, *, now: datetime) -> None:
    """Take a variant off sale; open orders keep what they hold."""
    _set_withdrawn(session, variant, now)


def put_variant_on_sale(session: Session, variant: Variant) -> None:
    """Put a withdrawn variant back on sale."""
    _set_withdrawn(session, variant, None)


def _set_withdrawn(session: Session, variant: Variant, at: datetime | None) -> None:
    session.execute(
        update(Variant)
        .where(Variant.id == variant.id)
        .values(withdrawn_at=at)
        .execution_options(synchronize_session=False)
    )


def move_variant(session: Session, product: Product, public_id: str, *, step: int) -> None:
    """Move a variant up (-1) or down (1) in its product's row; at an end it stays."""
    variants = list_variants(session, product)
    for position, key in enumerate(moved([row.public_id for row in variants], public_id, step)):
        session.execute(
            update(Variant)
            .where(Variant.merchant_id == product.merchant_id, Variant.public_id == key)
            .values(position=position)
            .execution_options(synchronize_session=False)
        )


def moved(keys: Sequence[str], key: str, step: int) -> Sequence[str]:
    """Return the keys with one of them a step earlier or later; raise `NotFound`."""
    if key not in keys:
        raise NotFound
    order = list(keys)
    place = order.index(key)
    goal = min(max(place + step, 0), len(order) - 1)
    order.insert(goal, order.pop(place))
    return order

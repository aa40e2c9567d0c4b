"""The lines of an order that is being placed: goods by their variants, or what another kind of line
asks for; found, and written down. What they cost is said in quotes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from storefront.db.hot import insert_rows
from storefront.domain.catalog import Availability
from storefront.domain.orders import MAX_LINES, MAX_QUANTITY
from storefront.errors import Conflict, Invalid
from storefront.models import LineItem
from storefront.services.shelf import products_of_variants
from storefront.services.stock import Wanted
from storefront.services.views import CartLineView, ProductView, VariantView

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from storefront.domain.pricing import Sums
    from storefront.kinds import Asked, LineKind
    from storefront.services.views import PlacementView
    from storefront.settings import Settings

NO_VARIANT = 0
"""The id of what stands where a variant would, for a line that is a value."""


def goods_lines(
    session: Session, placement: PlacementView, wanted: Mapping[str, int], *, settings: Settings
) -> Sequence[CartLineView]:
    """Return the lines for (variant public id, quantity) that are wanted.

    Raises `Invalid` cart_empty, cart_full or invalid_quantity, `Conflict` sold_out for what this
    merchant does not sell.
    """
    if not 1 <= len(wanted) <= MAX_LINES:
        raise Invalid("cart_empty" if not wanted else "cart_full", field="lines")
    found = products_of_variants(session, placement.merchant.id, wanted, settings=settings)
    for variant, quantity in wanted.items():
        if not 1 <= quantity <= MAX_QUANTITY:
            raise Invalid("invalid_quantity", field="quantity", least=1, most=MAX_QUANTITY)
        if variant not in found:
            raise Conflict("sold_out", field=variant)
    return [
        CartLineView(*found[variant], quantity=quantity) for variant, quantity in wanted.items()
    ]


def asked_line(
    session: Session, placement: PlacementView, asked: Asked, *, settings: Settings
) -> CartLineView:
    """Return the line that a kind asks for; raise as `goods_lines` where it names a variant."""
    if asked.variant is not None:
        wanted = {asked.variant: asked.quantity}
        (line,) = goods_lines(session, placement, wanted, settings=settings)
        is_promotable = line.product.is_promotable and asked.is_promotable
        return replace(line, product=replace(line.product, is_promotable=is_promotable))
    return _line_of_value(asked)


def _line_of_value(asked: Asked) -> CartLineView:
    if asked.value is None:
        message = "a line is a variant or a value"
        raise ValueError(message)
    variant = VariantView(
        NO_VARIANT, "", "", "", asked.value, asked.value, Availability("in_stock", None)
    )
    product = ProductView(NO_VARIANT, "", asked.title, "", asked.is_promotable, (), (variant,))
    return CartLineView(product, variant, asked.quantity)


def is_value(line: CartLineView) -> bool:
    """Return whether a line is a value and no thing: nothing is taken from stock, and no tax is
    due before it is spent."""
    return line.variant.id == NO_VARIANT


def held_of(lines: Sequence[CartLineView]) -> list[Wanted]:
    """Return what has to be held for these lines."""
    return [
        Wanted(line.variant.id, line.quantity, line.variant.list_price.minor)
        for line in lines
        if not is_value(line)
    ]


def write_lines(
    session: Session,
    merchant_id: int,
    order_id: int,
    *,
    lines: Sequence[CartLineView],
    sums: Sums,
    kind: LineKind,
) -> Sequence[LineItem]:
    """Write the lines of an order with the parts of what they cost, and return them."""
    parts = zip(lines, sums.lines, strict=True)
    insert_rows(
        session,
        LineItem,
        [
            {
                "merchant_id": merchant_id,
                "order_id": order_id,
                "variant_id": None if is_value(line) else line.variant.id,
                "position": position,
                "kind": kind.name,
                "title": line.product.name,
                "variant_name": line.variant.name,
                "sku": line.variant.sku,
                "currency": line.variant.list_price.currency,
                "unit_minor": line.variant.list_price.minor,
                "quantity": line.quantity,
                "discount_minor": part.discount.minor,
                "tax_minor": part.tax.minor,
                "tax_ppm": part.terms.rate_ppm,
                "is_tax_included": part.terms.is_included,
                "total_minor": part.total.minor,
            }
            for position, (line, part) in enumerate(parts)
        ],
    )
    if not kind.fulfilment:
        return ()
    return session.scalars(
        select(LineItem).where(LineItem.order_id == order_id).order_by(LineItem.position)
    ).all()

"""The lines of an order that is being placed: goods by their variants, or what another kind of line
asks for; found, and written down. What they cost is said in quotes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from storefront.db.hot import read, table_of
from storefront.db.together import THE_ID
from storefront.domain.catalog import Availability, StockCount, availability
from storefront.domain.money import Money
from storefront.domain.orders import MAX_LINES, MAX_QUANTITY
from storefront.errors import Conflict, Invalid
from storefront.models import LineItem, Product, Variant
from storefront.services.stock import Wanted
from storefront.services.views import CartLineView, ProductView, VariantView

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from storefront.db.hot import AnyRow
    from storefront.domain.pricing import Sums
    from storefront.kinds import Asked, LineKind
    from storefront.services.views import PlacementView

NO_VARIANT = 0
"""The id of what stands where a variant would, for a line that is a value."""

_variant, _product = map(table_of, (Variant, Product))
WANTED = (
    select(
        _variant.c.id,
        _variant.c.public_id,
        _variant.c.name,
        _variant.c.sku,
        _variant.c.price_minor,
        _variant.c.currency,
        _variant.c.stock,
        _variant.c.held,
        _variant.c.sold,
        _variant.c.product_id,
        _product.c.public_id.label("product_public_id"),
        _product.c.name.label("product_name"),
        _product.c.is_promotable,
    )
    .join(_product, _product.c.id == _variant.c.product_id)
    .where(
        _variant.c.merchant_id == bindparam("merchant_id"),
        _variant.c.public_id.in_(bindparam("variants", expanding=True)),
        _variant.c.withdrawn_at.is_(None),
        _product.c.withdrawn_at.is_(None),
    )
)


def goods_lines(
    session: Session, placement: PlacementView, wanted: Mapping[str, int]
) -> Sequence[CartLineView]:
    """Return the lines for (variant public id, quantity) that are wanted.

    Raises `Invalid` cart_empty, cart_full or invalid_quantity, `Conflict` sold_out for what this
    merchant does not sell.
    """
    if not 1 <= len(wanted) <= MAX_LINES:
        raise Invalid("cart_empty" if not wanted else "cart_full", field="lines")
    found = find_wanted(session, placement.merchant.id, wanted)
    for variant, quantity in wanted.items():
        if not 1 <= quantity <= MAX_QUANTITY:
            raise Invalid("invalid_quantity", field="quantity", least=1, most=MAX_QUANTITY)
        if variant not in found:
            raise Conflict("sold_out", field=variant)
    return [
        CartLineView(*found[variant], quantity=quantity) for variant, quantity in wanted.items()
    ]


def find_wanted(
    session: Session, merchant_id: int, wanted: Iterable[str]
) -> dict[str, tuple[ProductView, VariantView]]:
    """Return product and variant for each public id that this merchant still sells, by the list,
    without what is only looked at: pictures, words, other variants."""
    rows = read(session, WANTED, merchant_id=merchant_id, variants=list(wanted))
    return {row.public_id: _wanted(row) for row in rows}


def _wanted(row: AnyRow) -> tuple[ProductView, VariantView]:
    price = Money(row.price_minor, row.currency)
    free = availability(StockCount(row.stock, row.held, row.sold))
    variant = VariantView(row.id, row.public_id, row.name, row.sku, price, price, free)
    product = ProductView(
        row.product_id,
        row.product_public_id,
        row.product_name,
        "",
        row.is_promotable,
        (),
        (variant,),
    )
    return product, variant


def asked_line(session: Session, placement: PlacementView, asked: Asked) -> CartLineView:
    """Return the line that a kind asks for; raise as `goods_lines` where it names a variant."""
    if asked.variant is not None:
        wanted = {asked.variant: asked.quantity}
        (line,) = goods_lines(session, placement, wanted)
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


def is_scarce(line: CartLineView) -> bool:
    """Return whether fewer were free than are wanted when the line was looked up."""
    left = line.variant.availability.left
    return left is not None and left < line.quantity


def rows_of(
    merchant_id: int, *, lines: Sequence[CartLineView], sums: Sums, kind: LineKind
) -> list[dict[str, object]]:
    """Return the rows of an order's lines, with the parts of what they cost."""
    return [
        {
            "merchant_id": merchant_id,
            "order_id": THE_ID,
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
        for position, (line, part) in enumerate(zip(lines, sums.lines, strict=True))
    ]


def read_lines(session: Session, order_id: int) -> Sequence[LineItem]:
    """Return the lines of an order in their order."""
    return session.scalars(
        select(LineItem).where(LineItem.order_id == order_id).order_by(LineItem.position)
    ).all()

"""Carts: at most 20 lines of (variant, quantity) in a signed token; nothing is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.domain.orders import MAX_LINES, MAX_QUANTITY
from storefront.errors import Invalid
from storefront.services.quotes import price_lines
from storefront.services.shelf import products_of_variants
from storefront.services.views import CartLineView, CartView

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storefront.ports import Signer
    from storefront.services.quotes import Destination
    from storefront.services.views import MerchantView
    from storefront.settings import Settings

PURPOSE = "cart"


def read_cart(sign: Signer, token: str | None, merchant_public_id: str) -> dict[str, int] | None:
    """Return {variant: quantity}; None when the token is altered or another merchant's.

    A missing token is an empty cart.
    """
    if not token:
        return {}
    value = sign.unseal(PURPOSE, token)
    if not isinstance(value, list) or len(value) != 2 or value[0] != merchant_public_id:  # noqa: PLR2004
        return None
    return {str(variant): int(quantity) for variant, quantity in value[1]}


def seal_cart(sign: Signer, lines: dict[str, int], merchant_public_id: str) -> str:
    """Return the token that carries these lines."""
    return sign.seal(PURPOSE, [merchant_public_id, sorted(lines.items())])


def changed(lines: dict[str, int], variant: str, quantity: int) -> dict[str, int]:
    """Return the lines with this variant's quantity set; 0 takes it out.

    Raises `Invalid` cart_full beyond 20 lines, invalid_quantity beyond 99 of a kind.
    """
    if not 0 <= quantity <= MAX_QUANTITY:
        raise Invalid("invalid_quantity", field="quantity", least=1, most=MAX_QUANTITY)
    result = {**lines, variant: quantity}
    if quantity == 0:
        result.pop(variant)
    if len(result) > MAX_LINES:
        raise Invalid("cart_full", field="variant", most=MAX_LINES)
    return result


def price_cart(
    session: Session,
    merchant: MerchantView,
    lines: dict[str, int],
    *,
    settings: Settings,
    destination: Destination | None = None,
) -> CartView:
    """Return the cart priced now; what is no longer sold is left out with a notice.

    Raises `Invalid` as `price_lines` does for a destination that cannot be reached.
    """
    found = products_of_variants(session, merchant.id, lines, settings=settings)
    kept = tuple(
        CartLineView(*found[variant], quantity=quantity)
        for variant, quantity in lines.items()
        if variant in found
    )
    notices = [] if len(kept) == len(lines) else ["line_vanished"]
    if any(not line.variant.availability.is_buyable for line in kept):
        notices.append("line_sold_out")
    quote = price_lines(session, merchant, kept, destination=destination)
    return CartView(kept, quote, tuple(notices))

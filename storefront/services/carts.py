"""Carts: at most 20 lines of (variant, quantity), and the codes and links that were brought along,
in a signed token; nothing is stored."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from storefront.domain.offers import normalise_code
from storefront.domain.orders import MAX_LINES, MAX_QUANTITY
from storefront.errors import Invalid
from storefront.services.codes import LONGEST, MOST_ENTERED
from storefront.services.offering import Entered, offer_lines, with_discounts
from storefront.services.order_lines import find_wanted
from storefront.services.quotes import price_lines
from storefront.services.shelf import products_of_variants
from storefront.services.views import CartLineView, CartView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from storefront.ports import Signer
    from storefront.services.offering import Occasion, Offered
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
    value = _unseal(sign, token, merchant_public_id)
    if value is None:
        return None
    return {str(variant): int(quantity) for variant, quantity in value[1]}


def read_entered(sign: Signer, token: str | None, merchant_public_id: str) -> Entered:
    """Return the codes and links in the token; none when it cannot be read."""
    value = _unseal(sign, token, merchant_public_id) if token else None
    if not value or len(value) == len(PLAIN):
        return Entered()
    return Entered(tuple(map(str, value[2])), frozenset(map(str, value[3])))


PLAIN = ("merchant", "lines")
WHOLE = (*PLAIN, "codes", "links")


def _unseal(sign: Signer, token: str, merchant_public_id: str) -> list[Any] | None:
    value = sign.unseal(PURPOSE, token)
    is_ours = isinstance(value, list) and len(value) in {len(PLAIN), len(WHOLE)}
    return value if is_ours and value[0] == merchant_public_id else None  # type: ignore[index, return-value]


def seal_cart(
    sign: Signer,
    lines: dict[str, int],
    merchant_public_id: str,
    *,
    entered: Entered | None = None,
) -> str:
    """Return the token that carries these lines, and what was entered."""
    value: list[object] = [merchant_public_id, sorted(lines.items())]
    if entered and (entered.codes or entered.links):
        value += [list(entered.codes), sorted(entered.links)]
    return sign.seal(PURPOSE, value)


def with_code(entered: Entered, text: str) -> Entered:
    """Return what was entered with one more code, the latest last; the oldest makes room.

    Raises `Invalid` code_unknown for what cannot be a code.
    """
    code = normalise_code(text)
    if not 1 <= len(code) <= LONGEST:
        raise Invalid("code_unknown", field="code")
    others = [each for each in entered.codes if normalise_code(each) != code]
    return replace(entered, codes=(*others, text.strip()[:LONGEST])[-MOST_ENTERED:])


def without_code(entered: Entered, text: str) -> Entered:
    """Return what was entered without this code."""
    code = normalise_code(text)
    kept = tuple(each for each in entered.codes if normalise_code(each) != code)
    return replace(entered, codes=kept)


def with_link(entered: Entered, link: str) -> Entered:
    """Return what was entered with the link of one more offer."""
    links = sorted({*entered.links, link})[:MOST_ENTERED]
    return replace(entered, links=frozenset(links))


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
    occasion: Occasion,
    destination: Destination | None = None,
    is_shown: bool = True,
) -> CartView:
    """Return the cart priced now; what is no longer sold is left out with a notice. Pictures and
    the like are looked up where it `is_shown` to people.

    Raises `Invalid` as `price_lines` does for a destination that cannot be reached.
    """
    found = (
        products_of_variants(session, merchant.id, lines, settings=settings)
        if is_shown
        else find_wanted(session, merchant.id, lines)
    )
    kept = tuple(
        CartLineView(*found[variant], quantity=quantity)
        for variant, quantity in lines.items()
        if variant in found
    )
    notices = [] if len(kept) == len(lines) else ["line_vanished"]
    if any(not line.variant.availability.is_buyable for line in kept):
        notices.append("line_sold_out")
    offered = offer_lines(session, merchant.id, kept, occasion=occasion)
    priced = cart_of(session, merchant, kept, offered=offered, destination=destination)
    return replace(priced, notices=tuple(notices))


def cart_of(
    session: Session,
    merchant: MerchantView,
    lines: Sequence[CartLineView],
    *,
    offered: Offered,
    destination: Destination | None = None,
) -> CartView:
    """Return a cart of these lines with what offers do to them."""
    quote = price_lines(
        session, merchant, lines, destination=destination, discounts=offered.discounts
    )
    return CartView(
        with_discounts(lines, offered.discounts),
        quote,
        (),
        offered.counted(merchant.currency),
        offered.refused(merchant.currency),
    )

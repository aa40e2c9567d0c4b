"""What a link to a shop page looks like elsewhere: the values of Open Graph and X card tags.
The tags themselves are in templates/_parts/preview.html."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext

from storefront.values import frozen
from storefront.web.formats import decimal_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storefront.services.views import ImageView, MerchantView, ProductView, ShelfView

LONGEST_TITLE = 70
LONGEST_DESCRIPTION = 200
"""Limits of X's card, the strictest among those that read these tags."""


@frozen
class Preview:
    """Plain text and absolute addresses. `amount` is a decimal with a point, or "" where there is
    no single price."""

    url: str
    site: str
    title: str
    description: str
    image: ImageView | None = None
    amount: str = ""
    currency: str = ""
    availability: str = ""


def preview_of_shelf(shelf: ShelfView, url: str) -> Preview:
    """Return the preview of a placement's page: its product, or the collection as a whole."""
    if shelf.placement.kind == "product" and shelf.products:
        return preview_of_product(shelf.products[0], shelf.merchant, url)
    return preview_of_collection(shelf.placement.name, shelf.products, shelf.merchant, url=url)


def preview_of_collection(
    name: str, products: Sequence[ProductView], merchant: MerchantView, *, url: str
) -> Preview:
    """Return the preview of several products under one name."""
    picture = next((product.images[0] for product in products if product.images), None)
    names = ", ".join(product.name for product in products)
    return Preview(
        url=url,
        site=merchant.name,
        title=shorten(f"{name} · {merchant.name}", LONGEST_TITLE),
        description=shorten(names or _sold_by(merchant), LONGEST_DESCRIPTION),
        image=picture,
    )


def preview_of_product(product: ProductView, merchant: MerchantView, url: str) -> Preview:
    """Return the preview of one product, with the price that its page shows."""
    price = product.price_from
    return Preview(
        url=url,
        site=merchant.name,
        title=shorten(f"{product.name} · {merchant.name}", LONGEST_TITLE),
        description=shorten(product.description or _sold_by(merchant), LONGEST_DESCRIPTION),
        amount=decimal_text(price),
        currency=price.currency,
        availability="in stock" if product.is_buyable else "out of stock",
        image=product.images[0] if product.images else None,
    )


def shorten(text: str, longest: int) -> str:
    """Return the text in one line, cut at a word with an ellipsis where it is too long."""
    line = " ".join(text.split())
    if len(line) <= longest:
        return line
    return line[: longest - 1].rsplit(" ", 1)[0].rstrip(",.;:·- ") + "…"


def _sold_by(merchant: MerchantView) -> str:
    return str(gettext("Sold by %(merchant)s", merchant=merchant.name))

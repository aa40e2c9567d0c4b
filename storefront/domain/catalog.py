"""What can be bought right now: the rule that turns counters into words a shopper may see; and
how a product is named in files."""

from __future__ import annotations

import re
import unicodedata

from storefront.domain.orders import MAX_QUANTITY
from storefront.values import frozen

LOW_STOCK = 5
"""At this many left or fewer the shopper is told the number; above it, only that there is stock."""


@frozen
class StockCount:
    """A variant's counters. `stock` counts every unit ever put on sale; `None` is unlimited."""

    stock: int | None
    held: int
    sold: int


@frozen
class Availability:
    """`state` is in_stock, low, held (all units are in others' hands) or sold_out. `left` is None
    where there is more than anybody can order at once."""

    state: str
    left: int | None

    @property
    def is_buyable(self) -> bool:
        """Whether one unit could be taken now."""
        return self.state in {"in_stock", "low"}


def availability(count: StockCount) -> Availability:
    """Return what a shopper may be told about these counters."""
    if count.stock is None:
        return Availability("in_stock", None)
    left = count.stock - count.sold - count.held
    if left > LOW_STOCK:
        return Availability("in_stock", left if left < MAX_QUANTITY else None)
    if left > 0:
        return Availability("low", left)
    return Availability("sold_out" if count.sold >= count.stock else "held", 0)


def why_not_taken(count: StockCount, quantity: int) -> str:
    """Return the code that explains why `quantity` could not be taken.

    `too_few_left` when fewer remain than asked, `all_held` when others hold what is left and
    may yet let go of it, `sold_out` when nothing will come back.
    """
    unsold = (count.stock or 0) - count.sold
    if unsold <= 0:
        return "sold_out"
    if unsold < quantity:
        return "too_few_left"
    free = unsold - count.held
    return "too_few_left" if 0 < free < quantity else "all_held"


LONGEST_HANDLE = 200
LONGEST_SKU = 80


def handle_of(name: str) -> str:
    """Return the name that a product has in files and addresses: letters, digits and dashes.

    "" when nothing is left of it.
    """
    words = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(symbol for symbol in words if not unicodedata.combining(symbol))
    return re.sub(r"[\W_]+", "-", unicodedata.normalize("NFKC", plain)).strip("-")[:LONGEST_HANDLE]


def sku_of(handle: str, variant: str) -> str:
    """Return the SKU of a variant that nobody has given one; the same each time it is asked."""
    return "-".join(filter(None, (handle, handle_of(variant))))[:LONGEST_SKU]

"""What a file of products says, whatever its format, and what is wrong with a cell of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.errors import Invalid
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST_VALUE = 80


class Unusable(Invalid):
    """A file that cannot be imported at all; `code` says why."""


@frozen
class Terms:
    """What the reader of a file must know of the shop: its currency, and how the addresses of its
    own pictures begin."""

    currency: str
    own_pictures: str = ""


@frozen
class Fault:
    """What is wrong with one cell: the row as a spreadsheet counts, the column, the beginning of
    the value, a code, and what its sentence needs."""

    row: int
    column: str
    value: str
    code: str
    hint: str = ""


@frozen
class Record:
    """One row by its columns' names, as text."""

    row: int
    cells: Mapping[str, str]

    def fault(self, code: str, column: str = "", *, hint: str = "") -> Fault:
        """Return what is wrong with one of the row's cells."""
        value = " ".join(self.cells.get(column, "").split())
        shown = value if len(value) <= LONGEST_VALUE else value[: LONGEST_VALUE - 1] + "…"
        return Fault(self.row, column[:60], shown, code, hint[:80])


@frozen
class FeedPicture:
    """A picture by its address."""

    row: int
    address: str
    alt: str


@frozen
class FeedVariant:
    """A variant. `stock` is how many a new one has, None is no limit; with `has_stock` it is also
    what one that is here already has. What is None of the rest the file does not say."""

    row: int
    sku: str
    name: str
    price_minor: int
    stock: int | None = None
    has_stock: bool = False
    low_stock: int | None = None
    has_low_stock: bool = False
    is_withdrawn: bool | None = None


@frozen
class FeedProduct:
    """Rows that follow each other and belong to one product. A name of "" is that of a product
    whose first rows came earlier; what is None the file does not say."""

    row: int
    handle: str
    name: str
    description: str | None
    is_withdrawn: bool | None
    is_giftable: bool | None
    is_promotable: bool | None
    variants: Sequence[FeedVariant]
    pictures: Sequence[FeedPicture]


@frozen
class Group:
    """A product as far as it could be read, and what could not. The group counts, even when
    nothing of it can be used."""

    product: FeedProduct | None
    faults: Sequence[Fault]
    rows: int

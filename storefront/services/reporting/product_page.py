"""One product, and one variant, with everything that their pages in the console show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.services.pictures import list_pictures, picture_view
from storefront.services.products import get_product
from storefront.services.reporting.products import variant_row
from storefront.services.stock_entries import list_entries
from storefront.services.variants import get_variant, list_variants
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.models import Variant
    from storefront.services.reporting.products import VariantRow
    from storefront.services.views import ImageView
    from storefront.settings import Settings


@frozen
class PictureRow:
    """A picture with the name by which it is changed."""

    public_id: str
    view: ImageView


@frozen
class VariantLine:
    """A variant in its product's row, on sale or not."""

    row: VariantRow
    is_withdrawn: bool


@frozen
class ProductPage:
    """What a merchant sees and changes of a product."""

    public_id: str
    name: str
    description: str
    handle: str
    version: int
    is_giftable: bool
    is_promotable: bool
    is_withdrawn: bool
    pictures: tuple[PictureRow, ...]
    variants: tuple[VariantLine, ...]


@frozen
class EntryRow:
    """One change of a variant's stock; `after` is what `stock` was then."""

    reason: str
    units: int
    after: int
    made_at: datetime
    member: str | None


@frozen
class VariantPage:
    """What a merchant sees and changes of a variant. `on_shelf` is what is not paid for yet, None
    without a limit."""

    product: str
    product_name: str
    row: VariantRow
    version: int
    low_stock: int | None
    is_withdrawn: bool
    entries: tuple[EntryRow, ...]

    @property
    def on_shelf(self) -> int | None:
        """How many should be found when somebody counts."""
        return None if self.row.stock is None else self.row.stock - self.row.sold


def get_product_page(
    session: Session, merchant_id: int, public_id: str, *, settings: Settings
) -> ProductPage:
    """Return a product's page; raise `NotFound`."""
    product = get_product(session, merchant_id, public_id)
    return ProductPage(
        public_id=product.public_id,
        name=product.name,
        description=product.description,
        handle=product.handle,
        version=product.version,
        is_giftable=product.is_giftable,
        is_promotable=product.is_promotable,
        is_withdrawn=product.withdrawn_at is not None,
        pictures=tuple(
            PictureRow(image.public_id, picture_view(image, settings))
            for image in list_pictures(session, product)
        ),
        variants=tuple(
            VariantLine(variant_row(row), row.withdrawn_at is not None)
            for row in list_variants(session, product)
        ),
    )


def get_variant_page(
    session: Session, merchant_id: int, product_id: str, *, variant: str
) -> VariantPage:
    """Return a variant's page; raise `NotFound`."""
    product = get_product(session, merchant_id, product_id)
    row = get_variant(session, product, variant)
    return VariantPage(
        product=product.public_id,
        product_name=product.name,
        row=variant_row(row),
        version=row.version,
        low_stock=row.low_stock,
        is_withdrawn=row.withdrawn_at is not None,
        entries=_entries(session, row),
    )


def _entries(session: Session, variant: Variant) -> tuple[EntryRow, ...]:
    after, rows = variant.stock or 0, []
    for entry, member in list_entries(session, variant):
        rows.append(EntryRow(entry.reason, entry.units, after, entry.made_at, member))
        after -= entry.units
    return tuple(rows)

"""A product's pictures: added, described, put in order, taken away. A file that nothing shows any
more is discarded by services/retention.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from storefront import links
from storefront.domain.addresses import read_picture_address
from storefront.errors import Conflict, NotFound
from storefront.models import ProductImage
from storefront.services.catalog import add_image
from storefront.services.variants import moved
from storefront.services.views import ImageView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from storefront.models import Product
    from storefront.ports import KeptPicture
    from storefront.settings import Settings

MOST_PICTURES = 20


def picture_view(image: ProductImage, settings: Settings) -> ImageView:
    """Return a picture as pages show it."""
    return ImageView(
        url=links.media(settings, image.file),
        alt=image.alt,
        width=image.width,
        height=image.height,
        srcset=links.picture_sources(settings, image.file, image.widths),
    )


def list_pictures(session: Session, product: Product) -> Sequence[ProductImage]:
    """Return a product's pictures in their order."""
    return session.scalars(
        select(ProductImage)
        .where(
            ProductImage.merchant_id == product.merchant_id,
            ProductImage.product_id == product.id,
        )
        .order_by(ProductImage.position, ProductImage.id)
    ).all()


def add_kept_picture(session: Session, product: Product, kept: KeptPicture, *, alt: str) -> None:
    """Add a picture that was uploaded; raise `Conflict` too_many_pictures."""
    _need_room(session, product)
    add_image(
        session,
        product,
        file=kept.file,
        alt=alt,
        width=kept.width,
        height=kept.height,
        widths=kept.widths,
    )


def add_picture_elsewhere(session: Session, product: Product, address: str, *, alt: str) -> None:
    """Add a picture by its https address; raise `Invalid`, or `Conflict` too_many_pictures."""
    _need_room(session, product)
    file = read_picture_address(address)
    add_image(session, product, file=file, alt=alt, width=0, height=0)


def _need_room(session: Session, product: Product) -> None:
    if len(list_pictures(session, product)) >= MOST_PICTURES:
        raise Conflict("too_many_pictures", field="picture", most=MOST_PICTURES)


def describe_picture(session: Session, product: Product, public_id: str, *, alt: str) -> None:
    """Change what a picture says to those who do not see it; raise `NotFound`."""
    changed = session.execute(
        update(ProductImage)
        .where(*_named(product, public_id))
        .values(alt=alt)
        .returning(ProductImage.id)
        .execution_options(synchronize_session=False)
    ).first()
    if changed is None:
        raise NotFound


def move_picture(session: Session, product: Product, public_id: str, *, step: int) -> None:
    """Move a picture a place earlier (-1) or later (1); the first one stands for the product."""
    keys = [image.public_id for image in list_pictures(session, product)]
    for position, key in enumerate(moved(keys, public_id, step)):
        session.execute(
            update(ProductImage)
            .where(*_named(product, key))
            .values(position=position)
            .execution_options(synchronize_session=False)
        )


def remove_picture(session: Session, product: Product, public_id: str) -> None:
    """Take a picture off a product; what is gone already is no fault."""
    session.execute(
        delete(ProductImage)
        .where(*_named(product, public_id))
        .execution_options(synchronize_session=False)
    )


def _named(product: Product, public_id: str) -> tuple[ColumnElement[bool], ...]:
    return (
        ProductImage.merchant_id == product.merchant_id,
        ProductImage.product_id == product.id,
        ProductImage.public_id == public_id,
    )

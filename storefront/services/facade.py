"""What a shop shows of itself on every page: which texts it has, its logo and its cover."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import literal, select, union_all

from storefront.models import ShopPicture, ShopText
from storefront.models.shop import TEXTS
from storefront.services.views import Facade, ShopPictureView

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def facade_of(session: Session, merchant_id: int) -> Facade:
    """Return a merchant's texts, in the order in which pages link to them, and pictures; one
    statement, for every frame asks."""
    texts = select(
        ShopText.kind, literal("").label("file"), literal("").label("alt"), literal(0), literal(0)
    ).where(ShopText.merchant_id == merchant_id)
    pictures = select(
        ShopPicture.kind, ShopPicture.file, ShopPicture.alt, ShopPicture.width, ShopPicture.height
    ).where(ShopPicture.merchant_id == merchant_id)
    rows = {row[0]: row for row in session.execute(union_all(texts, pictures))}
    shown = {kind: ShopPictureView(*row[1:]) for kind, row in rows.items() if kind not in TEXTS}
    return Facade(
        texts=tuple(kind for kind in TEXTS if kind in rows),
        logo=shown.get("logo"),
        cover=shown.get("cover"),
    )

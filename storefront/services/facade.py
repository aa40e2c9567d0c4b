"""What a shop shows of itself on every page, which texts it has, its logo and its cover, and to
whom: the sites that may frame it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, literal, select, union_all

from storefront.db.hot import read, table_of
from storefront.models import AllowedHost, ShopPicture, ShopText
from storefront.models.shop import TEXTS
from storefront.services.views import Facade, ShopPictureView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from storefront.db.bare import Bare
    from storefront.db.hot import AnyRow


_text, _picture, _host = map(table_of, (ShopText, ShopPicture, AllowedHost))
_ORIGIN = "origin"
SHOWN = union_all(
    select(
        _text.c.kind, literal("").label("file"), literal("").label("alt"), literal(0), literal(0)
    ).where(_text.c.merchant_id == bindparam("merchant_id")),
    select(
        _picture.c.kind, _picture.c.file, _picture.c.alt, _picture.c.width, _picture.c.height
    ).where(_picture.c.merchant_id == bindparam("merchant_id")),
    select(literal(_ORIGIN), _host.c.origin, literal(""), literal(0), literal(0)).where(
        _host.c.merchant_id == bindparam("merchant_id")
    ),
)


def facade_of(session: Session | Bare, merchant_id: int) -> tuple[Facade, tuple[str, ...]]:
    """Return a merchant's texts, in the order in which pages link to them, and pictures; and the
    origins that may frame the shop, in a stable order. One statement, for every frame asks."""
    return facade_from(read(session, SHOWN, merchant_id=merchant_id))


def facade_from(found: Sequence[AnyRow]) -> tuple[Facade, tuple[str, ...]]:
    """Return the same from the rows that `SHOWN` has found."""
    rows = {row[0]: row for row in found if row[0] != _ORIGIN}
    shown = {kind: ShopPictureView(*row[1:]) for kind, row in rows.items() if kind not in TEXTS}
    facade = Facade(
        texts=tuple(kind for kind in TEXTS if kind in rows),
        logo=shown.get("logo"),
        cover=shown.get("cover"),
    )
    return facade, tuple(sorted(row[1] for row in found if row[0] == _ORIGIN))

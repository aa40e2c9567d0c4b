"""Where a gift came from, for its recipient: the post's page, and what is there in place of a thing
that has gone. Whoever follows it carries the gift's opening, and so the post that sold it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from storefront import links
from storefront.models import Placement, Product, Variant
from storefront.services.placements import get_placement_by_id
from storefront.services.shelf import shelf
from storefront.services.visitors import Visitor, make_mark
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gifting.models import Gift
    from gifting.presents import Present
    from storefront.domain.money import Money
    from storefront.ports import Ports
    from storefront.services.views import PlacementView, ProductView

MOST_WINDOWS = 10
"""So many of a merchant's placements are looked through for something in place of what is gone."""


@frozen
class ShopWindow:
    """The page to go on to. `is_gone` says that the thing given is no longer sold, and `instead`
    is what is offered there that comes closest to it."""

    url: str
    is_gone: bool
    instead: ProductView | None


def shop_window(
    session: Session, gift: Gift, present: Present, *, ports: Ports, now: datetime
) -> ShopWindow | None:
    """Return the shop window of a gift, None where the merchant shows nothing any more."""
    placements = _live_placements(session, gift, present.placement)
    if not placements:
        return None
    is_gone = gift.variant_id is not None and not _is_sold(session, gift.variant_id)
    found = _instead(session, placements, present.face, ports=ports, now=now) if is_gone else None
    placement, instead = found or (placements[0], None)
    visitor = Visitor(gift.visitor, "verified", gift.opened_interaction_id)
    mark = make_mark(ports.sign, visitor, placement.merchant.public_id)
    return ShopWindow(
        url=links.placement_page(ports.settings, placement.public_id, mark),
        is_gone=is_gone,
        instead=instead,
    )


def _instead(
    session: Session,
    placements: Iterable[PlacementView],
    face: Money,
    *,
    ports: Ports,
    now: datetime,
) -> tuple[PlacementView, ProductView] | None:
    """Return what any of the merchant's placements shows that comes closest, and which does."""
    shown: dict[str, tuple[PlacementView, ProductView]] = {}
    for placement in placements:
        for product in shelf(session, placement, ports.settings, now=now).products:
            shown.setdefault(product.public_id, (placement, product))
    best = closest((product for _, product in shown.values()), face)
    return None if best is None else shown[best.public_id]


def closest(products: Iterable[ProductView], face: Money) -> ProductView | None:
    """Return what can be bought and comes closest in price; an offer goes before all else."""

    def distance(product: ProductView) -> tuple[bool, int]:
        has_offer = any(variant.is_reduced for variant in product.variants)
        return not has_offer, abs(product.price_from.minor - face.minor)

    return min((each for each in products if each.is_buyable), key=distance, default=None)


def _is_sold(session: Session, variant_id: int) -> bool:
    return bool(
        session.scalar(
            select(Variant.id)
            .join(Product, Product.id == Variant.product_id)
            .where(
                Variant.id == variant_id,
                Variant.withdrawn_at.is_(None),
                Product.withdrawn_at.is_(None),
            )
        )
    )


def _live_placements(session: Session, gift: Gift, placement: PlacementView) -> list[PlacementView]:
    """Return the placement that sold the gift, if it is still there, then the newest others."""
    found = session.scalars(
        select(Placement.id)
        .where(Placement.merchant_id == gift.merchant_id, Placement.retired_at.is_(None))
        .order_by((Placement.id == placement.id).desc(), Placement.id.desc())
        .limit(MOST_WINDOWS)
    ).all()
    return [get_placement_by_id(session, placement_id) for placement_id in found]

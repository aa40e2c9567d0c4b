"""The offer that a placement shows: its things stand there, and who comes there has it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, insert, select

from storefront.db.hot import read, table_of
from storefront.domain.offers import Kind, State, state
from storefront.errors import Invalid
from storefront.models import Offer, PlacementOffer, Product, Variant
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.models import Placement
    from storefront.services.offer_terms import KnownOffers
    from storefront.services.offering import Occasion


_offer, _here = table_of(Offer), table_of(PlacementOffer)
LINKS = (
    select(_offer.c.link)
    .join(_here, _here.c.offer_id == _offer.c.id)
    .where(_here.c.placement_id == bindparam("placement_id"), _offer.c.link.is_not(None))
)


@frozen
class ShownOffer:
    """An offer that can be shown. `products` are the public ids of its things on sale."""

    id: int
    public_id: str
    name: str
    link: str | None
    products: tuple[str, ...]


def list_showable(session: Session, merchant_id: int, *, now: datetime) -> Sequence[Offer]:
    """Return the offers that a placement can show: published, not over, and without a code, for
    nobody types one there."""
    rows = session.scalars(
        select(Offer)
        .where(
            Offer.merchant_id == merchant_id,
            Offer.kind == Kind.AUTOMATIC.value,
            Offer.published_at.is_not(None),
            Offer.ended_at.is_(None),
        )
        .order_by(Offer.id.desc())
    )
    return [row for row in rows if state(row.terms, now) is not State.ENDED]


def get_showable(session: Session, merchant_id: int, name: str, *, now: datetime) -> ShownOffer:
    """Return one of them by its public id; raise `Invalid` unknown_thing."""
    for offer in list_showable(session, merchant_id, now=now):
        if offer.public_id == name:
            products = _products(session, offer)
            return ShownOffer(offer.id, name, offer.name, offer.link, products)
    raise Invalid("unknown_thing", field="offer")


def _products(session: Session, offer: Offer) -> tuple[str, ...]:
    terms = offer.terms
    with_variant = select(Variant.product_id).where(Variant.id.in_(terms.variants))
    return tuple(
        session.scalars(
            select(Product.public_id)
            .where(
                Product.merchant_id == offer.merchant_id,
                Product.withdrawn_at.is_(None),
                Product.id.in_(terms.products) | Product.id.in_(with_variant),
            )
            .order_by(Product.id)
        )
    )


def show_offer(session: Session, placement: Placement, offer: ShownOffer | None) -> None:
    """Let a placement show this offer, or none."""
    session.execute(
        delete(PlacementOffer).where(
            PlacementOffer.merchant_id == placement.merchant_id,
            PlacementOffer.placement_id == placement.id,
        )
    )
    if offer:
        session.execute(
            insert(PlacementOffer).values(
                merchant_id=placement.merchant_id, placement_id=placement.id, offer_id=offer.id
            )
        )


def find_shown(session: Session, merchant_id: int, placement_id: int) -> tuple[str, str] | None:
    """Return public id and name of the offer that a placement shows."""
    row = session.execute(
        select(Offer.public_id, Offer.name)
        .join(PlacementOffer, PlacementOffer.offer_id == Offer.id)
        .where(
            PlacementOffer.merchant_id == merchant_id, PlacementOffer.placement_id == placement_id
        )
    ).first()
    return (row.public_id, row.name) if row else None


def with_shown(session: Session, known: KnownOffers, occasion: Occasion) -> Occasion:
    """Return the occasion with the link of the offer that its placement shows, as if the shopper
    had followed it. Asked only where an offer has a link."""
    if occasion.placement_id is None or not any(each.link for each in known.terms):
        return occasion
    found = read(session, LINKS, placement_id=occasion.placement_id)
    followed = occasion.entered.links | {row.link for row in found}
    return replace(occasion, entered=replace(occasion.entered, links=followed))

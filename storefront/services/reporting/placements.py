"""Placements with what they bring: how often seen, shared and opened, and what was sold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from storefront.domain.money import Money
from storefront.errors import NotFound
from storefront.models import (
    Campaign,
    Channel,
    Placement,
    PlacementProduct,
    Product,
)
from storefront.services.placement_offers import find_shown
from storefront.services.reporting.all_time import acts_at, last_view
from storefront.services.reporting.credits import Brought, brought_by_placements
from storefront.services.reporting.pages import Slice, cut
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Row, Select
    from sqlalchemy.orm import Session

    from storefront.services.views import MerchantView

PAGE_SIZE = 50
COUNTED = ("view", "click", "like", "comment", "share", "open")


@frozen
class PlacementRow:
    """A placement and what it brings. `acts` counts interactions by kind; `brought` are the
    paid orders whose last touch was here."""

    public_id: str
    name: str
    kind: str
    channel: str
    campaign: str | None
    post_url: str
    created_at: datetime
    is_retired: bool
    link_share: str | None
    first_loaded_at: datetime | None
    acts: Mapping[str, int]
    brought: Brought


@frozen
class PlacementList:
    """One page of placements. `direct` are paid orders that nothing social led to: with them,
    the orders of all pages add up to all paid orders."""

    rows: tuple[PlacementRow, ...]
    slice: Slice
    direct: Brought


@frozen
class PlacementReport:
    """One placement, when it was last seen, and what it shows: public ids and names in order."""

    row: PlacementRow
    last_seen_at: datetime | None
    products: tuple[tuple[str, str], ...]
    offer: tuple[str, str] | None
    channel_slug: str
    campaign_public_id: str


def list_placements(
    session: Session, shop: MerchantView, *, page: int = 1, size: int = PAGE_SIZE
) -> PlacementList:
    """Return a page of the merchant's placements, newest first, those in use before the rest."""
    total = session.scalar(
        select(func.count()).select_from(Placement).where(Placement.merchant_id == shop.id)
    )
    cutting = cut(total or 0, page, size=size)
    rows = session.execute(
        _placements(shop)
        .order_by(Placement.retired_at.is_not(None), Placement.created_at.desc(), Placement.id)
        .limit(cutting.size)
        .offset(cutting.offset)
    ).all()
    brought = brought_by_placements(session, shop)
    acts = acts_at(session, shop.id, [row.id for row in rows])
    nothing = Brought(0, Money(0, shop.currency))
    return PlacementList(
        rows=tuple(_row(row, acts, brought.get(row.id, nothing)) for row in rows),
        slice=cutting,
        direct=brought.get(None, nothing),
    )


def get_placement_report(session: Session, shop: MerchantView, public_id: str) -> PlacementReport:
    """Return a placement of this merchant, even a retired one; raise `NotFound` otherwise."""
    row = session.execute(_placements(shop).where(Placement.public_id == public_id)).first()
    if row is None:
        raise NotFound
    products = session.execute(
        select(Product.public_id, Product.name)
        .join(PlacementProduct, PlacementProduct.product_id == Product.id)
        .where(
            PlacementProduct.merchant_id == shop.id,
            PlacementProduct.placement_id == row.id,
            Product.withdrawn_at.is_(None),
        )
        .order_by(PlacementProduct.position)
    )
    acts = acts_at(session, shop.id, [row.id])
    brought = brought_by_placements(session, shop).get(row.id)
    nothing = Brought(0, Money(0, shop.currency))
    return PlacementReport(
        row=_row(row, acts, brought or nothing),
        last_seen_at=last_view(session, shop.id, row.id),
        products=tuple((public_id, name) for public_id, name in products),
        offer=find_shown(session, shop.id, row.id),
        channel_slug=row.channel_slug,
        campaign_public_id=row.campaign_public_id or "",
    )


def _placements(shop: MerchantView) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Placement.id,
            Placement.public_id,
            Placement.name,
            Placement.kind,
            Channel.name.label("channel"),
            Channel.slug.label("channel_slug"),
            Campaign.name.label("campaign"),
            Campaign.public_id.label("campaign_public_id"),
            Placement.link_share,
            Placement.first_loaded_at,
            Placement.post_url,
            Placement.created_at,
            Placement.retired_at,
        )
        .join(Channel, Channel.id == Placement.channel_id)
        .outerjoin(Campaign, Campaign.id == Placement.campaign_id)
        .where(Placement.merchant_id == shop.id)
    )


def _row(
    row: Row[*tuple[Any, ...]], acts: Mapping[tuple[int, str], int], brought: Brought
) -> PlacementRow:
    return PlacementRow(
        public_id=row.public_id,
        name=row.name,
        kind=row.kind,
        channel=row.channel,
        campaign=row.campaign,
        post_url=row.post_url,
        created_at=row.created_at,
        is_retired=row.retired_at is not None,
        link_share=row.link_share,
        first_loaded_at=row.first_loaded_at,
        acts={kind: acts.get((row.id, kind), 0) for kind in COUNTED},
        brought=brought,
    )

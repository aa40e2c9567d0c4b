"""Shared links and what they brought, the most useful first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from storefront.domain.money import Money
from storefront.models import Channel, CreditEntry, Interaction, Placement, Share
from storefront.services.reporting.all_time import openings
from storefront.services.reporting.credits import MODEL, Brought, count_of_sales
from storefront.services.visitors import short
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row, Select
    from sqlalchemy.orm import Session

    from storefront.services.views import MerchantView

SHOWN = 50


@frozen
class ShareRow:
    """A shared link. `depth` is 1 for a first share, 2 for a share by somebody whom a share
    brought; `visitor` is who shared, by their short pseudonym."""

    public_id: str
    visitor: str | None
    depth: int
    created_at: datetime
    placement: str
    placement_public_id: str
    channel: str
    opens: int
    brought: Brought


@frozen
class ShareList:
    """The shares that brought most, of `total` in all."""

    rows: tuple[ShareRow, ...]
    total: int


def list_shares(session: Session, shop: MerchantView, *, limit: int = SHOWN) -> ShareList:
    """Return the shares that brought the most money, then the most openings, then the newest."""
    total = session.scalar(
        select(func.count()).select_from(Share).where(Share.merchant_id == shop.id)
    )
    opens, credit = openings(session, shop.id).subquery(), _credit(shop.id).subquery()
    minor, opened = func.coalesce(credit.c.minor, 0), func.coalesce(opens.c.opens, 0)
    rows = session.execute(
        select(
            Share.public_id,
            Interaction.visitor,
            Share.depth,
            Share.created_at,
            Placement.name.label("placement"),
            Placement.public_id.label("placement_public_id"),
            Channel.name.label("channel"),
            opened.label("opens"),
            func.coalesce(credit.c.orders, 0).label("orders"),
            minor.label("minor"),
        )
        .join(Interaction, Interaction.id == Share.interaction_id)
        .join(Placement, Placement.id == Share.placement_id)
        .join(Channel, Channel.id == Placement.channel_id)
        .outerjoin(opens, opens.c.share_id == Share.id)
        .outerjoin(credit, credit.c.share_id == Share.id)
        .where(Share.merchant_id == shop.id)
        .order_by(minor.desc(), opened.desc(), Share.id.desc())
        .limit(limit)
    )
    return ShareList(tuple(_row(row, shop.currency) for row in rows), total or 0)


def _credit(merchant_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            CreditEntry.share_id,
            count_of_sales().label("orders"),
            func.sum(CreditEntry.amount_minor).label("minor"),
        )
        .where(
            CreditEntry.merchant_id == merchant_id,
            CreditEntry.model == MODEL,
            CreditEntry.share_id.is_not(None),
        )
        .group_by(CreditEntry.share_id)
    )


def _row(row: Row[*tuple[Any, ...]], currency: str) -> ShareRow:
    return ShareRow(
        public_id=row.public_id,
        visitor=short(row.visitor) if row.visitor else None,
        depth=row.depth,
        created_at=row.created_at,
        placement=row.placement,
        placement_public_id=row.placement_public_id,
        channel=row.channel,
        opens=row.opens,
        brought=Brought(int(row.orders), Money(int(row.minor), currency)),
    )

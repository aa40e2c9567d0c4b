"""The merchant's channels and campaigns, and how many placements each has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from storefront.models import Campaign, Channel, Placement
from storefront.values import frozen

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@frozen
class Label:
    """A channel or a campaign: its name in addresses, its name for people, its placements."""

    key: str
    name: str
    placements: int


def list_channels(session: Session, merchant_id: int) -> tuple[Label, ...]:
    """Return where the merchant meets people, by name."""
    rows = session.execute(
        select(Channel.slug, Channel.name, func.count(Placement.id))
        .outerjoin(Placement, Placement.channel_id == Channel.id)
        .where(Channel.merchant_id == merchant_id)
        .group_by(Channel.id, Channel.slug, Channel.name)
        .order_by(Channel.name, Channel.id)
    )
    return tuple(Label(*row) for row in rows)


def list_campaigns(session: Session, merchant_id: int) -> tuple[Label, ...]:
    """Return the merchant's campaigns, latest first."""
    rows = session.execute(
        select(Campaign.public_id, Campaign.name, func.count(Placement.id))
        .outerjoin(Placement, Placement.campaign_id == Campaign.id)
        .where(Campaign.merchant_id == merchant_id)
        .group_by(Campaign.id, Campaign.public_id, Campaign.name)
        .order_by(Campaign.id.desc())
    )
    return tuple(Label(*row) for row in rows)

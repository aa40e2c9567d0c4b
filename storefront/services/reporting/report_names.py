"""What a report's rows are called: a placement by its post, its channel or its campaign, a share by
its post and its sharer's short pseudonym."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from storefront.models import Campaign, Channel, Interaction, Placement, Share
from storefront.services.visitors import short
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.orm import Session

DIRECT_KIND, NONE_KIND, ROW_KIND, OTHERS_KIND = "direct", "none", "row", "others"
MANY = 900
"""So many ids are asked for at once: SQLite takes no more than some thousands."""


@frozen
class Name:
    """What a row is about: a thing of the merchant's, direct visits, none of this kind, or all
    that are too many to be shown."""

    kind: str
    text: str = ""
    note: str = ""
    public_id: str = ""


DIRECT = Name(DIRECT_KIND)
OTHERS = Name(OTHERS_KIND)
NONE = Name(NONE_KIND)


def names_of(
    session: Session, merchant_id: int, by: str, *, keys: Iterable[int]
) -> Mapping[int, Name]:
    """Return the name of each key: of a share, or of a placement seen as `by` says."""
    wanted = [key for key in keys if key > 0]
    found = _shares(session, wanted) if by == "share" else _placements(session, merchant_id, by)
    return {-1: DIRECT, 0: NONE, **{key: found.get(key, NONE) for key in wanted}}


def _placements(session: Session, merchant_id: int, by: str) -> dict[int, Name]:
    rows = session.execute(
        select(
            Placement.id,
            Placement.public_id,
            Placement.name,
            Channel.name.label("channel"),
            Campaign.public_id.label("campaign_public_id"),
            Campaign.name.label("campaign"),
        )
        .join(Channel, Channel.id == Placement.channel_id)
        .outerjoin(Campaign, Campaign.id == Placement.campaign_id)
        .where(Placement.merchant_id == merchant_id)
    )
    if by == "placement":
        return {
            row.id: Name(ROW_KIND, row.name, row.channel, public_id=row.public_id) for row in rows
        }
    if by == "channel":
        return {row.id: Name(ROW_KIND, row.channel) for row in rows}
    return {
        row.id: Name(ROW_KIND, row.campaign, public_id=row.campaign_public_id)
        if row.campaign
        else NONE
        for row in rows
    }


def _shares(session: Session, wanted: list[int]) -> dict[int, Name]:
    found: dict[int, Name] = {}
    for start in range(0, len(wanted), MANY):
        rows = session.execute(
            select(
                Share.id,
                Share.public_id,
                Placement.name,
                Channel.name.label("channel"),
                Interaction.visitor,
            )
            .join(Placement, Placement.id == Share.placement_id)
            .join(Channel, Channel.id == Placement.channel_id)
            .join(Interaction, Interaction.id == Share.interaction_id)
            .where(Share.id.in_(wanted[start : start + MANY]))
        )
        for row in rows:
            who = short(row.visitor or "")
            note = " · ".join(filter(None, [row.channel, who]))
            found[row.id] = Name(ROW_KIND, row.name, note, public_id=row.public_id)
    return found

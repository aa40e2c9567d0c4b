"""Rules about interactions: every act was somebody's, at a placement of theirs or at none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select

from storefront.models import Interaction, Merchant, Placement
from storefront.services.audit.rule import rule

if TYPE_CHECKING:
    from sqlalchemy import Select


@rule("interactions", "merchant {}, placement {}")
def acts_stand_at_placements_of_their_merchant() -> Select[str, int, int | None]:
    """Find acts without a merchant, and those at a placement that is gone or another merchant's."""
    is_theirs = and_(
        Placement.id == Interaction.placement_id,
        Placement.merchant_id == Interaction.merchant_id,
    )
    is_nowhere = and_(Interaction.placement_id.is_not(None), Placement.id.is_(None))
    return (
        select(Interaction.public_id, Interaction.merchant_id, Interaction.placement_id)
        .outerjoin(Merchant, Merchant.id == Interaction.merchant_id)
        .outerjoin(Placement, is_theirs)
        .where(or_(Merchant.id.is_(None), is_nowhere))
    )

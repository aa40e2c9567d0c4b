"""How a merchant's offers compete, lane by lane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from storefront.domain.offers import Lane, Mode, State, state
from storefront.models import Merchant, Offer, OfferLane
from storefront.services import price_history
from storefront.services.offer_terms import modes_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session


def lane_modes(session: Session, merchant_id: int) -> dict[Lane, Mode]:
    """Return how offers compete in each lane."""
    return dict.fromkeys(Lane, Mode.BEST) | modes_of(session, merchant_id)


def set_lane_modes(
    session: Session, merchant_id: int, modes: Mapping[Lane, Mode], *, now: datetime
) -> None:
    """Let offers compete in another way from now on, and note the prices that this makes."""
    # Two members at once: the merchant's row lets one of them go first.
    session.execute(select(Merchant.id).where(Merchant.id == merchant_id).with_for_update())
    session.execute(delete(OfferLane).where(OfferLane.merchant_id == merchant_id))
    rows = [
        {"merchant_id": merchant_id, "lane": lane.value, "mode": mode.value}
        for lane, mode in modes.items()
        if mode is not Mode.BEST
    ]
    if rows:
        session.execute(insert(OfferLane), rows)
    published = select(Offer).where(
        Offer.merchant_id == merchant_id, Offer.published_at.is_not(None), Offer.ended_at.is_(None)
    )
    for offer in session.scalars(published.order_by(Offer.id)).all():
        if state(offer.terms, now) is State.ACTIVE:
            price_history.note_offer(session, offer, since=now)

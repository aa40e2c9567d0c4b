"""Find a card by who it is for or who gave it, for a guest who has lost the code; and what a clerk
sees of one card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from gifting.card_views import CardView, UseView, list_uses, view_card
from gifting.models import Gift, GiftCard, GiftContact
from gifting.refusals import check_card
from storefront.errors import Invalid, NotFound, StorefrontError
from storefront.models import Order, OrderContact
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gifting.tills import Till

SHORTEST, MOST = 3, 10
"""Letters to search for, and cards to show: enough to find one person, too few to read a list."""


@frozen
class Presented:
    """A card on the counter: what it is, why nothing can be taken from it if so, and its uses."""

    id: int
    view: CardView
    refusal: StorefrontError | None
    uses: Sequence[UseView]


def search_cards(
    session: Session, merchant_id: int, sought: str, *, now: datetime
) -> tuple[CardView, ...]:
    """Return the latest cards whose recipient or buyer is called like this, or has this address.

    Raises `Invalid` search_short.
    """
    if len(sought) < SHORTEST:
        raise Invalid("search_short", field="q", least=SHORTEST)
    address = func.lower(sought)
    cards = session.scalars(
        select(GiftCard)
        .join(Gift, Gift.id == GiftCard.gift_id)
        .join(Order, Order.id == Gift.order_id)
        .outerjoin(GiftContact, GiftContact.gift_id == Gift.id)
        .outerjoin(OrderContact, OrderContact.order_id == Order.id)
        .where(
            GiftCard.merchant_id == merchant_id,
            or_(
                GiftContact.recipient.icontains(sought, autoescape=True),
                func.lower(GiftContact.email) == address,
                GiftContact.sender.icontains(sought, autoescape=True),
                OrderContact.name.icontains(sought, autoescape=True),
                func.lower(OrderContact.email) == address,
            ),
        )
        .order_by(GiftCard.issued_at.desc(), GiftCard.id.desc())
        .limit(MOST)
    )
    return tuple(view_card(session, card, now=now) for card in cards)


def public_id_of(session: Session, card_id: int) -> str:
    """Return what a card is called in addresses."""
    return session.scalars(select(GiftCard.public_id).where(GiftCard.id == card_id)).one()


def present(
    session: Session, till: Till, public_id: str, *, is_live: bool, now: datetime
) -> Presented:
    """Return a card as it lies before a till; raise `NotFound`, also for another merchant's."""
    card = session.scalars(
        select(GiftCard).where(
            GiftCard.merchant_id == till.merchant_id, GiftCard.public_id == public_id
        )
    ).first()
    if card is None:
        raise NotFound
    return Presented(
        id=card.id,
        view=view_card(session, card, now=now),
        refusal=_refusal(session, card, till, is_live=is_live, now=now),
        uses=list_uses(session, card.id),
    )


def _refusal(
    session: Session, card: GiftCard, till: Till, *, is_live: bool, now: datetime
) -> StorefrontError | None:
    try:
        check_card(session, card, till, is_live=is_live, now=now)
    except StorefrontError as refusal:
        return refusal
    return None

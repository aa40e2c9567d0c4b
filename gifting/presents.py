"""A gift as its recipient is shown it, in a mail and on a page, with everything decided.
Only who holds the gift's link, or reads its mailbox, may be shown one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select

from gifting import codes
from gifting.links import gift_url
from gifting.models import GiftCard, GiftContact, Redemption, Reversal
from storefront.models import Order, OrderContact, Store
from storefront.services.placements import get_placement_by_id
from storefront.services.shelf import list_stores
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from gifting.models import Gift
    from storefront.domain.money import Money
    from storefront.ports import Ports
    from storefront.services.views import MerchantView, PlacementView, StoreView

OWN = "self"
"""The way of a gift that its buyer keeps: it is worded as a purchase, not as a present."""


@frozen
class Present:
    """A gift that was issued. `state` is good, blocked, over (void or cancelled), expired or
    spent; the code is "" where the card has none any more. `thing` is what is given where it is
    no value. Names, words and address are "" once they are erased."""

    gift_id: int
    merchant_id: int
    public_id: str
    link_number: int
    placement: PlacementView
    state: str
    sender: str
    recipient: str
    email: str
    words: str
    thanks: str
    locale: str
    design: str
    is_own: bool
    is_bound: bool
    thing: str
    face: Money
    balance: Money
    code: str
    expires_on: date | None
    stores: Sequence[StoreView]
    url: str
    is_opened: bool
    is_thanked: bool

    @property
    def merchant(self) -> MerchantView:
        """Where it was bought and can be used."""
        return self.placement.merchant

    @property
    def grouped(self) -> str:
        """The code as it is read out."""
        return codes.grouped(self.code)

    @property
    def is_usable(self) -> bool:
        """Whether it can be handed over, and spent."""
        return self.state == "good"


def present_of(session: Session, gift: Gift, ports: Ports, *, now: datetime) -> Present | None:
    """Return a gift as its recipient is shown it, None while it is not issued."""
    card = session.scalars(
        select(GiftCard).where(
            GiftCard.merchant_id == gift.merchant_id, GiftCard.gift_id == gift.id
        )
    ).first()
    if card is None:
        return None
    contact = session.scalars(select(GiftContact).where(GiftContact.gift_id == gift.id)).first()
    placement_id = session.scalars(
        select(Order.placement_id).where(Order.id == gift.order_id)
    ).one()
    return Present(
        gift_id=gift.id,
        merchant_id=gift.merchant_id,
        public_id=gift.public_id,
        link_number=gift.link_number,
        placement=get_placement_by_id(session, placement_id),
        state=_state(gift, card, now),
        sender=contact.sender if contact else "",
        recipient=contact.recipient if contact else "",
        email=address_of(session, gift),
        words=contact.words if contact else "",
        thanks=contact.thanks if contact else "",
        locale=contact.locale if contact else "en",
        design=gift.design,
        is_own=gift.way == OWN,
        is_bound=gift.is_bound,
        thing=gift.title if gift.variant_id is not None else "",
        face=card.face,
        balance=card.balance,
        code=codes.unseal(ports.sign, card.code_sealed) or "",
        expires_on=card.expires_on,
        stores=_accepting(session, card),
        url=gift_url(ports.settings, ports.sign, gift),
        is_opened=gift.opened_at is not None,
        is_thanked=gift.thanked_at is not None,
    )


def address_of(session: Session, gift: Gift) -> str:
    """Return where a gift is sent: to its recipient, or to its buyer who keeps it; "" where nobody
    knows, or the person is erased."""
    own = select(GiftContact.email).where(GiftContact.gift_id == gift.id)
    buyers = select(OrderContact.email).where(OrderContact.order_id == gift.order_id)
    email = session.scalar(own)
    is_buyers = email == "" and gift.way == OWN
    return address(gift.way, email, session.scalar(buyers) if is_buyers else None)


def address(way: str, email: str | None, buyers_email: str | None) -> str:
    """Return which of a recipient's and a buyer's address a gift is sent to; None is erased."""
    return (buyers_email if email == "" and way == OWN else email) or ""


@frozen
class Spent:
    """A part of a gift that was spent, and where."""

    amount: Money
    store: str
    at: datetime


def list_spent(session: Session, gift: Gift) -> Sequence[Spent]:
    """Return what was taken from a gift and not given back, the newest first."""
    rows = session.execute(
        select(Redemption, Store.name)
        .join(GiftCard, GiftCard.id == Redemption.card_id)
        .join(Store, Store.id == Redemption.store_id)
        .outerjoin(Reversal, Reversal.redemption_id == Redemption.id)
        .where(GiftCard.gift_id == gift.id, Reversal.id.is_(None))
        .order_by(Redemption.id.desc())
    ).all()
    return [Spent(taken.amount, store, taken.occurred_at) for taken, store in rows]


def _state(gift: Gift, card: GiftCard, now: datetime) -> str:
    today = now.astimezone(ZoneInfo(card.zone)).date()
    is_so = {
        "over": card.voided_at or gift.cancelled_at,
        "spent": card.balance_minor == 0,
        "blocked": card.blocked_at,
        "expired": card.expires_on is not None and card.expires_on < today,
    }
    return next((state for state, fact in is_so.items() if fact), "good")


def _accepting(session: Session, card: GiftCard) -> Sequence[StoreView]:
    stores = list_stores(session, card.merchant_id)
    return [store for store in stores if card.stores is None or store.id in card.stores]

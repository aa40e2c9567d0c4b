"""What a buyer sees of the gifts of their order, and programs too: to whom, in what state, and the
link where the buyer is to send it themselves. Never a code."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select

from gifting import delays
from gifting.links import gift_url, picture_path
from gifting.models import Gift, GiftCard, GiftContact
from gifting.wishes import EMAIL, LINK
from storefront.kinds import Panel
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.domain.money import Money
    from storefront.models import Order
    from storefront.ports import Signer
    from storefront.settings import Settings

TEMPLATE = "gift/_order_panel.html"


@frozen
class SentGift:
    """A gift as its giver may see it. `state` is one word for its way to the recipient: pending,
    scheduled, sending, delayed, sent, undeliverable, ready (a link to be sent on), opened,
    cancelled, held (its payment is disputed, or the shop has blocked it). A bound one is its
    recipient's alone."""

    public_id: str
    title: str
    face: Money
    recipient: str
    email: str
    way: str
    is_bound: bool
    design: str
    state: str
    deliver_at: datetime | None
    zone: str
    delivered_at: datetime | None
    opened_at: datetime | None
    thanked_at: datetime | None
    thanks: str
    is_spent: bool
    is_used_up: bool
    resent: int
    link: str
    """Where the recipient finds it, for a giver who sends it themselves; else empty."""

    @property
    def can_resend(self) -> bool:
        """Whether its mail can be sent once more."""
        return self.state in {"sent", "opened", "undeliverable"} and self.way != LINK

    @property
    def can_correct(self) -> bool:
        """Whether another address can take the place of the recipient's."""
        states = {"scheduled", "sending", "delayed", "sent", "undeliverable"}
        return self.way == EMAIL and self.state in states

    @property
    def can_cancel(self) -> bool:
        """Whether its giver can still call it off."""
        return self.state not in {"pending", "cancelled", "held"} and not self.is_spent

    @property
    def wall_clock(self) -> datetime | None:
        """When it arrives, on the clock of the zone that was chosen."""
        return self.deliver_at.astimezone(ZoneInfo(self.zone)) if self.deliver_at else None


@frozen
class Shop:
    """What makes the links of gifts: whose they are, and who signs them."""

    settings: Settings
    sign: Signer


def sent_gifts(session: Session, order: Order, shop: Shop, *, now: datetime) -> Sequence[SentGift]:
    """Return the gifts of an order, in the order in which they were asked for."""
    rows = session.execute(
        select(Gift, GiftContact, GiftCard)
        .outerjoin(GiftContact, GiftContact.gift_id == Gift.id)
        .outerjoin(GiftCard, GiftCard.gift_id == Gift.id)
        .where(Gift.merchant_id == order.merchant_id, Gift.order_id == order.id)
        .order_by(Gift.line_item_id, Gift.position)
    ).all()
    waiting = delays.waiting_since(session, [gift.id for gift, _, _ in rows])
    late = {gift_id for gift_id, since in waiting.items() if delays.is_late(since, now)}
    return [
        _sent(
            gift, contact, card, shop=shop, state=_state(gift, card, now, is_late=gift.id in late)
        )
        for gift, contact, card in rows
    ]


def _sent(
    gift: Gift,
    contact: GiftContact | None,
    card: GiftCard | None,
    *,
    shop: Shop,
    state: str,
) -> SentGift:
    is_handed = gift.way == LINK and state not in {"pending", "cancelled"}
    return SentGift(
        public_id=gift.public_id,
        title=gift.title,
        face=gift.face,
        recipient=contact.recipient if contact else "",
        email=contact.email if contact else "",
        way=gift.way,
        is_bound=gift.is_bound,
        design=gift.design,
        state=state,
        deliver_at=gift.deliver_at,
        zone=gift.zone,
        delivered_at=gift.delivered_at,
        opened_at=gift.opened_at,
        thanked_at=gift.thanked_at,
        thanks=contact.thanks if contact else "",
        is_spent=card is not None and card.balance_minor < card.face_minor,
        is_used_up=card is not None and card.balance_minor == 0,
        resent=gift.resent,
        link=gift_url(shop.settings, shop.sign, gift) if is_handed else "",
    )


def _state(gift: Gift, card: GiftCard | None, now: datetime, *, is_late: bool) -> str:
    """Return where a gift is on its way; what its card is worth is another question."""
    is_over = gift.cancelled_at or (card is not None and card.voided_at)
    known = {
        "cancelled": is_over,
        "held": card is not None and card.blocked_at,
        "pending": gift.issued_at is None,
        "opened": gift.opened_at,
        "undeliverable": gift.undeliverable_at,
        "sent": gift.delivered_at,
        "ready": gift.way == LINK,
        "scheduled": gift.deliver_at and gift.deliver_at > now,
        "delayed": is_late,
    }
    return next((state for state, is_so in known.items() if is_so), "sending")


def show(session: Session, order: Order, now: datetime, *, shop: Shop) -> Panel | None:
    """Return the panel of an order with gifts, None for any other."""
    gifts = sent_gifts(session, order, shop, now=now)
    if not gifts:
        return None
    told = [as_json(gift) for gift in gifts]
    picture = picture_path(shop.settings, gifts[0].design)
    return Panel("gifts", TEMPLATE, {"gifts": gifts}, told, picture)


def as_json(gift: SentGift) -> dict[str, object]:
    """Return a gift as programs are told of it."""
    return {
        "public_id": gift.public_id,
        "title": gift.title,
        "face_minor": gift.face.minor,
        "currency": gift.face.currency,
        "recipient": gift.recipient,
        "way": gift.way,
        "is_bound": gift.is_bound,
        "state": gift.state,
        "deliver_at": gift.deliver_at.isoformat() if gift.deliver_at else None,
        "is_spent": gift.is_spent,
        "link": gift.link or None,
        "opened_at": gift.opened_at.isoformat() if gift.opened_at else None,
    }

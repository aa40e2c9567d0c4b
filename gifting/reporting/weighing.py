"""What stands against giving an order's money back: how much of its gifts is spent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from gifting import returns
from gifting.models import Gift, GiftCard, GiftContact
from storefront.domain.money import Money, total
from storefront.kinds import Panel
from storefront.values import frozen
from storefront.web.formats import decimal_text

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.models import Order

TEMPLATE = "console/_gifts_weighed.html"


@frozen
class Weighed:
    """One gift of an order: what is gone from its card, and what can go back for it."""

    public_id: str
    recipient: str
    last_four: str
    face: Money
    gone: Money
    refundable: Money


def weigh(session: Session, order: Order, now: datetime) -> Panel | None:
    """Return what was spent of each gift of an order; None for an order without cards."""
    del now
    rows = session.execute(
        select(Gift, GiftCard, GiftContact.recipient)
        .join(GiftCard, GiftCard.gift_id == Gift.id)
        .outerjoin(GiftContact, GiftContact.gift_id == Gift.id)
        .where(Gift.merchant_id == order.merchant_id, Gift.order_id == order.id)
        .order_by(Gift.line_item_id, Gift.position)
    ).all()
    gifts = [
        _weighed(session, gift, card, recipient=recipient or "") for gift, card, recipient in rows
    ]
    if not gifts:
        return None
    most = total((each.refundable for each in gifts), order.currency)
    values = {
        "gifts": gifts,
        "most": most,
        "amount": decimal_text(most),
        "is_used": any(each.gone.minor for each in gifts),
        "order": order.public_id,
    }
    return Panel("gifts", TEMPLATE, values, None)


def _weighed(session: Session, gift: Gift, card: GiftCard, *, recipient: str) -> Weighed:
    gone = 0 if card.voided_at else max(0, card.face_minor - card.balance_minor)
    return Weighed(
        public_id=gift.public_id,
        recipient=recipient,
        last_four=card.last_four,
        face=gift.face,
        gone=Money(gone, gift.currency),
        refundable=Money(returns.left_for(session, gift, card), gift.currency),
    )

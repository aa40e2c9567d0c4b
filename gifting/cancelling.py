"""A giver calls one gift off: its card dies and exactly its money goes back, or nothing happens.
Whole orders are cancelled in storefront's own cancelling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from gifting import returns
from gifting.models import Gift, GiftCard, GiftEntry
from gifting.standing import void
from storefront.errors import Conflict
from storefront.models import LineItem, Order
from storefront.services.refund_rows import CANCELLED
from storefront.services.refunds import Wish, refund_order

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from storefront.kinds import LineKind


def cancel_gift(session: Session, gift: Gift, *, kinds: Iterable[LineKind], now: datetime) -> None:
    """Call a gift off that nobody has spent any of, and give back what was paid for it.

    Of this and a redemption in the same moment one wins. Raises `Conflict` gift_over,
    gift_is_spent, or what a refund is refused with.
    """
    _set_cancelled(session, gift, now=now)
    if _is_spent(session, gift):
        raise Conflict("gift_is_spent")
    if gift.paid_minor == 0:
        card = session.scalars(_card_of(gift).with_for_update(key_share=True)).one()
        void(session, card, reason=returns.REFUNDED, reference=gift.public_id, now=now)
        reference = gift.public_id
    else:
        reference = _refund(session, gift, kinds=kinds, now=now)
    _refuse_less(session, gift, reference)


def _set_cancelled(session: Session, gift: Gift, *, now: datetime) -> None:
    row = session.execute(
        update(Gift)
        .where(Gift.id == gift.id, Gift.cancelled_at.is_(None), Gift.issued_at.is_not(None))
        .values(cancelled_at=now)
        .returning(Gift.id)
        .execution_options(synchronize_session=False)
    ).first()
    is_void = session.scalar(
        select(GiftCard.voided_at.is_not(None)).where(
            GiftCard.merchant_id == gift.merchant_id, GiftCard.gift_id == gift.id
        )
    )
    if row is None or is_void:
        raise Conflict("gift_over")


def _is_spent(session: Session, gift: Gift) -> bool:
    card = session.scalars(_card_of(gift)).one()
    return bool(card.balance_minor < card.face_minor)


def _refund(session: Session, gift: Gift, *, kinds: Iterable[LineKind], now: datetime) -> str:
    order = session.scalars(select(Order.public_id).where(Order.id == gift.order_id)).one()
    refund = refund_order(
        session,
        gift.merchant_id,
        order,
        wish=_wish(session, gift),
        kinds=kinds,
        reason=CANCELLED,
        now=now,
    )
    return refund.public_id


def _wish(session: Session, gift: Gift) -> Wish:
    """Return a refund of one unit, which goes back on sale, where all gifts of the line cost the
    same; a value has no stock, and of a sum that does not divide each gift has its own share."""
    line = session.get_one(LineItem, gift.line_item_id)
    if line.variant_id is not None and line.total_minor == gift.paid_minor * line.quantity:
        return Wish(lines={line.position: 1})
    return Wish(amount_minor=gift.paid_minor)


def _refuse_less(session: Session, gift: Gift, reference: str) -> None:
    """Raise `Conflict` where the card held less by the time it was emptied: it was being spent."""
    emptied = session.scalar(
        select(GiftEntry.amount_minor)
        .join(GiftCard, GiftCard.id == GiftEntry.card_id)
        .where(
            GiftEntry.merchant_id == gift.merchant_id,
            GiftCard.gift_id == gift.id,
            GiftEntry.reference == reference,
        )
    )
    if emptied != -gift.face_minor:
        raise Conflict("gift_is_spent")


def _card_of(gift: Gift) -> Select[GiftCard]:
    return (
        select(GiftCard)
        .where(GiftCard.merchant_id == gift.merchant_id, GiftCard.gift_id == gift.id)
        .execution_options(populate_existing=True)
    )

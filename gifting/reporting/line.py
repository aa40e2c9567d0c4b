"""What came of an order's gifts, for the end of its line: sent, opened, redeemed, thanked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext
from sqlalchemy import select

from gifting.card_views import list_uses
from gifting.models import Gift, GiftCard, GiftContact
from storefront.kinds import After
from storefront.services.visitors import short
from storefront.web.formats import money

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.orm import Session

    from gifting.card_views import UseView
    from storefront.models import Order


def follow(session: Session, order: Order) -> Sequence[After]:
    """Return what recipients did with the gifts of an order."""
    rows = session.execute(
        select(Gift, GiftContact.recipient, GiftCard.id)
        .join(GiftCard, GiftCard.gift_id == Gift.id)
        .outerjoin(GiftContact, GiftContact.gift_id == Gift.id)
        .where(Gift.merchant_id == order.merchant_id, Gift.order_id == order.id)
        .order_by(Gift.line_item_id, Gift.position)
    ).all()
    return [
        each
        for gift, recipient, card_id in rows
        for each in _of_gift(session, gift, recipient or "", card_id=card_id)
    ]


def _of_gift(session: Session, gift: Gift, recipient: str, *, card_id: int) -> Iterator[After]:
    to, who = recipient or gettext("somebody"), short(gift.visitor)
    if gift.delivered_at:
        title = gettext("Gift for %(name)s", name=to)
        yield After("gift", title, gift.delivered_at, amount=gift.face)
    if gift.opened_at:
        yield After(
            "gift_open", gettext("Opened by %(name)s", name=to), gift.opened_at, visitor=who
        )
    for use in list_uses(session, card_id):
        yield _redeemed(use, to, who)
    if gift.thanked_at:
        yield After("thanks", gettext("%(name)s says thank you", name=to), gift.thanked_at, who)


def _redeemed(use: UseView, to: str, who: str) -> After:
    on_top = None if use.basket is None else use.basket - use.amount
    parts = [use.store]
    if on_top is not None and on_top.minor and not use.is_reversed:
        parts.append(gettext("%(amount)s spent on top", amount=money(on_top)))
    if use.is_reversed:
        parts.append(gettext("undone"))
    return After(
        "redeem",
        gettext("Redeemed by %(name)s", name=to),
        use.at,
        visitor=who,
        note=" · ".join(parts),
        amount=use.amount,
        is_over=use.is_reversed,
    )

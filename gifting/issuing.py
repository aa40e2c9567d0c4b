"""Gifts from the order on: written down when it is placed, given a card and a code when it is paid.
Who gets them when is promised to the worker in the same transaction."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask_babel import get_locale
from sqlalchemy import insert, select, update

from gifting import codes, delivery, holders, ledger
from gifting.asking import deliver_at
from gifting.models import Gift, GiftCard, GiftContact
from gifting.terms import gift_terms
from storefront.db.hot import insert_rows
from storefront.db.ids import public_id, random_symbols
from storefront.models import Merchant, OrderOrigin
from storefront.signals import announce

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gifting.terms import GiftTerms
    from gifting.wishes import GiftWish, Recipient
    from storefront.kinds import Wished
    from storefront.models import LineItem
    from storefront.ports import Signer

LAST_MONTH = 12


def write_gifts(session: Session, line: LineItem, wished: Wished) -> None:
    """Write the gifts of a line that was placed; none of them can be spent yet."""
    wish: GiftWish = wished.wish
    now = wished.at
    moment = deliver_at(wish.at, wish.zone, now=now).at if wish.at else None
    shares = line.total.allocate([1] * line.quantity)
    for position, recipient in enumerate(wish.recipients):
        gift_id = session.execute(
            insert(Gift)
            .values(
                merchant_id=line.merchant_id,
                public_id=public_id("gft"),
                order_id=line.order_id,
                line_item_id=line.id,
                position=position,
                variant_id=line.variant_id,
                title=title_of(line.title, line.variant_name),
                currency=line.currency,
                face_minor=line.unit_minor,
                paid_minor=shares[position].minor,
                design=wish.design,
                way=wish.way,
                is_bound=wish.is_bound,
                deliver_at=moment,
                wall_clock=wish.at,
                zone=wish.zone,
                visitor=random_symbols(26),
                placed_at=now,
            )
            .returning(Gift.id)
        ).scalar_one()
        _write_contact(session, line.merchant_id, gift_id, wish=wish, recipient=recipient)


def title_of(title: str, variant: str) -> str:
    """Return what a product and its variant are called on a gift."""
    return f"{title}, {variant}" if variant else title


def _write_contact(
    session: Session, merchant_id: int, gift_id: int, *, wish: GiftWish, recipient: Recipient
) -> None:
    session.execute(
        insert(GiftContact).values(
            merchant_id=merchant_id,
            gift_id=gift_id,
            sender=wish.sender,
            recipient=recipient.name,
            email=recipient.email,
            words=wish.words,
            locale=str(get_locale() or "en"),
        )
    )


def issue_gifts(
    session: Session, line: LineItem, *, sign: Signer, is_live: bool, now: datetime
) -> None:
    """Give each gift of a paid line its card, and promise to deliver it."""
    terms = gift_terms(session, line.merchant_id)
    zone = session.execute(
        select(Merchant.zone).where(Merchant.id == line.merchant_id)
    ).scalar_one()
    origin = session.scalar(
        select(OrderOrigin.interaction_id).where(
            OrderOrigin.merchant_id == line.merchant_id, OrderOrigin.order_id == line.order_id
        )
    )
    gifts = _gifts_of(session, line)
    session.execute(
        update(Gift)
        .where(Gift.merchant_id == line.merchant_id, Gift.line_item_id == line.id)
        .values(issued_at=now, origin_interaction_id=origin)
        .execution_options(synchronize_session=False)
    )
    cards = [
        _card(session, gift, terms=terms, zone=zone, sign=sign, is_live=is_live, now=now)
        for gift in gifts
    ]
    insert_rows(session, GiftCard, cards)
    ledger.open_cards(session, line.merchant_id, [gift.id for gift in gifts], now=now)
    for gift in gifts:
        delivery.promise(session, gift, now=now)
        announce(session, "gift_issued", gift=gift.public_id)


def _gifts_of(session: Session, line: LineItem) -> Sequence[Gift]:
    return session.scalars(
        select(Gift)
        .where(Gift.merchant_id == line.merchant_id, Gift.line_item_id == line.id)
        .order_by(Gift.position)
        .execution_options(populate_existing=True)
    ).all()


def _card(
    session: Session,
    gift: Gift,
    *,
    terms: GiftTerms,
    zone: str,
    sign: Signer,
    is_live: bool,
    now: datetime,
) -> dict[str, object]:
    """Return the row of a gift's card, with a fresh code and nothing on it yet."""
    code = codes.new_code()
    return {
        "merchant_id": gift.merchant_id,
        "public_id": public_id("crd"),
        "gift_id": gift.id,
        "variant_id": gift.variant_id,
        "code_digest": codes.digest_of(sign, code),
        "last_four": codes.last_four(code),
        "code_sealed": codes.seal(sign, code),
        "currency": gift.currency,
        "face_minor": gift.face_minor,
        "balance_minor": 0,
        "zone": zone,
        "expires_on": last_day(now, zone, terms.months_valid),
        "stores": None if terms.stores is None else list(terms.stores),
        "holder_key": holders.key_for(session, gift, sign=sign),
        "is_test": not is_live,
        "issued_at": now,
    }


def last_day(now: datetime, zone: str, months: int | None) -> date | None:
    """Return the last day on which a card issued now is good; the same day of the month, or the
    month's last where it has no such day."""
    if months is None:
        return None
    today = now.astimezone(ZoneInfo(zone)).date()
    years, month = divmod(today.month - 1 + months, LAST_MONTH)
    day = today.day
    while True:
        try:
            return date(today.year + years, month + 1, day)
        except ValueError:
            day -= 1

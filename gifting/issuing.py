"""Gifts from the order on: written down when it is placed, given a card and a code when it is paid.
Who gets them when is promised to the worker in the same transaction."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask_babel import get_locale
from sqlalchemy import bindparam, insert, select, update

from gifting import codes, delivery, holders, ledger, presents
from gifting.asking import deliver_at
from gifting.models import Gift, GiftCard, GiftContact
from gifting.terms import gift_terms
from storefront.db.hot import read, read_one, run, table_of
from storefront.db.ids import public_id
from storefront.domain.pricing import charge_step, split_in_steps
from storefront.models import Merchant, OrderContact, OrderOrigin
from storefront.services.visitors import new_key
from storefront.signals import announce

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gifting.wishes import GiftWish, Recipient
    from storefront.db.hot import AnyRow
    from storefront.kinds import Wished
    from storefront.models import LineItem
    from storefront.ports import Signer

LAST_MONTH = 12


def write_gifts(session: Session, line: LineItem, wished: Wished) -> None:
    """Write the gifts of a line that was placed; none of them can be spent yet."""
    wish: GiftWish = wished.wish
    now = wished.at
    moment = deliver_at(wish.at, wish.zone, now=now).at if wish.at else None
    shares = split_in_steps(line.total_minor, [1] * line.quantity, step=charge_step(line.currency))
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
                paid_minor=shares[position],
                design=wish.design,
                way=wish.way,
                is_bound=wish.is_bound,
                deliver_at=moment,
                wall_clock=wish.at,
                zone=wish.zone,
                visitor=new_key(now),
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


_gift, _card, _merchant = table_of(Gift), table_of(GiftCard), table_of(Merchant)
_contact, _buyer, _origin = table_of(GiftContact), table_of(OrderContact), table_of(OrderOrigin)

_OF_LINE = (
    _gift.c.merchant_id == bindparam("merchant"),
    _gift.c.line_item_id == bindparam("line"),
)
GIFTS = (
    select(
        _gift.c.id,
        _gift.c.public_id,
        _gift.c.variant_id,
        _gift.c.currency,
        _gift.c.face_minor,
        _gift.c.way,
        _gift.c.is_bound,
        _gift.c.deliver_at,
        _gift.c.link_number,
        _contact.c.email,
        _buyer.c.email.label("buyers_email"),
    )
    .outerjoin(_contact, _contact.c.gift_id == _gift.c.id)
    .outerjoin(_buyer, _buyer.c.order_id == _gift.c.order_id)
    .where(*_OF_LINE)
    .order_by(_gift.c.position)
)
ISSUED = (
    update(_gift)
    .where(*_OF_LINE)
    .values(issued_at=bindparam("now"), origin_interaction_id=bindparam("origin"))
)
ZONE = select(_merchant.c.zone).where(_merchant.c.id == bindparam("merchant"))
ORIGIN = select(_origin.c.interaction_id).where(
    _origin.c.merchant_id == bindparam("merchant"), _origin.c.order_id == bindparam("order")
)


def issue_gifts(
    session: Session, line: LineItem, *, sign: Signer, is_live: bool, now: datetime
) -> None:
    """Give each gift of a paid line its card, and promise to deliver it: in as many statements for
    a thousand as for one."""
    of_line = {"merchant": line.merchant_id, "line": line.id}
    gifts = read(session, GIFTS, **of_line)
    run(session, ISSUED, **of_line, now=now, origin=_origin_of(session, line))
    same = _same_on_all(session, line.merchant_id, is_live=is_live, now=now)
    cards = [{**same, **_card_of(gift, line.merchant_id, sign=sign)} for gift in gifts]
    ledger.issue(session, line, cards, now=now)
    delivery.promise_all(session, line.merchant_id, gifts, now=now)
    for gift in gifts:
        announce(session, "gift_issued", gift=gift.public_id)


def _origin_of(session: Session, line: LineItem) -> int | None:
    row = read_one(session, ORIGIN, merchant=line.merchant_id, order=line.order_id)
    return None if row is None else row.interaction_id


def _same_on_all(
    session: Session, merchant_id: int, *, is_live: bool, now: datetime
) -> dict[str, object]:
    """Return what is the same on all cards that a merchant issues now."""
    terms, (merchant,) = gift_terms(session, merchant_id), read(session, ZONE, merchant=merchant_id)
    return {
        "merchant_id": merchant_id,
        "zone": merchant.zone,
        "expires_on": last_day(now, merchant.zone, terms.months_valid),
        "stores": None if terms.stores is None else list(terms.stores),
        "is_test": not is_live,
        "issued_at": now,
    }


def _card_of(gift: AnyRow, merchant_id: int, *, sign: Signer) -> dict[str, object]:
    """Return what is a gift's own on its card, with a fresh code."""
    code = codes.new_code()
    address = presents.address(gift.way, gift.email, gift.buyers_email)
    return {
        "public_id": public_id("crd"),
        "gift_id": gift.id,
        "variant_id": gift.variant_id,
        "code_digest": codes.digest_of(sign, code),
        "last_four": codes.last_four(code),
        "code_sealed": codes.seal(sign, code),
        "currency": gift.currency,
        "face_minor": gift.face_minor,
        "holder_key": holders.key_to(sign, merchant_id, address) if gift.is_bound else None,
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

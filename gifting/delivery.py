"""Hand gifts over by mail, and again where somebody asks; correct an address while nobody has
opened the gift. Each try is a row; what must happen is a job. Reminders are in `reminders.py`, mail
that is late in `delays.py`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from gifting import delays, emails, holders, reminders
from gifting.handover import Handover, hand_over, was_sent
from gifting.models import Gift, GiftCard, GiftContact
from gifting.presents import address_of, present_of
from storefront import links
from storefront.errors import Conflict, NotFound, TryAgain
from storefront.models import Order, OrderContact
from storefront.services import jobs
from storefront.services.jobs import Promise
from storefront.services.order_tokens import order_token

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gifting.presents import Present
    from storefront.db.hot import AnyRow
    from storefront.ports import Ports, Signer

MOST_RESENT = 20
"""So often the same gift is sent again, whoever asks for it."""

BY_LINK = "link"
LOOK_AGAIN = timedelta(days=1)
"""A gift whose payment is disputed waits, and is looked at each day."""


def promise_all(
    session: Session, merchant_id: int, gifts: Iterable[AnyRow], *, now: datetime
) -> None:
    """Promise to send each of these gifts when it is due, or at once. One that the buyer hands over
    needs no mail: they find its link with their order."""
    promises = [
        _sending(gift.id, gift.link_number, due=gift.deliver_at, now=now)
        for gift in gifts
        if gift.way != BY_LINK
    ]
    jobs.add_all(session, "deliver_gift", promises, merchant_id=merchant_id, now=now)


def _sending(gift_id: int, link_number: int, *, due: datetime | None, now: datetime) -> Promise:
    return Promise(
        {"gift_id": gift_id, "link_number": link_number},
        run_at=max(due, now) if due else now,
        unique_key=f"{gift_id}.{link_number}",
    )


def promise_again(session: Session, gift: Gift, *, now: datetime) -> None:
    """Promise to send a gift that can be used again: its mail may have been dropped meanwhile. One
    that was sent is not sent twice."""
    if gift.way != BY_LINK and gift.delivered_at is None:
        run_at = max(gift.deliver_at, now) if gift.deliver_at else now
        link = (gift.id, gift.link_number)
        delays.promise_anew(session, gift.merchant_id, link, run_at=run_at, now=now)


def deliver_gift(ports: Ports, gift_id: int, link_number: int = 1) -> None:
    """Send a gift to its recipient, once for each of its links; a corrected address has another.

    A gift that is void meanwhile, or whose recipient is erased, is not sent; one that is blocked
    waits. Raises `TryAgain` when the mail system does, unless it has done so for very long.
    """
    now = ports.clock.now()
    with ports.reads() as session:
        gift = session.get_one(Gift, gift_id)
        is_old = gift.link_number != link_number
        present = None if is_old or gift.delivered_at else present_of(session, gift, ports, now=now)
    if present is None or not present.email or present.state not in {"good", "blocked"}:
        return
    if present.state == "blocked":
        _wait(ports, present, now=now)
        return
    cause = "gift" if link_number == 1 else "corrected"
    try:
        _hand_over(ports, present, cause=cause, detail=str(link_number))
    except TryAgain:
        if not delays.try_on(ports, present):
            raise


def _wait(ports: Ports, present: Present, *, now: datetime) -> None:
    link, run_at = (present.gift_id, present.link_number), now + LOOK_AGAIN
    with ports.sessions.begin() as session:
        delays.promise_anew(session, present.merchant_id, link, run_at=run_at, now=now)


def resend_gift(ports: Ports, gift_id: int, number: int) -> None:
    """Send a gift once more, where its code can still be used."""
    with ports.reads() as session:
        gift = session.get_one(Gift, gift_id)
        is_done = was_sent(session, gift_id, cause="resent", detail=str(number))
        present = None if is_done else present_of(session, gift, ports, now=ports.clock.now())
    if present is not None and present.email and present.is_usable:
        _hand_over(ports, present, cause="resent", detail=str(number))


def _hand_over(ports: Ports, present: Present, *, cause: str, detail: str) -> None:
    about = detail if cause != "resent" else f"{present.link_number}.again.{detail}"
    message = emails.write(ports, present, "gift", about=about)
    hand_over(ports, Handover(present, cause, detail, message), then=_follow_up)


def _follow_up(session: Session, present: Present, *, now: datetime) -> None:
    reminders.promise(session, present, now=now)
    delays.promise_news(session, present, now=now)


def send_gift_undelivered(ports: Ports, gift_id: int, link_number: int) -> None:
    """Tell the buyer that the recipient's address takes no mail, and where to correct it."""
    _tell_giver(ports, gift_id, link_number, letter="gift_undelivered")


def send_gift_late(ports: Ports, gift_id: int, link_number: int) -> None:
    """Tell the buyer that a gift has gone out later than it should have."""
    _tell_giver(ports, gift_id, link_number, letter="gift_late")


def _tell_giver(ports: Ports, gift_id: int, link_number: int, *, letter: str) -> None:
    with ports.reads() as session:
        gift = session.get_one(Gift, gift_id)
        present = present_of(session, gift, ports, now=ports.clock.now())
        giver = find_giver(session, gift)
    if present is None or giver is None or gift.link_number != link_number:
        return
    address, locale, order = giver
    token = order_token(ports, gift.merchant_id, order)
    message = emails.write_to_giver(
        ports,
        present,
        letter,
        to=(address, locale),
        about=str(link_number),
        order_url=links.order_page(ports.settings, order, token),
    )
    ports.mailer.send(message)


def find_giver(session: Session, gift: Gift) -> tuple[str, str, str] | None:
    """Return the buyer's address and language, and the order's public id; None once erased."""
    row = session.execute(
        select(OrderContact.email, Order.locale, Order.public_id)
        .join(Order, Order.id == OrderContact.order_id)
        .where(OrderContact.order_id == gift.order_id)
    ).first()
    return (row.email, row.locale, row.public_id) if row is not None and row.email else None


def get_gift(session: Session, merchant_id: int, public_id: str) -> Gift:
    """Return a gift of this merchant; raise `NotFound` otherwise."""
    gift = session.scalars(
        select(Gift).where(Gift.merchant_id == merchant_id, Gift.public_id == public_id)
    ).first()
    if gift is None:
        raise NotFound
    return gift


def resend(session: Session, gift: Gift, *, now: datetime) -> int:
    """Promise to send a gift once more, and return how often that was promised.

    Raises `Conflict` gift_over, gift_has_no_address or resent_too_often.
    """
    _refuse_over(session, gift)
    if not address_of(session, gift):
        raise Conflict("gift_has_no_address")
    number = session.scalar(
        update(Gift)
        .where(Gift.id == gift.id, Gift.cancelled_at.is_(None), Gift.resent < MOST_RESENT)
        .values(resent=Gift.resent + 1)
        .returning(Gift.resent)
        .execution_options(synchronize_session=False)
    )
    if number is None:
        raise Conflict("resent_too_often")
    jobs.add(
        session,
        "resend_gift",
        {"gift_id": gift.id, "number": number},
        merchant_id=gift.merchant_id,
        now=now,
        unique_key=f"{gift.id}.{number}",
    )
    return int(number)


def correct_address(
    session: Session, gift: Gift, email: str, *, sign: Signer, now: datetime
) -> None:
    """Send a gift that nobody has opened to another address instead; its old link opens nothing.

    One that is not due yet stays so. Raises `Conflict` gift_over, gift_opened or
    gift_has_no_address.
    """
    _refuse_over(session, gift)
    if not address_of(session, gift):
        raise Conflict("gift_has_no_address")
    number = session.scalar(
        update(Gift)
        .where(Gift.id == gift.id, Gift.opened_at.is_(None), Gift.cancelled_at.is_(None))
        .values(
            link_number=Gift.link_number + 1,
            delivered_at=None,
            undeliverable_at=None,
            reminded_at=None,
        )
        .returning(Gift.link_number)
        .execution_options(synchronize_session=False)
    )
    if number is None:
        raise Conflict("gift_opened")
    session.execute(
        update(GiftContact)
        .where(GiftContact.gift_id == gift.id)
        .values(email=email)
        .execution_options(synchronize_session=False)
    )
    holders.bind_again(session, gift, sign=sign)
    promises = [_sending(gift.id, number, due=gift.deliver_at, now=now)]
    jobs.add_all(session, "deliver_gift", promises, merchant_id=gift.merchant_id, now=now)


def _refuse_over(session: Session, gift: Gift) -> None:
    is_good = session.scalar(
        select(GiftCard.voided_at.is_(None)).where(
            GiftCard.merchant_id == gift.merchant_id, GiftCard.gift_id == gift.id
        )
    )
    if gift.cancelled_at is not None or not is_good:
        raise Conflict("gift_over")

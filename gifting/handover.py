"""One mail of a gift: sent, and what came of it written down. Which mail that is, and when, is for
`delivery.py` and `reminders.py` to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sqlalchemy import func, insert, select, update

from gifting.models import Gift, GiftDelivery
from storefront.errors import Invalid, TryAgain
from storefront.services import jobs
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gifting.presents import Present
    from storefront.ports import Message, Ports

SENT, REFUSED, LATER = "sent", "refused", "later"
REMINDER = "reminder"


class Then(Protocol):
    """What follows from a mail that has gone out."""

    def __call__(self, session: Session, present: Present, *, now: datetime) -> None:
        """Join the transaction."""


@frozen
class Handover:
    """One mail that hands a gift over. `cause` and `detail` name it among all of this gift: a mail
    that was sent is not sent again."""

    present: Present
    cause: str
    detail: str
    message: Message


def was_sent(session: Session, gift_id: int, *, cause: str, detail: str) -> bool:
    """Return whether the mail of this name has gone out."""
    return bool(
        session.scalar(
            select(func.count())
            .select_from(GiftDelivery)
            .where(
                GiftDelivery.gift_id == gift_id,
                GiftDelivery.cause == cause,
                GiftDelivery.detail == detail,
                GiftDelivery.outcome == SENT,
            )
        )
    )


def hand_over(ports: Ports, handover: Handover, *, then: Then | None = None) -> None:
    """Send the mail and write down what came of it; `then` joins the transaction in which it is
    noted as sent. Raises `TryAgain` after that was noted."""
    try:
        ports.mailer.send(handover.message)
    except TryAgain:
        with ports.sessions.begin() as session:
            _note(session, handover, LATER, now=ports.clock.now())
        raise
    except Invalid:
        with ports.sessions.begin() as session:
            _refuse(session, handover, now=ports.clock.now())
    else:
        with ports.sessions.begin() as session:
            _confirm(session, handover, now=ports.clock.now())
            if then is not None:
                then(session, handover.present, now=ports.clock.now())


def _note(session: Session, handover: Handover, outcome: str, *, now: datetime) -> None:
    session.execute(
        insert(GiftDelivery).values(
            merchant_id=handover.present.merchant_id,
            gift_id=handover.present.gift_id,
            cause=handover.cause,
            outcome=outcome,
            detail=handover.detail,
            occurred_at=now,
        )
    )


def _confirm(session: Session, handover: Handover, *, now: datetime) -> None:
    """Note that the mail went out; the first of a link is when the gift was delivered."""
    _note(session, handover, SENT, now=now)
    _set(
        session,
        handover.present,
        delivered_at=func.coalesce(Gift.delivered_at, now),
        undeliverable_at=None,
    )


def _refuse(session: Session, handover: Handover, *, now: datetime) -> None:
    """Note that the address takes no mail, and promise the buyer to be told."""
    present = handover.present
    _note(session, handover, REFUSED, now=now)
    if handover.cause != REMINDER:
        _set(session, present, undeliverable_at=now)
        jobs.add(
            session,
            "send_gift_undelivered",
            {"gift_id": present.gift_id, "link_number": present.link_number},
            merchant_id=present.merchant_id,
            now=now,
            unique_key=f"{present.gift_id}.{present.link_number}",
        )


def _set(session: Session, present: Present, **values: object) -> None:
    """Change the gift, unless its address was corrected while this mail was on its way."""
    session.execute(
        update(Gift)
        .where(Gift.id == present.gift_id, Gift.link_number == present.link_number)
        .values(**values)
        .execution_options(synchronize_session=False)
    )

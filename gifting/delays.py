"""Gifts that the mail system keeps waiting: since when, how long they are tried on, and what their
giver is told once mail goes out again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import String, cast, func, select

from gifting.handover import LATER
from gifting.models import Gift, GiftDelivery
from storefront.services import alarms, jobs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gifting.presents import Present
    from storefront.ports import Ports

FIRST_MAILS = ("gift", "corrected")
"""The mails that bring a gift to an address for the first time."""

TOLD_AFTER = timedelta(hours=1)
"""What is later than this is told to the giver: on their page while it lasts, by mail after it."""

TRIED_ON_AFTER = timedelta(hours=12)
"""A job gives up after some sixteen hours; a gift that waits so long is promised anew instead."""

AGAIN = timedelta(hours=1)
LONGEST = timedelta(days=7)


def waiting_since(session: Session, gift_ids: Iterable[int]) -> dict[int, datetime]:
    """Return when the mail system first put off each gift's present mail, of those where it did."""
    rows = session.execute(
        select(GiftDelivery.gift_id, func.min(GiftDelivery.occurred_at).label("since"))
        .join(Gift, Gift.id == GiftDelivery.gift_id)
        .where(
            GiftDelivery.gift_id.in_(list(gift_ids)),
            GiftDelivery.outcome == LATER,
            GiftDelivery.cause.in_(FIRST_MAILS),
            GiftDelivery.detail == cast(Gift.link_number, String),
        )
        .group_by(GiftDelivery.gift_id)
    )
    return {row.gift_id: row.since for row in rows}


def is_late(since: datetime | None, now: datetime) -> bool:
    """Return whether a gift has waited so long that its giver should know."""
    return since is not None and now - since >= TOLD_AFTER


def try_on(ports: Ports, present: Present) -> bool:
    """Promise anew to send a gift whose job would be given up, and call a person; return whether
    that was done. After a week, mail is no longer merely late."""
    now = ports.clock.now()
    with ports.sessions.begin() as session:
        since = waiting_since(session, [present.gift_id]).get(present.gift_id, now)
        if not TRIED_ON_AFTER <= now - since < LONGEST:
            return False
        link = (present.gift_id, present.link_number)
        promise_anew(session, present.merchant_id, link, run_at=now + AGAIN, now=now)
        alarms.raise_alarm(session, present.merchant_id, "gifts_late", now=now)
    return True


def promise_anew(
    session: Session, merchant_id: int, link: tuple[int, int], *, run_at: datetime, now: datetime
) -> None:
    """Promise once more to send a gift, named by its id and the number of its link, at a moment."""
    gift_id, link_number = link
    jobs.add(
        session,
        "deliver_gift",
        {"gift_id": gift_id, "link_number": link_number},
        merchant_id=merchant_id,
        now=now,
        run_at=run_at,
        unique_key=f"{gift_id}.{link_number}.{run_at:%Y%m%d%H%M%S}",
    )


def promise_news(session: Session, present: Present, *, now: datetime) -> None:
    """Promise the giver to hear of a gift that has gone out late."""
    since = waiting_since(session, [present.gift_id]).get(present.gift_id)
    if not is_late(since, now):
        return
    jobs.add(
        session,
        "send_gift_late",
        {"gift_id": present.gift_id, "link_number": present.link_number},
        merchant_id=present.merchant_id,
        now=now,
        unique_key=f"{present.gift_id}.{present.link_number}",
    )

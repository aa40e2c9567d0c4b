"""Reminders of gifts: when nobody has opened one, and before one expires. They stop once it is
spent, and for good at an address that wants none."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update

from gifting import emails, links
from gifting.handover import REMINDER, Handover, hand_over, was_sent
from gifting.models import Gift, GiftContact
from gifting.presents import present_of
from gifting.terms import gift_terms
from storefront.services import jobs

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gifting.presents import Present
    from gifting.terms import GiftTerms
    from storefront.ports import Ports

UNOPENED, EXPIRY = "unopened", "expiry"
MORNING = time(9)
"""A reminder before the last day comes at nine, where the merchant is."""


def promise(session: Session, present: Present, *, now: datetime) -> None:
    """Promise the reminders of a gift that was delivered, as the merchant's terms have them."""
    terms = gift_terms(session, present.merchant_id)
    if terms.remind_unopened_days is not None:
        run_at = now + timedelta(days=terms.remind_unopened_days)
        _add(session, present, UNOPENED, run_at=run_at, now=now)
    if present.expires_on is not None and terms.remind_expiry_days is not None:
        day = present.expires_on - timedelta(days=terms.remind_expiry_days)
        zone = ZoneInfo(present.merchant.zone)
        run_at = datetime.combine(day, MORNING, tzinfo=zone).astimezone(UTC)
        _add(session, present, EXPIRY, run_at=max(run_at, now), now=now)


def _add(
    session: Session, present: Present, reason: str, *, run_at: datetime, now: datetime
) -> None:
    jobs.add(
        session,
        "remind_gift",
        {"gift_id": present.gift_id, "reason": reason, "link_number": present.link_number},
        merchant_id=present.merchant_id,
        now=now,
        run_at=run_at,
        unique_key=f"{present.gift_id}.{present.link_number}.{reason}",
    )


def remind_gift(ports: Ports, gift_id: int, *, reason: str, link_number: int) -> None:
    """Remind a recipient of their gift, unless there is nothing to be reminded of any more."""
    now = ports.clock.now()
    detail = f"{reason}.{link_number}"
    with ports.reads() as session:
        gift = session.get_one(Gift, gift_id)
        is_done = gift.link_number != link_number or was_sent(
            session, gift_id, cause=REMINDER, detail=detail
        )
        present = None if is_done else present_of(session, gift, ports, now=now)
        if present is None or not _is_wanted(session, present, reason):
            return
        stop_url = links.reminders_url(ports.settings, ports.sign, gift)
    message = emails.write(
        ports, present, f"gift_{reason}", about=str(link_number), unsubscribe_url=stop_url
    )
    hand_over(ports, Handover(present, REMINDER, detail, message))
    with ports.sessions.begin() as session:
        _note(session, gift_id, now=now)


def _is_wanted(session: Session, present: Present, reason: str) -> bool:
    terms = gift_terms(session, present.merchant_id)
    return (
        present.is_usable
        and bool(present.email)
        and _is_due(present, reason, terms)
        and not is_stopped(session, present.merchant_id, present.email)
    )


def _is_due(present: Present, reason: str, terms: GiftTerms) -> bool:
    if reason == UNOPENED:
        return terms.remind_unopened_days is not None and not present.is_opened
    return terms.remind_expiry_days is not None


def _note(session: Session, gift_id: int, *, now: datetime) -> None:
    session.execute(
        update(Gift)
        .where(Gift.id == gift_id)
        .values(reminded_at=func.coalesce(Gift.reminded_at, now))
        .execution_options(synchronize_session=False)
    )


def is_stopped(session: Session, merchant_id: int, email: str) -> bool:
    """Return whether somebody at this address wants no reminders of this merchant's gifts."""
    return bool(
        session.scalar(
            select(func.count())
            .select_from(Gift)
            .join(GiftContact, GiftContact.gift_id == Gift.id)
            .where(
                GiftContact.merchant_id == merchant_id,
                GiftContact.email == email,
                Gift.reminders_off_at.is_not(None),
            )
        )
    )


def stop(session: Session, gift: Gift, *, now: datetime) -> None:
    """Send no more reminders to the address that this gift went to."""
    session.execute(
        update(Gift)
        .where(Gift.id == gift.id, Gift.reminders_off_at.is_(None))
        .values(reminders_off_at=now)
        .execution_options(synchronize_session=False)
    )

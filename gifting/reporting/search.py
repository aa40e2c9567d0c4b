"""Which gifts are asked for, as conditions for the database: by words, worth, way, delivery. The
three axes are never merged."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, false, or_, select

from gifting.domain import Status, today_in
from gifting.models import Gift, GiftCard, GiftContact
from gifting.wishes import LINK
from storefront.models import Order, OrderContact
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import ColumnElement, UnaryExpression
    from sqlalchemy.orm import Session

GREATEST_NUMBER = 2**31 - 1


class Travel(StrEnum):
    """How far a gift is on its way to its recipient."""

    WAITING = "waiting"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    UNDELIVERABLE = "undeliverable"
    LINK = "link"


class Opening(StrEnum):
    """Whether the recipient has looked at the code."""

    UNOPENED = "unopened"
    OPENED = "opened"
    THANKED = "thanked"


class Sort(StrEnum):
    """In which order the list is read."""

    NEWEST = "newest"
    OLDEST = "oldest"
    FULLEST = "fullest"
    LARGEST = "largest"


@frozen
class GiftSearch:
    """Which gifts are asked for; None is any. `words` are the last four of a code, an order's
    number, or a part of the giver's or recipient's name or address; `gift` is one public id."""

    words: str = ""
    gift: str | None = None
    status: Status | None = None
    way: str | None = None
    travel: Travel | None = None
    opening: Opening | None = None
    sort: Sort = Sort.NEWEST

    @property
    def is_narrow(self) -> bool:
        """Whether anything is left out."""
        return any((self.words, self.status, self.way, self.travel, self.opening))


@frozen
class Moment:
    """Now, and the day that it is in each zone in which cards of the merchant end."""

    now: datetime
    days: dict[str, Any]


def moment_of(session: Session, merchant_id: int, now: datetime) -> Moment:
    """Return the moment at which a merchant's cards are looked at."""
    zones = session.scalars(
        select(GiftCard.zone).where(GiftCard.merchant_id == merchant_id).distinct()
    )
    return Moment(now, {zone: today_in(zone, now) for zone in zones})


def status_at(moment: Moment) -> ColumnElement[str]:
    """Return the status of `domain.py` as the database computes it. A gift whose order came to
    nothing is void, though it never had a card."""
    is_nothing = and_(
        GiftCard.id.is_(None), or_(Order.cancelled_at.is_not(None), Order.expired_at.is_not(None))
    )
    return case(
        (or_(GiftCard.voided_at.is_not(None), is_nothing), Status.VOID.value),
        (or_(GiftCard.id.is_(None), GiftCard.entries == 0), Status.PENDING.value),
        (GiftCard.blocked_at.is_not(None), Status.BLOCKED.value),
        (GiftCard.balance_minor == 0, Status.REDEEMED.value),
        (is_expired(moment), Status.EXPIRED.value),
        (GiftCard.balance_minor >= GiftCard.face_minor, Status.ACTIVE.value),
        else_=Status.PARTLY_REDEEMED.value,
    )


def is_expired(moment: Moment) -> ColumnElement[bool]:
    """Return whether the last day of a card is over where it is good."""
    over = [
        and_(GiftCard.zone == zone, GiftCard.expires_on < day) for zone, day in moment.days.items()
    ]
    return or_(false(), *over)


def travel_at(moment: Moment) -> ColumnElement[str]:
    """Return how far a gift is on its way."""
    return case(
        (Gift.issued_at.is_(None), Travel.WAITING.value),
        (Gift.way == LINK, Travel.LINK.value),
        (Gift.undeliverable_at.is_not(None), Travel.UNDELIVERABLE.value),
        (Gift.delivered_at.is_not(None), Travel.SENT.value),
        (Gift.deliver_at > moment.now, Travel.SCHEDULED.value),
        else_=Travel.SENDING.value,
    )


def conditions(
    merchant_id: int, search: GiftSearch, moment: Moment, *, any_status: bool = False
) -> list[ColumnElement[bool]]:
    """Return what a gift of this merchant must fulfil to be found."""
    found = [Gift.merchant_id == merchant_id, *_words(search.words)]
    if search.status and not any_status:
        found.append(status_at(moment) == search.status.value)
    if search.gift:
        found.append(Gift.public_id == search.gift)
    if search.way:
        found.append(Gift.way == search.way)
    if search.travel:
        found.append(travel_at(moment) == search.travel.value)
    if search.opening:
        found.append(_opening(search.opening))
    return found


def sorting(sort: Sort) -> Iterable[UnaryExpression[Any]]:
    """Return how rows are ordered; the id decides between equals, so that pages never overlap."""
    if sort is Sort.OLDEST:
        return (Gift.placed_at.asc(), Gift.id.asc())
    first = {
        Sort.FULLEST: GiftCard.balance_minor.desc().nulls_last(),
        Sort.LARGEST: Gift.face_minor.desc(),
    }.get(sort, Gift.placed_at.desc())
    return (first, Gift.id.desc())


def _opening(opening: Opening) -> ColumnElement[bool]:
    if opening is Opening.UNOPENED:
        return and_(Gift.opened_at.is_(None), Gift.issued_at.is_not(None))
    if opening is Opening.THANKED:
        return Gift.thanked_at.is_not(None)
    return Gift.opened_at.is_not(None)


def _words(words: str) -> list[ColumnElement[bool]]:
    if not words:
        return []
    if re.fullmatch(r"ord_[0-9a-z]+", words):
        return [Order.public_id == words]
    number = _number(words)
    if number and words.startswith("#"):
        return [Order.number == number]
    said = [
        *(
            column.icontains(words, autoescape=True)
            for column in (
                GiftContact.sender,
                GiftContact.recipient,
                GiftContact.email,
                OrderContact.email,
                OrderContact.name,
            )
        ),
        GiftCard.last_four == words.upper(),
    ]
    return [or_(*said, Order.number == number) if number else or_(*said)]


def _number(words: str) -> int | None:
    match = re.fullmatch(r"#? ?([0-9]{1,10})", words, re.ASCII)
    number = int(match[1]) if match else 0
    return number if 0 < number <= GREATEST_NUMBER else None

"""Money for gifts that goes back: cards are emptied first, and refilled when the refund fails. What
banks decide over is in `disputed.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from gifting import delivery, disputed, ledger
from gifting.models import Gift, GiftCard, GiftEntry
from gifting.standing import set_facts, void
from storefront.domain.money import Money
from storefront.errors import Conflict
from storefront.services import alarms
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.kinds import News, Taken
    from storefront.models import LineItem

REFUNDED, FAILED = "refunded", "refund_failed"


@frozen
class Returnable:
    """A gift with its card, and what can still be given back for it in minor units: the share of
    what was paid that its balance stands for."""

    gift: Gift
    card: GiftCard
    minor: int


def returnable(session: Session, line: LineItem) -> Sequence[Returnable]:
    """Return what can be given back for each gift of a line, with its card locked: first those
    whose giver has called them off, then those that nobody has opened, the latest first."""
    rows = session.execute(
        select(Gift, GiftCard)
        .join(GiftCard, GiftCard.gift_id == Gift.id)
        .where(Gift.merchant_id == line.merchant_id, Gift.line_item_id == line.id)
        .order_by(GiftCard.id)
        .with_for_update(of=GiftCard, key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    returned = _returned(session, [card.id for _, card in rows])
    found = [Returnable(gift, card, _left(gift, card, returned)) for gift, card in rows]
    return sorted(
        found,
        key=lambda each: (
            each.gift.cancelled_at is None,
            each.gift.opened_at is not None,
            -each.gift.position,
        ),
    )


def _returned(session: Session, card_ids: list[int]) -> dict[int, int]:
    rows = session.execute(
        select(GiftEntry.card_id, func.sum(GiftEntry.money_minor))
        .where(GiftEntry.card_id.in_(card_ids))
        .group_by(GiftEntry.card_id)
    )
    return {card_id: int(minor) for card_id, minor in rows}


def left_for(session: Session, gift: Gift, card: GiftCard) -> int:
    """Return what can still be given back for a gift, in minor units, without locking its card."""
    return _left(gift, card, _returned(session, [card.id]))


def _left(gift: Gift, card: GiftCard, returned: dict[int, int]) -> int:
    unspent = gift.paid_minor * card.balance_minor // card.face_minor
    return max(0, min(gift.paid_minor - returned.get(card.id, 0), unspent))


def take_back(session: Session, line: LineItem, taken: Taken) -> None:
    """Take from a line's cards what a refund gives back for them.

    Raises `Conflict` gift_used, with what is left, when more would go back than is unspent; forced,
    the rest is the merchant's loss and an alarm says so.
    """
    gifts, now = returnable(session, line), taken.at
    left = taken.minor
    for each in gifts:
        part = min(left, each.minor)
        if part:
            _empty(session, each, part, reference=taken.reference, now=now)
            left -= part
    if taken.minor == 0:
        _void_free(session, gifts, taken)
    elif left and not taken.is_forced:
        most = Money(taken.minor - left, line.currency)
        raise Conflict("gift_used", field="amount", most=most)
    elif left:
        alarms.raise_alarm(session, line.merchant_id, "gift_refunded_though_used", now=now)


def _empty(
    session: Session, each: Returnable, minor: int, *, reference: str, now: datetime
) -> None:
    """Take from a card what an amount of money stands for, and void one that loses all of it."""
    gift, card = each.gift, each.card
    is_whole = minor == each.minor
    value = card.balance_minor if is_whole else -(-card.face_minor * minor // gift.paid_minor)
    entered = ledger.enter(
        session,
        card.id,
        "refund",
        -min(value, card.balance_minor),
        reference=reference,
        reason=REFUNDED,
        money_minor=minor,
        now=now,
    )
    if entered is None:
        raise Conflict("gift_used", field="amount", most=Money(0, gift.currency))
    if is_whole:
        set_facts(session, card, voided_at=now, void_reason=REFUNDED)


def _void_free(session: Session, gifts: Sequence[Returnable], taken: Taken) -> None:
    """Void so many gifts that cost nothing and that nobody has spent any of."""
    whole = [each.card for each in gifts if each.card.balance_minor == each.card.face_minor]
    if len(whole) < taken.quantity and not taken.is_forced:
        raise Conflict("gift_used", field="lines", most=Money(0, gifts[0].gift.currency))
    for card in whole[: taken.quantity]:
        void(session, card, reason=REFUNDED, reference=taken.reference, now=taken.at)


def hear(session: Session, line: LineItem, news: News) -> None:
    """Do for a line's cards what has become of the money that was paid for them."""
    if news.cause == FAILED:
        _give_again(session, line, news)
    for each in returnable(session, line):
        disputed.follow(session, each.card, now=news.at)


def _give_again(session: Session, line: LineItem, news: News) -> None:
    """Write the opposite of what a refund took from a line's cards, for it has failed."""
    reference = news.reference
    for each in returnable(session, line):
        entry = _entry_of(session, each.card, "refund", reference=reference)
        if entry is None or _entry_of(session, each.card, FAILED, reference=reference):
            continue
        ledger.enter(
            session,
            each.card.id,
            FAILED,
            -entry.amount_minor,
            reference=reference,
            reason=FAILED,
            money_minor=-entry.money_minor,
            now=news.at,
        )
        if each.card.void_reason == REFUNDED:
            set_facts(session, each.card, voided_at=None, void_reason=None)
            _call_on_again(session, each.gift)
            delivery.promise_again(session, each.gift, now=news.at)


def _call_on_again(session: Session, gift: Gift) -> None:
    """Let a gift that its giver had called off be one again: their money did not reach them."""
    session.execute(
        update(Gift)
        .where(Gift.id == gift.id)
        .values(cancelled_at=None)
        .execution_options(synchronize_session=False)
    )


def _entry_of(session: Session, card: GiftCard, kind: str, *, reference: str) -> GiftEntry | None:
    return session.scalars(
        select(GiftEntry).where(
            GiftEntry.merchant_id == card.merchant_id,
            GiftEntry.card_id == card.id,
            GiftEntry.kind == kind,
            GiftEntry.reference == reference,
        )
    ).first()

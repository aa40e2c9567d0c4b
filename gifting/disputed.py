"""Cards while banks decide over the money that was paid for them. What refunds do to cards is in
`returns.py`, and what members do in `cards.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from gifting import delivery, ledger
from gifting.models import Gift, GiftEntry
from gifting.standing import set_facts, void
from storefront.domain.payments import LOST as LOST_STATE
from storefront.domain.payments import WITHDRAWN, WON
from storefront.models import Dispute, Payment

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gifting.models import GiftCard

DISPUTED, LOST, GIVEN = "dispute", "dispute_lost", "dispute_won"
OPEN = WITHDRAWN - {LOST_STATE, WON}


def follow(session: Session, card: GiftCard, *, now: datetime) -> None:
    """Let a card stand as all disputes over its money do: void while one is lost, blocked while one
    is open. What members and refunds have decided stays. Lock the card first.
    """
    session.refresh(card)
    disputes = _disputes(session, card)
    lost = next((name for name, state in disputes.items() if state == LOST_STATE), None)
    if lost is not None:
        void(session, card, reason=LOST, reference=lost, now=now)
    elif card.void_reason == LOST:
        _use_again(session, card, now=now)
    if card.voided_at is not None:
        _take_rest(session, card, reference=lost or "", now=now)
    elif OPEN.isdisjoint(disputes.values()):
        _unblock(session, card)
    elif card.blocked_at is None:
        set_facts(session, card, blocked_at=now, block_reason=DISPUTED)


def _disputes(session: Session, card: GiftCard) -> dict[str, str]:
    """Return the states of the disputes over what was paid for a card, by their names."""
    rows = session.execute(
        select(Dispute.public_id, Dispute.state)
        .join(Payment, Payment.id == Dispute.payment_id)
        .join(Gift, Gift.order_id == Payment.order_id)
        .where(Gift.id == card.gift_id, Payment.returned_at.is_(None))
        .order_by(Dispute.id)
    )
    return {row.public_id: row.state for row in rows}


def _use_again(session: Session, card: GiftCard, *, now: datetime) -> None:
    """Let a card be used again that lost disputes had voided, with all that they took from it."""
    set_facts(session, card, voided_at=None, void_reason=None)
    taken = session.scalar(
        select(func.sum(GiftEntry.amount_minor)).where(
            GiftEntry.card_id == card.id,
            GiftEntry.kind.in_(("void", "unvoid")),
            GiftEntry.reason.in_((LOST, GIVEN)),
        )
    )
    if taken:
        ledger.enter(session, card.id, "unvoid", -int(taken), reason=GIVEN, now=now)
    delivery.promise_again(session, session.get_one(Gift, card.gift_id), now=now)


def _take_rest(session: Session, card: GiftCard, *, reference: str, now: datetime) -> None:
    """Take what has come on a void card, by a refund that failed: it stays worthless."""
    if card.balance_minor:
        ledger.enter(
            session,
            card.id,
            "void",
            -card.balance_minor,
            reference=reference,
            reason=card.void_reason or "",
            now=now,
        )


def _unblock(session: Session, card: GiftCard) -> None:
    if card.block_reason == DISPUTED:
        set_facts(session, card, blocked_at=None, block_reason=None)

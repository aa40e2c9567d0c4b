"""Whether a card can be used: its dated facts, and what is taken when it is made worthless. Who may
decide that, and why, is said in cards.py for members and in returns.py for money that goes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from gifting import ledger
from gifting.models import GiftCard
from storefront.errors import Conflict

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def void(
    session: Session,
    card: GiftCard,
    *,
    reason: str,
    now: datetime,
    reference: str = "",
    member_id: int | None = None,
) -> None:
    """Make a card worthless for good: whatever is left on it is taken. A void one stays so.

    Lock the card first. Raises `Conflict` where it holds less by now than was read.
    """
    if card.voided_at is not None:
        return
    if card.balance_minor:
        entered = ledger.enter(
            session,
            card.id,
            "void",
            -card.balance_minor,
            reference=reference,
            reason=reason,
            member_id=member_id,
            now=now,
        )
        if entered is None:
            raise Conflict
    set_facts(session, card, voided_at=now, void_reason=reason)


def set_facts(session: Session, card: GiftCard, **facts: object) -> None:
    """Write a card's facts, and read it anew."""
    session.execute(
        update(GiftCard)
        .where(GiftCard.id == card.id)
        .values(**facts)
        .execution_options(synchronize_session=False)
    )
    session.refresh(card)

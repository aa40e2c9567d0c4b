"""What members may do to a card besides spending it: block and unblock, void, adjust. Each has a
reason from a list, and is written down as theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from gifting import disputed, holders, ledger, standing
from gifting.models import GiftCard
from storefront.domain.money import Money
from storefront.errors import Conflict, Invalid, NotFound
from storefront.services import actions

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.services.actions import Doer

BLOCK_REASONS = ("reported_lost", "suspicion", "other")
UNBLOCK_REASONS = ("found", "cleared", "other")
VOID_REASONS = ("mistake", "fraud", "replaced", "other")
ADJUST_REASONS = ("goodwill", "correction", "paid_out", "other")
"""Why somebody does it. What disputes and refunds do has reasons of its own."""

THING = "gift_card"
MOST_HELD = 2**53
"""In minor units: beyond it, programs that count in floating point no longer tell amounts apart."""


def block(session: Session, who: Doer, public_id: str, *, reason: str, now: datetime) -> None:
    """Let a card buy nothing for now; it keeps what it holds.

    Raises `Conflict` already_blocked or code_void, `Invalid` unknown_reason, `NotFound`.
    """
    card = _get_usable(session, who, public_id, reason=reason, known=BLOCK_REASONS)
    if card.blocked_at is not None:
        raise Conflict("already_blocked")
    standing.set_facts(session, card, blocked_at=now, block_reason=reason)
    thing = (THING, public_id)
    actions.note(session, who, "gift_card_blocked", of=thing, now=now, reason=reason)


def unblock(session: Session, who: Doer, public_id: str, *, reason: str, now: datetime) -> None:
    """Let a blocked card buy again, unless a bank decides over its money by now.

    Raises `Conflict` not_blocked, code_void, bank_decides where the buyer disputes the payment,
    holder_gone where it was one person's who is erased; `Invalid` unknown_reason, `NotFound`.
    """
    card = _get_usable(session, who, public_id, reason=reason, known=UNBLOCK_REASONS)
    if card.blocked_at is None:
        raise Conflict("not_blocked")
    if card.block_reason == holders.GONE:
        raise Conflict("holder_gone")
    if card.block_reason not in BLOCK_REASONS:
        raise Conflict("bank_decides")
    standing.set_facts(session, card, blocked_at=None, block_reason=None)
    disputed.follow(session, card, now=now)
    thing = (THING, public_id)
    actions.note(session, who, "gift_card_unblocked", of=thing, now=now, reason=reason)


def void(session: Session, who: Doer, public_id: str, *, reason: str, now: datetime) -> Money:
    """Make a card worthless for good, and return what was on it.

    Raises `Conflict` code_void, `Invalid` unknown_reason, `NotFound`.
    """
    card = _get_usable(session, who, public_id, reason=reason, known=VOID_REASONS)
    left = card.balance
    standing.void(session, card, reason=reason, member_id=who.member_id, now=now)
    thing, figures = (THING, public_id), _figures(reason, left)
    actions.note(session, who, "gift_card_voided", of=thing, now=now, **figures)
    return left


def adjust(
    session: Session, who: Doer, public_id: str, *, minor: int, reason: str, now: datetime
) -> Money:
    """Put something on a card or take something off, in minor units; return what it holds then.

    Raises `Invalid` invalid_gift_amount or unknown_reason, `Conflict` code_void or
    insufficient_balance, `NotFound`.
    """
    card = _get_usable(session, who, public_id, reason=reason, known=ADJUST_REASONS)
    if minor == 0 or card.balance_minor + minor > MOST_HELD:
        raise Invalid("invalid_gift_amount", field="amount")
    if card.balance_minor + minor < 0:
        raise Conflict("insufficient_balance", field="amount", balance=card.balance)
    entered = ledger.enter(
        session, card.id, "adjust", minor, reason=reason, member_id=who.member_id, now=now
    )
    if entered is None:
        raise Conflict
    thing, figures = (THING, public_id), _figures(reason, Money(minor, card.currency))
    actions.note(session, who, "gift_card_adjusted", of=thing, now=now, **figures)
    return entered.balance


def _get_usable(
    session: Session, who: Doer, public_id: str, *, reason: str, known: Iterable[str]
) -> GiftCard:
    """Return a merchant's card that is not void, locked until the transaction ends."""
    if reason not in known:
        raise Invalid("unknown_reason", field="reason", allowed=", ".join(known))
    card = session.scalars(
        select(GiftCard)
        .where(GiftCard.merchant_id == who.merchant_id, GiftCard.public_id == public_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).first()
    if card is None:
        raise NotFound
    if card.voided_at is not None:
        raise Conflict("code_void")
    return card


def _figures(reason: str, amount: Money) -> dict[str, int | str | None]:
    return {"reason": reason, "amount_minor": amount.minor, "currency": amount.currency}

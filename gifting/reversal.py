"""Undo a redemption: once, as a whole, as a line of its own. By the clerk who took it for ten
minutes, by a manager or the store's machine at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from gifting import delivery, ledger
from gifting.domain import UNDO_TIME, good_until_after_reversal
from gifting.models import Gift, GiftCard, Redemption, Reversal
from storefront.db.upsert import insert_if_new
from storefront.domain.money import Money
from storefront.errors import Conflict, Invalid, NotAllowed, NotFound
from storefront.services import idempotency
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gifting.tills import Till
    from storefront.ports import Ports

REASONS = ("mistake", "goods_returned", "wrong_card", "other")
ROUTE = "redemption reversal"


@frozen
class Reverse:
    """A redemption to be undone, by its receipt number."""

    redemption: str
    request_key: str
    reason: str = "mistake"


@frozen
class Reversed:
    """What came back on the card, and what it holds now."""

    redemption: str
    amount: Money
    balance: Money
    at: str
    is_replayed: bool


def reverse(ports: Ports, till: Till, wish: Reverse) -> Reversed:
    """Undo a redemption; a repeat under the same key gets the first answer.

    Raises `NotFound`, also for another merchant's; `NotAllowed` not_yours_to_undo or
    undo_time_over; `Conflict` already_reversed or code_void; `Invalid`
    unknown_reason or idempotency_mismatch.
    """
    if wish.reason not in REASONS:
        raise Invalid("unknown_reason", field="reason", allowed=", ".join(REASONS))
    body = {"redemption": wish.redemption, "reason": wish.reason}
    request = idempotency.RequestKey(
        till.merchant_id, till.caller, ROUTE, wish.request_key, idempotency.hash_body(body)
    )
    now = ports.clock.now()
    with ports.sessions.begin() as session:
        till.confirm(session, now)
        turn = idempotency.take_turn(session, request, now=now)
        if turn.answer is not None:
            return _told(turn.answer, is_replayed=True)
        answer = _reverse(session, till, wish, now=now)
        idempotency.keep_answer(session, turn, status=201, answer=answer)
    return _told(answer, is_replayed=False)


def _told(answer: Mapping[str, Any], *, is_replayed: bool) -> Reversed:
    currency = answer["currency"]
    return Reversed(
        redemption=answer["redemption"],
        amount=Money(answer["amount_minor"], currency),
        balance=Money(answer["balance_minor"], currency),
        at=answer["at"],
        is_replayed=is_replayed,
    )


def _reverse(session: Session, till: Till, wish: Reverse, *, now: datetime) -> dict[str, Any]:
    redemption = _get(session, till, wish.redemption)
    _check_right(redemption, till, now=now)
    reversal_id = insert_if_new(
        session,
        Reversal,
        merchant_id=till.merchant_id,
        redemption_id=redemption.id,
        member_id=till.member_id,
        caller=till.caller,
        reason=wish.reason,
        occurred_at=now,
    )
    if reversal_id is None:
        raise Conflict("already_reversed")
    entered = ledger.enter(
        session,
        redemption.card_id,
        "reverse",
        redemption.amount_minor,
        reference=redemption.public_id,
        reason=wish.reason,
        member_id=till.member_id,
        store_id=till.store_id,
        redemption_id=redemption.id,
        conditions=[GiftCard.voided_at.is_(None)],
        now=now,
    )
    if entered is None:
        raise Conflict("code_void")
    _keep_usable(session, redemption.card_id, now=now)
    if entered.balance == redemption.amount:
        _send_after_all(session, redemption.card_id, now=now)
    return {
        "redemption": redemption.public_id,
        "amount_minor": redemption.amount_minor,
        "balance_minor": entered.balance.minor,
        "currency": redemption.currency,
        "at": now.isoformat(),
    }


def _get(session: Session, till: Till, public_id: str) -> Redemption:
    redemption = session.scalars(
        select(Redemption).where(
            Redemption.merchant_id == till.merchant_id, Redemption.public_id == public_id
        )
    ).first()
    if redemption is None:
        raise NotFound
    return redemption


def _check_right(redemption: Redemption, till: Till, *, now: datetime) -> None:
    """Raise `NotAllowed` where this till may not undo this redemption, or no longer."""
    if till.is_senior and till.member_id is not None:
        return
    if redemption.store_id != till.store_id:
        raise NotAllowed("not_yours_to_undo")
    if till.is_senior:
        return
    if till.member_id is None or redemption.member_id != till.member_id:
        raise NotAllowed("not_yours_to_undo")
    if now >= redemption.occurred_at + UNDO_TIME:
        raise NotAllowed("undo_time_over")


def _keep_usable(session: Session, card_id: int, *, now: datetime) -> None:
    """Give a card that has expired meanwhile, or soon will, a few days to be spent again."""
    card = session.get_one(GiftCard, card_id, populate_existing=True)
    until = good_until_after_reversal(card.terms, now)
    if until != card.expires_on:
        session.execute(
            update(GiftCard)
            .where(GiftCard.id == card_id)
            .values(expires_on=until)
            .execution_options(synchronize_session=False)
        )


def _send_after_all(session: Session, card_id: int, *, now: datetime) -> None:
    """Promise the gift of a card that had nothing on it, if it was not sent for that reason."""
    gift = session.scalars(
        select(Gift).join(GiftCard, GiftCard.gift_id == Gift.id).where(GiftCard.id == card_id)
    ).one()
    delivery.promise_again(session, gift, now=now)

"""Spend a card in a store: look what it is worth, and take a part of it or all. Undoing that is in
`reversal.py`, why a card is refused in `refusals.py`."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from gifting import guessing, holders, ledger
from gifting.card_views import CardView, view_card
from gifting.domain import today_in
from gifting.models import Gift, GiftCard, Redemption
from gifting.presenting import find_card
from gifting.redeemed import Redeemed, tell
from gifting.refusals import check_amount, check_card
from storefront.db.ids import public_id
from storefront.db.upsert import insert_if_new
from storefront.errors import Conflict, Invalid, NotAllowed
from storefront.models import Order
from storefront.services import interactions
from storefront.services.idempotency import hash_body
from storefront.signals import announce

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from gifting.tills import Till
    from storefront.ports import Ports


@dataclass(frozen=True)
class Redeem:
    """What a till wants to take, in minor units of the card's currency: no amount for a product,
    which is taken as a whole. `basket_minor` is the whole bill, where the till says so, and
    `holder` the address that the guest says of a card for one person alone. A repeat under the same
    request key takes nothing twice."""

    code: str
    amount_minor: int | None
    request_key: str
    basket_minor: int | None = None
    holder: str = ""


@dataclass(frozen=True)
class _Asked:
    """A wish on its way: whose, on which card, when."""

    till: Till
    wish: Redeem
    card_id: int
    is_live: bool
    holder_key: str
    now: datetime

    @property
    def body_hash(self) -> str:
        """The same for requests that mean the same; the code itself is no part of it."""
        return hash_body(
            {
                "card": self.card_id,
                "store": self.till.store_id,
                "amount_minor": self.wish.amount_minor,
                "basket_minor": self.wish.basket_minor,
            }
        )


class _TakenMeanwhileError(Exception):
    """The same request has come through another process at this very moment."""


def look_up(ports: Ports, till: Till, code: str, *, holder: str = "") -> CardView:
    """Return what a card is worth at a till, without taking anything. `holder` is looked at where
    it is said.

    Raises what `redeem` raises for a card of which nothing can be taken there, and `TooMany`.
    """
    card_id, now = find_card(ports, till, code), ports.clock.now()
    with _counting_strangers(ports, till), ports.reads() as session:
        till.confirm(session, now)
        card = session.get_one(GiftCard, card_id)
        check_card(session, card, till, is_live=ports.settings.is_live, now=now)
        if holder:
            holders.check(card, holders.key_of(ports.sign, till.merchant_id, holder))
        return view_card(session, card, now=now)


@contextmanager
def _counting_strangers(ports: Ports, till: Till) -> Iterator[None]:
    """Count who names a wrong holder as one who guesses; raise `TooMany` after many."""
    with ports.reads() as session:
        guessing.check(session, till, ports=ports)
    try:
        yield
    except NotAllowed as refusal:
        if refusal.code == holders.WRONG:
            guessing.count_guess(ports, till)
        raise


def redeem(ports: Ports, till: Till, wish: Redeem) -> Redeemed:
    """Take a part of a card, or all of it; a repeat gets the first answer.

    Raises the precise reason, for tills are trusted: `Invalid` code_mistyped, not_our_code,
    invalid_gift_amount, gift_taken_whole, basket_too_small, holder_needed, idempotency_mismatch;
    `NotFound` code_not_found; `Conflict` already_redeemed, insufficient_balance and code_…;
    `NotAllowed` not_allowed_here, not_the_holder; `TooMany`.
    """
    return redeem_card(ports, till, wish, card_id=find_card(ports, till, wish.code))


def redeem_card(ports: Ports, till: Till, wish: Redeem, *, card_id: int) -> Redeemed:
    """Take from a card that was found already, by its code or by whose it is. Raises what `redeem`
    raises, but for what is said of codes."""
    asked = _Asked(
        till,
        wish,
        card_id,
        is_live=ports.settings.is_live,
        holder_key=holders.key_of(ports.sign, till.merchant_id, wish.holder),
        now=ports.clock.now(),
    )
    with _counting_strangers(ports, till) if wish.holder else nullcontext():
        try:
            with ports.sessions.begin() as session:
                return _redeem(session, asked)
        except _TakenMeanwhileError:
            with ports.sessions.begin() as session:
                return _redeem(session, asked)


def _redeem(session: Session, asked: _Asked) -> Redeemed:
    till, wish, now = asked.till, asked.wish, asked.now
    till.confirm(session, now)
    earlier = _find_earlier(session, asked)
    if earlier is not None:
        return tell(session, earlier, is_replayed=True)
    card = session.get_one(GiftCard, asked.card_id)
    try:
        check_card(session, card, till, is_live=asked.is_live, now=now)
        holders.check(card, asked.holder_key)
        amount = check_amount(card.terms, wish)
    except Conflict:  # what took the rest since we looked may have been this very request
        return _explain(session, asked)
    conditions = _conditions(card, now, whole=amount if card.terms.is_product else None)
    act_id = _record_act(session, card, now=now)
    entered = ledger.change(session, card.id, -amount, conditions=conditions)
    if entered is None:
        return _explain(session, asked)
    redemption = _insert(session, asked, entered, amount=amount, act_id=act_id)
    line = ledger.Line(
        "redeem",
        -amount,
        reference=redemption.public_id,
        member_id=till.member_id,
        store_id=till.store_id,
        redemption_id=redemption.id,
    )
    ledger.write(session, card.id, entered, line=line, now=now)
    announce(session, "gift_redeemed", redemption=redemption.public_id, card=card.public_id)
    return tell(session, redemption, is_replayed=False)


def _find_earlier(session: Session, asked: _Asked) -> Redemption | None:
    """Return what this request has taken before; raise `Invalid` where the key was another's."""
    till = asked.till
    earlier = session.scalars(
        select(Redemption).where(
            Redemption.merchant_id == till.merchant_id,
            Redemption.caller == till.caller,
            Redemption.request_key == asked.wish.request_key,
        )
    ).first()
    if earlier is not None and earlier.body_hash != asked.body_hash:
        raise Invalid("idempotency_mismatch", field="Idempotency-Key")
    return earlier


def _conditions(card: GiftCard, now: datetime, *, whole: int | None) -> list[ColumnElement[bool]]:
    """Return what must be true at the very moment of taking, whatever was read before."""
    today = today_in(card.zone, now)
    conditions = [
        GiftCard.entries > 0,
        GiftCard.blocked_at.is_(None),
        GiftCard.voided_at.is_(None),
        GiftCard.holder_key.is_not_distinct_from(card.holder_key),
        or_(GiftCard.expires_on.is_(None), GiftCard.expires_on >= today),
    ]
    return conditions if whole is None else [*conditions, GiftCard.balance_minor == whole]


def _explain(session: Session, asked: _Asked) -> Redeemed:
    """Say why a card has refused at the last moment; it may have been a repeat of this request."""
    earlier = _find_earlier(session, asked)
    if earlier is not None:
        return tell(session, earlier, is_replayed=True)
    card = session.get_one(GiftCard, asked.card_id, populate_existing=True)
    check_card(session, card, asked.till, is_live=asked.is_live, now=asked.now)
    holders.check(card, asked.holder_key)
    check_amount(card.terms, asked.wish)
    raise Conflict


def _record_act(session: Session, card: GiftCard, *, now: datetime) -> int:
    """Record that the gift was redeemed; it grew from its opening, or from what led to its sale."""
    gift, placement_id = session.execute(
        select(Gift, Order.placement_id)
        .join(Order, Order.id == Gift.order_id)
        .where(Gift.id == card.gift_id)
    ).one()
    act_id, _ = interactions.record_act(
        session,
        merchant_id=card.merchant_id,
        placement_id=placement_id,
        kind="redeem",
        visitor=gift.visitor,
        parent_id=gift.opened_interaction_id or gift.origin_interaction_id,
        surface="counter",
        now=now,
    )
    return act_id


def _insert(
    session: Session, asked: _Asked, entered: ledger.Entered, *, amount: int, act_id: int
) -> Redemption:
    till, wish = asked.till, asked.wish
    redemption_id = insert_if_new(
        session,
        Redemption,
        merchant_id=till.merchant_id,
        public_id=public_id("rdm"),
        card_id=asked.card_id,
        store_id=till.store_id,
        member_id=till.member_id,
        device_id=till.device_id,
        caller=till.caller,
        request_key=wish.request_key,
        body_hash=asked.body_hash,
        currency=entered.balance.currency,
        amount_minor=amount,
        basket_minor=wish.basket_minor,
        balance_after_minor=entered.balance.minor,
        interaction_id=act_id,
        occurred_at=asked.now,
    )
    if redemption_id is None:
        raise _TakenMeanwhileError
    return session.get_one(Redemption, redemption_id)

"""Spend a card in a store: look what it is worth, and take a part of it or all. The write itself is
in `taking.py`, undoing it in `reversal.py`, why a card is refused in `refusals.py`."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from gifting import codes, guessing, holders, taking
from gifting.card_views import CardView, view_card
from gifting.domain import amount_to_take, why_amount_refused, why_holder_refused, why_refused
from gifting.models import GiftCard
from gifting.presenting import find_card, read_code
from gifting.redeemed import Redeemed, find_by_key, tell
from gifting.refusals import check_amount, check_card
from gifting.seeing import ByCode, see, see_by_code
from gifting.taking import Taken
from storefront.domain.money import Money
from storefront.errors import Conflict, Invalid, NotAllowed
from storefront.services.idempotency import hash_body
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gifting.models import Redemption
    from gifting.seeing import SeenCard
    from gifting.tills import Till
    from storefront.ports import Ports

TRIES = 3
"""So often a card is looked at anew that has changed while something was taken from it."""


@frozen
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


@frozen
class _Asked:
    """A wish on its way: whose, on which card, when, and by the key of whose address."""

    till: Till
    wish: Redeem
    card_id: int
    is_live: bool
    holder_key: str
    now: datetime


def _body_hash(till: Till, wish: Redeem) -> str:
    """Return the same for requests that want the same of a card. Which one it is stands beside."""
    amounts = {"amount_minor": wish.amount_minor, "basket_minor": wish.basket_minor}
    return hash_body({"store": till.store_id, **amounts})


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
    now = ports.clock.now()
    seen = _see_by_code(ports, till, wish, now=now)
    if isinstance(seen, Taken):
        return _told(seen)
    card_id = _find_card(ports, till, wish, now=now) if seen is None else seen.id
    return _redeem(ports, _asked(ports, till, wish, card_id=card_id, now=now), seen=seen)


def _see_by_code(
    ports: Ports, till: Till, wish: Redeem, *, now: datetime
) -> Taken | SeenCard | None:
    """Return the card in one look, where a code was typed and is good, and nobody is stopped; or
    what was taken from it, where looking and taking are one."""
    if codes.link_token(wish.code) is not None:
        return None
    sessions, is_live = ports.sessions, ports.settings.is_live
    digest = codes.digest_of(ports.sign, read_code(till, wish.code))
    card = ByCode(digest, guessing.whom(ports.sign, till))
    if _is_plain(till, wish) and not sessions.is_sqlite:
        wanted = _wanted(till, wish, wish.amount_minor or 0, now=now)
        with suppress(IntegrityError):  # this very request has come through beside us: look at it
            return taking.look_and_take(sessions, till, wanted, card=card, is_live=is_live)
    with sessions.glance() as session:
        return see_by_code(session, till, wish.request_key, card=card, now=now)


def _is_plain(till: Till, wish: Redeem) -> bool:
    """Return whether a token wants some money that its basket holds, and names no holder."""
    amount, basket = wish.amount_minor or 0, wish.basket_minor
    return till.is_token and 0 < amount <= (basket or amount) and not wish.holder


def _find_card(ports: Ports, till: Till, wish: Redeem, *, now: datetime) -> int:
    """Return the key of a card that one look has not found, to a till that may still act."""
    with ports.reads() as session:
        till.confirm(session, now)
    return find_card(ports, till, wish.code)


def redeem_card(ports: Ports, till: Till, wish: Redeem, *, card_id: int) -> Redeemed:
    """Take from a card that was found already, by its code or by whose it is. Raises what `redeem`
    raises, but for what is said of codes."""
    now = ports.clock.now()
    return _redeem(ports, _asked(ports, till, wish, card_id=card_id, now=now), seen=None)


def _asked(ports: Ports, till: Till, wish: Redeem, *, card_id: int, now: datetime) -> _Asked:
    return _Asked(
        till,
        wish,
        card_id,
        is_live=ports.settings.is_live,
        holder_key=holders.key_of(ports.sign, till.merchant_id, wish.holder),
        now=now,
    )


def _redeem(ports: Ports, asked: _Asked, *, seen: SeenCard | None) -> Redeemed:
    with _counting_strangers(ports, asked.till) if asked.wish.holder else nullcontext():
        return _take(ports, asked, seen=seen)


def _take(ports: Ports, asked: _Asked, *, seen: SeenCard | None) -> Redeemed:
    """Take from the card as it was seen; look again where it has changed meanwhile."""
    fault: IntegrityError | None = None
    for _ in range(TRIES):
        card = _look(ports, asked) if seen is None else seen
        if _is_refused(asked, card):
            return _explain(ports, asked)
        amount = amount_to_take(card.terms, asked.wish.amount_minor) or 0
        wanted = _wanted(asked.till, asked.wish, amount, now=asked.now)
        try:
            taken = taking.take(ports.sessions, asked.till, wanted, card=card)
        except IntegrityError as error:  # this very request has come through beside us
            taken, fault = None, error
        if taken is not None:
            return _told(taken)
        seen = None
    raise fault or Conflict


def _look(ports: Ports, asked: _Asked) -> SeenCard:
    with ports.reads() as session:
        asked.till.confirm(session, asked.now)
        return see(session, asked.till, asked.wish.request_key, card_id=asked.card_id)


def _is_refused(asked: _Asked, seen: SeenCard) -> bool:
    """Return whether a card is refused as it was seen, or this request has taken something before.
    What `taking.look_and_take` takes from is never refused here."""
    wish, terms = asked.wish, seen.terms
    return bool(
        seen.earlier_id is not None
        or why_refused(terms, store_id=asked.till.store_id, is_live=asked.is_live, now=asked.now)
        or why_holder_refused(seen.holder_key, asked.holder_key)
        or why_amount_refused(terms, wish.amount_minor, wish.basket_minor)
    )


def _wanted(till: Till, wish: Redeem, amount: int, *, now: datetime) -> taking.Wanted:
    return taking.Wanted(
        amount=amount,
        request_key=wish.request_key,
        body_hash=_body_hash(till, wish),
        basket_minor=wish.basket_minor,
        now=now,
    )


def _told(taken: Taken) -> Redeemed:
    card, wanted, basket = taken.card, taken.wanted, taken.wanted.basket_minor
    currency = card.terms.face.currency
    return Redeemed(
        public_id=taken.public_id,
        card=card.public_id,
        last_four=card.last_four,
        title=card.title,
        amount=Money(wanted.amount, currency),
        balance=Money(taken.balance_minor, currency),
        basket=None if basket is None else Money(basket, currency),
        store=card.store,
        at=wanted.now,
        is_replayed=False,
    )


def _explain(ports: Ports, asked: _Asked) -> Redeemed:
    """Say why nothing is taken, or what this request has taken before."""
    with ports.reads() as session:
        asked.till.confirm(session, asked.now)
        earlier = _find_earlier(session, asked)
        if earlier is not None:
            return tell(session, earlier, is_replayed=True)
        card = session.get_one(GiftCard, asked.card_id)
        check_card(session, card, asked.till, is_live=asked.is_live, now=asked.now)
        holders.check(card, asked.holder_key)
        check_amount(card.terms, asked.wish)
    raise Conflict


def _find_earlier(session: Session, asked: _Asked) -> Redemption | None:
    """Return what this request has taken before; raise `Invalid` where the key was another's."""
    earlier = find_by_key(session, asked.till, asked.wish.request_key)
    if earlier is None:
        return None
    known = (earlier.card_id, earlier.body_hash)
    if known != (asked.card_id, _body_hash(asked.till, asked.wish)):
        raise Invalid("idempotency_mismatch", field="Idempotency-Key")
    return earlier

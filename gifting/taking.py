"""Take from a card: the one short write of a redemption. What can be worked out before it is; what
it finds changed is looked at anew by `redemption.py`. The statements are in
`taking_statements.py`."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from gifting import taking_statements as statements
from gifting.domain import today_in
from gifting.models import GiftEntry, Redemption
from gifting.seeing import asked_by_code, seen_by_code
from storefront.db.hot import insert_row, is_sqlite, read_one, table_of
from storefront.db.ids import dated_id
from storefront.models import Interaction
from storefront.services import interactions
from storefront.signals import announce
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gifting.seeing import ByCode, SeenCard
    from gifting.tills import Till
    from storefront.db.bare import Bare
    from storefront.db.base import Base
    from storefront.db.hot import AnyRow
    from storefront.ports import Sessions

FARTHEST_EAST = timedelta(hours=14)
"""Nowhere on earth a day begins sooner before UTC's."""

Row = dict[str, object]


@frozen
class Wanted:
    """What a till wants to take from a card, in minor units, at a moment."""

    amount: int
    request_key: str
    body_hash: str
    basket_minor: int | None
    now: datetime


@frozen
class Taken:
    """A redemption that was written: the number of its receipt, what was wanted, the card as it was
    seen before, and what it holds now."""

    public_id: str
    wanted: Wanted
    card: SeenCard
    balance_minor: int


def take(sessions: Sessions, till: Till, wanted: Wanted, *, card: SeenCard) -> Taken | None:
    """Take what is wanted from a card that was looked at, in a transaction of its own. None, and
    nothing is changed, where it does not hold so much, or is not as it was; of a product, nothing
    may have been taken.

    Raises `IntegrityError` where this very request was written meanwhile, and what the till raises
    that may no longer act, unless it is a token's: then the answer is None.
    """
    rows = _rows(till, wanted, _of_card(card))
    with sessions.at_once() if till.is_token else _confirmed(sessions, till, wanted) as session:
        balance = _write(session, rows, _change(till, wanted, card), is_whole=card.terms.is_product)
        if balance is None:
            return None
        announce(session, "gift_redeemed", redemption=rows.name, card=card.public_id)
    return Taken(rows.name, wanted, card, balance)


def look_and_take(
    sessions: Sessions, till: Till, wanted: Wanted, *, card: ByCode, is_live: bool
) -> Taken | SeenCard | None:
    """Look at a card by its code and take from it for a token, in one statement of PostgreSQL's.
    Return what was taken; else the card, as `see_by_code` does. Nothing is taken from a card that
    is more than money for anybody: it is looked at first, and taken from then.

    Raises `IntegrityError` where this very request was written meanwhile.
    """
    rows = _rows(till, wanted, {})
    asked = asked_by_code(till, wanted.request_key, card=card, now=wanted.now)
    # Where it is the last day of a card somewhere, its own zone decides, and not this statement.
    limits: Row = {"wants_test": not is_live, "today": (wanted.now + FARTHEST_EAST).date()}
    told: Row = {**asked, **limits, "amount": wanted.amount, **rows.named}
    with sessions.at_once() as session:
        row = read_one(session, statements.look_and_take(rows.names), **told)
        seen = seen_by_code(row)
        if row is None or seen is None or row.left_minor is None:
            return seen
        announce(session, "gift_redeemed", redemption=rows.name, card=seen.public_id)
    return Taken(rows.name, wanted, seen, row.left_minor)


@contextmanager
def _confirmed(sessions: Sessions, till: Till, wanted: Wanted) -> Iterator[Session]:
    with sessions.begin() as session:
        till.confirm(session, wanted.now)
        yield session


@frozen
class _Rows:
    """What is written with a redemption called `name`, but for what writing it finds out. `common`
    means the same in each row that has such a column."""

    name: str
    common: Row
    act: Row
    redemption: Row
    entry: Row

    @property
    def names(self) -> statements.Names:
        """The columns of all rows."""
        return statements.Names(*map(tuple, (self.common, self.act, self.redemption, self.entry)))

    @property
    def named(self) -> Row:
        """All values, by the names that statements of several rows have for them."""
        return {
            **_prefixed("row", self.common),
            **_prefixed("act", self.act),
            **_prefixed("redemption", self.redemption),
            **_prefixed("entry", self.entry),
        }

    def of(self, model: type[Base], own: Row) -> Row:
        """Return a whole row."""
        shared = statements.shared(table_of(model), tuple(self.common))
        return {**{name: self.common[name] for name in shared}, **own}


def _prefixed(prefix: str, row: Mapping[str, object]) -> Row:
    return {f"{prefix}_{name}": value for name, value in row.items()}


def _of_card(card: SeenCard) -> Row:
    """Return what rows say of a card, by the names of `FROM_CARD`."""
    return {
        "card_id": card.id,
        "currency": card.terms.face.currency,
        "placement_id": card.placement_id,
        "visitor": card.visitor,
        "parent_id": card.parent_id,
    }


def _rows(till: Till, wanted: Wanted, card: Row) -> _Rows:
    name = dated_id("rdm", wanted.now)
    return _Rows(
        name,
        common={
            "merchant_id": till.merchant_id,
            "store_id": till.store_id,
            "member_id": till.member_id,
            "device_id": till.device_id,
            "caller": till.caller,
            "request_key": wanted.request_key,
            "body_hash": wanted.body_hash,
            "basket_minor": wanted.basket_minor,
            "occurred_at": wanted.now,
            **card,
        },
        act=interactions.way_of_act("redeem", surface="counter", now=wanted.now),
        redemption={"public_id": name, "amount_minor": wanted.amount},
        entry={
            "kind": "redeem",
            "amount_minor": -wanted.amount,
            "money_minor": 0,
            "reference": name,
            "reason": "",
        },
    )


def _change(till: Till, wanted: Wanted, card: SeenCard) -> Row:
    """Return what decides whether it is taken."""
    return {
        "seen_card": card.id,
        "amount": wanted.amount,
        "seen_holder": card.holder_key,
        "today": today_in(card.terms.zone, wanted.now),
        **({"seen_merchant": till.merchant_id, "token": till.caller} if till.is_token else {}),
    }


def _write(session: Session | Bare, rows: _Rows, change: Row, *, is_whole: bool) -> int | None:
    """Write it down, and return what is left."""
    is_token = "token" in change
    if is_sqlite(session):
        changing = statements.change(is_whole=is_whole, is_token=is_token)
        return _in_steps(session, rows, read_one(session, changing, **change))
    statement = statements.all_in_one(rows.names, is_whole=is_whole, is_token=is_token)
    done = read_one(session, statement, **change, **rows.named)
    return None if done is None else int(done.balance_after_minor)


def _in_steps(session: Session | Bare, rows: _Rows, changed: AnyRow | None) -> int | None:
    if changed is None:
        return None
    after: Row = {"balance_after_minor": changed.balance_minor}
    act_id = insert_row(session, Interaction, **rows.of(Interaction, rows.act))
    redemption = {**rows.redemption, **after, "interaction_id": act_id}
    redemption_id = insert_row(session, Redemption, **rows.of(Redemption, redemption))
    entry = {**rows.entry, **after, "sequence": changed.entries, "redemption_id": redemption_id}
    insert_row(session, GiftEntry, **rows.of(GiftEntry, entry))
    return int(changed.balance_minor)

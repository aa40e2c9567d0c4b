"""Take from a card: the one short write of a redemption. What can be worked out before it is; what
it finds changed is looked at anew by `redemption.py`.

SQLite takes four statements under its writer lock. PostgreSQL takes one, so that nothing travels
while a card is locked."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, exists, insert, or_, select, true, update

from gifting.domain import today_in
from gifting.models import GiftCard, GiftEntry, Redemption
from storefront.db.hot import insert_row, is_sqlite, read_one, table_of
from storefront.db.ids import dated_id
from storefront.models import ApiToken, Interaction
from storefront.services import interactions
from storefront.signals import announce
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import BindParameter, Executable, Table, Update
    from sqlalchemy.orm import Session

    from gifting.seeing import SeenCard
    from gifting.tills import Till
    from storefront.db.bare import Bare
    from storefront.ports import Sessions

_card, _token = table_of(GiftCard), table_of(ApiToken)
_act, _redemption, _entry = table_of(Interaction), table_of(Redemption), table_of(GiftEntry)

Row = dict[str, object]


@frozen
class Wanted:
    """What a till wants to take from a card that was looked at, in minor units, at a moment.
    `is_whole` is a product, of which nothing may have been taken meanwhile."""

    card: SeenCard
    amount: int
    is_whole: bool
    request_key: str
    body_hash: str
    basket_minor: int | None
    now: datetime


@frozen
class Taken:
    """A redemption that was written: the number of its receipt, and what the card holds now."""

    public_id: str
    balance_minor: int


def take(sessions: Sessions, till: Till, wanted: Wanted) -> Taken | None:
    """Take what is wanted, in a transaction of its own. None, and nothing is changed, where the
    card does not hold so much, or is not as it was.

    Raises `IntegrityError` where this very request was written meanwhile, and what the till raises
    that may no longer act, unless it is a token's: then the answer is None.
    """
    name = dated_id("rdm", wanted.now)
    rows = _rows(till, wanted, name)
    with sessions.at_once() if till.is_token else _confirmed(sessions, till, wanted) as session:
        balance = _write(session, rows, is_whole=wanted.is_whole, is_token=till.is_token)
        if balance is None:
            return None
        announce(session, "gift_redeemed", redemption=name, card=wanted.card.public_id)
    return Taken(name, balance)


@contextmanager
def _confirmed(sessions: Sessions, till: Till, wanted: Wanted) -> Iterator[Session]:
    with sessions.begin() as session:
        till.confirm(session, wanted.now)
        yield session


@frozen
class _Rows:
    """What decides whether it is taken, and the rows that say so, but for what that finds out."""

    change: Row
    act: Row
    redemption: Row
    entry: Row


def _rows(till: Till, wanted: Wanted, name: str) -> _Rows:
    card, now = wanted.card, wanted.now
    own: Row = {"merchant_id": till.merchant_id, "card_id": card.id, "occurred_at": now}
    who: Row = {"store_id": till.store_id, "member_id": till.member_id}
    currency = card.terms.face.currency
    return _Rows(
        change={
            "seen_card": card.id,
            "amount": wanted.amount,
            "seen_holder": card.holder_key,
            "today": today_in(card.terms.zone, now),
            **({"seen_merchant": till.merchant_id, "token": till.caller} if till.is_token else {}),
        },
        act=interactions.row_of_act(
            merchant_id=till.merchant_id,
            placement_id=card.placement_id,
            kind="redeem",
            visitor=card.visitor,
            parent_id=card.parent_id,
            surface="counter",
            now=now,
        ),
        redemption={
            **own,
            **who,
            "public_id": name,
            "device_id": till.device_id,
            "caller": till.caller,
            "request_key": wanted.request_key,
            "body_hash": wanted.body_hash,
            "currency": currency,
            "amount_minor": wanted.amount,
            "basket_minor": wanted.basket_minor,
        },
        entry={
            **own,
            **who,
            "kind": "redeem",
            "amount_minor": -wanted.amount,
            "money_minor": 0,
            "currency": currency,
            "reference": name,
            "reason": "",
        },
    )


def _write(session: Session | Bare, rows: _Rows, *, is_whole: bool, is_token: bool) -> int | None:
    """Write it down, and return what is left."""
    if is_sqlite(session):
        return _in_steps(session, rows, _change(is_whole=is_whole, is_token=is_token))
    named = _named("act", rows.act) | _named("redemption", rows.redemption)
    shape = tuple(tuple(row) for row in (rows.act, rows.redemption, rows.entry))
    statement = _all_in_one(shape, is_whole=is_whole, is_token=is_token)
    done = read_one(session, statement, **rows.change, **named, **_named("entry", rows.entry))
    return None if done is None else int(done.balance_after_minor)


def _in_steps(session: Session | Bare, rows: _Rows, change: Executable) -> int | None:
    changed = read_one(session, change, **rows.change)
    if changed is None:
        return None
    after: Row = {"balance_after_minor": changed.balance_minor}
    act_id = insert_row(session, Interaction, **rows.act)
    redemption_id = insert_row(
        session, Redemption, **rows.redemption, **after, interaction_id=act_id
    )
    insert_row(
        session,
        GiftEntry,
        **rows.entry,
        **after,
        sequence=changed.entries,
        redemption_id=redemption_id,
    )
    return int(changed.balance_minor)


@cache
def _change(*, is_whole: bool, is_token: bool) -> Update:
    """Return what takes the money, if all is still true at that very moment."""
    amount: BindParameter[int] = bindparam("amount", type_=_card.c.balance_minor.type)
    statement = update(_card).where(
        _card.c.id == bindparam("seen_card"),
        _card.c.balance_minor == amount if is_whole else _card.c.balance_minor >= amount,
        _card.c.entries > 0,
        _card.c.blocked_at.is_(None),
        _card.c.voided_at.is_(None),
        _card.c.holder_key.is_not_distinct_from(bindparam("seen_holder")),
        or_(_card.c.expires_on.is_(None), _card.c.expires_on >= bindparam("today")),
    )
    if is_token:
        is_good = exists().where(
            _token.c.merchant_id == bindparam("seen_merchant"),
            _token.c.public_id == bindparam("token"),
            _token.c.revoked_at.is_(None),
        )
        statement = statement.where(is_good)
    return statement.values(
        balance_minor=_card.c.balance_minor - amount, entries=_card.c.entries + 1
    ).returning(_card.c.balance_minor, _card.c.entries)


@cache
def _all_in_one(
    shape: tuple[tuple[str, ...], ...], *, is_whole: bool, is_token: bool
) -> Executable:
    """Return all of it as one statement, for rows that have these columns."""
    act_names, redemption_names, entry_names = shape
    changed = _change(is_whole=is_whole, is_token=is_token).cte("changed")
    act = (
        insert(_act)
        .from_select(act_names, select(*_values(_act, "act", act_names)).select_from(changed))
        .returning(_act.c.id)
        .cte("act")
    )
    written = (
        insert(_redemption)
        .from_select(
            [*redemption_names, "balance_after_minor", "interaction_id"],
            select(
                *_values(_redemption, "redemption", redemption_names),
                changed.c.balance_minor,
                act.c.id,
            ).select_from(changed.join(act, onclause=true())),
        )
        .returning(_redemption.c.id)
        .cte("written")
    )
    return (
        insert(_entry)
        .from_select(
            [*entry_names, "balance_after_minor", "sequence", "redemption_id"],
            select(
                *_values(_entry, "entry", entry_names),
                changed.c.balance_minor,
                changed.c.entries,
                written.c.id,
            ).select_from(changed.join(written, onclause=true())),
        )
        .returning(_entry.c.balance_after_minor)
    )


def _values(table: Table, prefix: str, names: tuple[str, ...]) -> list[BindParameter[object]]:
    return [bindparam(f"{prefix}_{name}", type_=table.c[name].type) for name in names]


def _named(prefix: str, row: Mapping[str, object]) -> Row:
    return {f"{prefix}_{name}": value for name, value in row.items()}

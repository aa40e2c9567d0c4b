"""The statements that take from a card, built once: which conditions a card must meet at the very
moment, and what is written with it. When they are run, and with what, is in `taking.py`.

No value is called as a column of cards is: an UPDATE would take it for what to set.
SQLite is told each row by itself. PostgreSQL is told all in one statement, so that nothing travels
while a card is locked; a merchant's own till is even looked up what it names in the same one."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, exists, insert, or_, select, true, update

from gifting.models import GiftCard, GiftEntry, Redemption
from gifting.seeing import BY_CODE
from storefront.db.hot import table_of
from storefront.models import ApiToken, Interaction
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import CTE, ColumnElement, Executable, FromClause, Insert, Table, Update

_card, _token = table_of(GiftCard), table_of(ApiToken)
_act, _redemption, _entry = table_of(Interaction), table_of(Redemption), table_of(GiftEntry)

FROM_CARD = ("card_id", "currency", "placement_id", "visitor", "parent_id")
"""What rows say of a card, by the names of their columns."""

_amount = bindparam("amount", type_=_card.c.balance_minor.type)


@frozen
class Names:
    """The columns of the rows that are written: those that mean the same wherever they stand, and
    each row's own."""

    common: tuple[str, ...]
    act: tuple[str, ...]
    redemption: tuple[str, ...]
    entry: tuple[str, ...]


def shared(table: Table, names: tuple[str, ...]) -> list[str]:
    """Return which of the common columns a table has."""
    return [name for name in names if name in table.c]


@cache
def change(*, is_whole: bool, is_token: bool) -> Update:
    """Return what takes the money, if all is still true at that very moment."""
    statement = update(_card).where(
        _card.c.id == bindparam("seen_card"),
        _card.c.balance_minor == _amount if is_whole else _card.c.balance_minor >= _amount,
        _card.c.holder_key.is_not_distinct_from(bindparam("seen_holder")),
        *_is_in_use(),
    )
    if is_token:
        statement = statement.where(_token_is_good("seen_merchant", "token"))
    return _taking(statement)


@cache
def all_in_one(names: Names, *, is_whole: bool, is_token: bool) -> Executable:
    """Return the change and all rows, for a card that was looked at, as one statement."""
    changed = change(is_whole=is_whole, is_token=is_token).cte("changed")
    facts = {name: _bound(name) for name in names.common}
    return _line(names, changed, facts=facts, source=changed).returning(
        _entry.c.balance_after_minor
    )


@cache
def look_and_take(names: Names) -> Executable:
    """Return the look at a card by its code together with the change and all rows. It takes from
    plain cards alone: of money, in any store, for whoever has the code. It returns the card as it
    was seen before, with `left_minor`, which is None where nothing was taken."""
    seen = BY_CODE.cte("seen")
    changed = _change_of(seen).cte("changed")
    facts: dict[str, ColumnElement[object]] = {name: _bound(name) for name in names.common}
    facts |= {name: seen.c[name] for name in FROM_CARD}
    line = _line(names, changed, facts=facts, source=changed.join(seen, onclause=true()))
    return (
        select(*seen.c, changed.c.balance_minor.label("left_minor"))
        .select_from(seen.outerjoin(changed, onclause=true()))
        .add_cte(line.cte("line"))
    )


def _change_of(seen: CTE) -> Update:
    """Return the same change for a card that is being looked at."""
    return _taking(
        update(_card).where(
            _card.c.id == seen.c.card_id,
            seen.c.stopped_until.is_(None),
            seen.c.earlier_id.is_(None),
            _card.c.balance_minor >= _amount,
            _card.c.holder_key.is_(None),
            _card.c.variant_id.is_(None),
            _card.c.stores.is_(None),
            _card.c.is_test == bindparam("wants_test"),
            *_is_in_use(),
            _token_is_good("till_merchant", "till_caller"),
        )
    )


def _is_in_use() -> tuple[ColumnElement[bool], ...]:
    return (
        _card.c.entries > 0,
        _card.c.blocked_at.is_(None),
        _card.c.voided_at.is_(None),
        or_(_card.c.expires_on.is_(None), _card.c.expires_on >= bindparam("today")),
    )


def _token_is_good(merchant: str, token: str) -> ColumnElement[bool]:
    return exists().where(
        _token.c.merchant_id == bindparam(merchant),
        _token.c.public_id == bindparam(token),
        _token.c.revoked_at.is_(None),
    )


def _taking(statement: Update) -> Update:
    return statement.values(
        balance_minor=_card.c.balance_minor - _amount, entries=_card.c.entries + 1
    ).returning(_card.c.balance_minor, _card.c.entries)


def _line(
    names: Names,
    changed: CTE,
    *,
    facts: Mapping[str, ColumnElement[object]],
    source: FromClause,
) -> Insert:
    """Return the line of the ledger, and with it the act and the redemption that it names."""
    act = (
        _insert(_act, _own(_act, "act", names.act), facts=facts, source=source)
        .returning(_act.c.id)
        .cte("act")
    )
    left = {"balance_after_minor": changed.c.balance_minor}
    redemption = {**_own(_redemption, "redemption", names.redemption), **left}
    written = (
        _insert(
            _redemption,
            {**redemption, "interaction_id": act.c.id},
            facts=facts,
            source=source.join(act, onclause=true()),
        )
        .returning(_redemption.c.id)
        .cte("written")
    )
    entry = {**_own(_entry, "entry", names.entry), **left, "sequence": changed.c.entries}
    return _insert(
        _entry,
        {**entry, "redemption_id": written.c.id},
        facts=facts,
        source=source.join(written, onclause=true()),
    )


def _insert(
    table: Table,
    own: Mapping[str, ColumnElement[object]],
    *,
    facts: Mapping[str, ColumnElement[object]],
    source: FromClause,
) -> Insert:
    values = {**{name: facts[name] for name in shared(table, tuple(facts))}, **own}
    return insert(table).from_select(list(values), select(*values.values()).select_from(source))


def _own(table: Table, prefix: str, names: tuple[str, ...]) -> dict[str, ColumnElement[object]]:
    return {name: bindparam(f"{prefix}_{name}", type_=table.c[name].type) for name in names}


def _bound(name: str) -> ColumnElement[object]:
    column = next(table.c[name] for table in (_redemption, _entry, _act) if name in table.c)
    return bindparam(f"row_{name}", type_=column.type)

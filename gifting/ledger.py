"""The ledger of gift cards: where a balance changes, and each change is a line. Who may change it
and why is decided in `cards.py` and `issuing.py`. What a store takes is written by `taking.py`, the
balance and its line together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, insert, literal, select, update

from gifting.models import Gift, GiftCard, GiftEntry
from storefront.db.hot import insert_row, insert_rows, run, table_of
from storefront.domain.money import Money
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from storefront.models import LineItem

    Row = Mapping[str, object]


@frozen
class Entered:
    """What a card holds after a line of its ledger, the line's number, and whose card it is."""

    balance: Money
    sequence: int
    merchant_id: int


@frozen
class Line:
    """What a change of a balance is written down with. `reference` names its cause by a public id,
    `reason` is from a list; who did it where, as far as anybody did. `money_minor` is what a
    refund gave back for it."""

    kind: str
    amount_minor: int
    reference: str = ""
    reason: str = ""
    member_id: int | None = None
    store_id: int | None = None
    redemption_id: int | None = None
    money_minor: int = 0


_card, _gift, _entry = table_of(GiftCard), table_of(Gift), table_of(GiftEntry)

_FIRST_LINE = {
    "merchant_id": _card.c.merchant_id,
    "card_id": _card.c.id,
    "sequence": literal(1, _entry.c.sequence.type),
    "kind": literal("issue", _entry.c.kind.type),
    "amount_minor": _card.c.face_minor,
    "balance_after_minor": _card.c.face_minor,
    "currency": _card.c.currency,
    "money_minor": literal(0, _entry.c.money_minor.type),
    "reference": literal("", _entry.c.reference.type),
    "reason": literal("", _entry.c.reason.type),
    "occurred_at": bindparam("now", type_=_entry.c.occurred_at.type),
}
FIRST_LINES = insert(_entry).from_select(
    list(_FIRST_LINE),
    select(*_FIRST_LINE.values())
    .join_from(_card, _gift, _gift.c.id == _card.c.gift_id)
    .where(_gift.c.merchant_id == bindparam("merchant"), _gift.c.line_item_id == bindparam("line")),
)


def issue(session: Session, line: LineItem, cards: Sequence[Row], *, now: datetime) -> None:
    """Insert the cards of an order's line, each with its face value on it and the first line of its
    ledger. The rows name neither."""
    rows = [{**card, "balance_minor": card["face_minor"], "entries": 1} for card in cards]
    insert_rows(session, GiftCard, rows)
    run(session, FIRST_LINES, merchant=line.merchant_id, line=line.id, now=now)


def enter(  # noqa: PLR0913, PLR0917 - a line is what it is
    session: Session,
    card_id: int,
    kind: str,
    amount_minor: int,
    *,
    reference: str = "",
    reason: str = "",
    member_id: int | None = None,
    store_id: int | None = None,
    redemption_id: int | None = None,
    money_minor: int = 0,
    conditions: Iterable[ColumnElement[bool]] = (),
    now: datetime,
) -> Entered | None:
    """Change a balance by a signed amount, and write the line.

    None, and nothing is changed, when the card does not hold so much or a condition on it fails.
    """
    entered = change(session, card_id, amount_minor, conditions=conditions)
    if entered is not None:
        line = Line(
            kind,
            amount_minor,
            reference,
            reason,
            member_id,
            store_id,
            redemption_id,
            money_minor,
        )
        write(session, card_id, entered, line=line, now=now)
    return entered


def change(
    session: Session,
    card_id: int,
    amount_minor: int,
    *,
    conditions: Iterable[ColumnElement[bool]] = (),
) -> Entered | None:
    """Change a balance in one conditional statement; whoever does so calls `write` with what it
    returns, in the same transaction. None when the card refuses."""
    row = session.execute(
        update(GiftCard)
        .where(GiftCard.id == card_id, GiftCard.balance_minor + amount_minor >= 0, *conditions)
        .values(balance_minor=GiftCard.balance_minor + amount_minor, entries=GiftCard.entries + 1)
        .returning(
            GiftCard.balance_minor, GiftCard.currency, GiftCard.entries, GiftCard.merchant_id
        )
        .execution_options(synchronize_session=False)
    ).first()
    if row is None:
        return None
    return Entered(Money(row.balance_minor, row.currency), row.entries, row.merchant_id)


def write(session: Session, card_id: int, entered: Entered, *, line: Line, now: datetime) -> None:
    """Write the line of a change that `change` has made."""
    insert_row(
        session,
        GiftEntry,
        merchant_id=entered.merchant_id,
        card_id=card_id,
        sequence=entered.sequence,
        kind=line.kind,
        amount_minor=line.amount_minor,
        balance_after_minor=entered.balance.minor,
        currency=entered.balance.currency,
        money_minor=line.money_minor,
        redemption_id=line.redemption_id,
        reference=line.reference,
        reason=line.reason,
        member_id=line.member_id,
        store_id=line.store_id,
        occurred_at=now,
    )

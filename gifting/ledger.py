"""The ledger of gift cards: where a balance changes, and each change is a line. Who may change it
and why is decided in `cards.py` and `issuing.py`. What a store takes is written by `taking.py`, the
balance and its line together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import update

from gifting.models import GiftCard, GiftEntry
from storefront.db.hot import insert_row, insert_rows
from storefront.domain.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Entered:
    """What a card holds after a line of its ledger, the line's number, and whose card it is."""

    balance: Money
    sequence: int
    merchant_id: int


@dataclass(frozen=True)
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


def open_card(session: Session, card_id: int, *, now: datetime) -> None:
    """Write the first line of a card that was inserted with nothing on it: its face value. One
    that has it already stays as it is."""
    _open(session, GiftCard.id == card_id, now=now)


def open_cards(
    session: Session, merchant_id: int, gift_ids: Sequence[int], *, now: datetime
) -> None:
    """Do the same for the cards of these gifts."""
    _open(session, GiftCard.merchant_id == merchant_id, GiftCard.gift_id.in_(gift_ids), now=now)


def _open(session: Session, *which: ColumnElement[bool], now: datetime) -> None:
    opened = session.execute(
        update(GiftCard)
        .where(*which, GiftCard.entries == 0)
        .values(balance_minor=GiftCard.face_minor, entries=1)
        .returning(GiftCard.id, GiftCard.merchant_id, GiftCard.face_minor, GiftCard.currency)
        .execution_options(synchronize_session=False)
    )
    insert_rows(
        session,
        GiftEntry,
        [
            {
                "merchant_id": card.merchant_id,
                "card_id": card.id,
                "sequence": 1,
                "kind": "issue",
                "amount_minor": card.face_minor,
                "balance_after_minor": card.face_minor,
                "currency": card.currency,
                "money_minor": 0,
                "reference": "",
                "reason": "",
                "occurred_at": now,
            }
            for card in opened
        ],
    )


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

"""Book money: every transaction's entries sum to zero, and what is undone is undone by opposite
entries. A positive amount is what an account has or has cost, a negative one where it came from."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import select

from storefront.db.hot import insert_rows
from storefront.db.ids import public_id
from storefront.models import LedgerEntry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.db.hot import AnyRow
    from storefront.db.together import Group
    from storefront.models import Payment


class Account(StrEnum):
    """Where money is, or what it is for."""

    GATEWAY = "gateway"
    """With the payment provider, on its way to the merchant."""
    SALES = "sales"
    """Earned with goods."""
    SHIPPING = "shipping"
    """Earned with sending them."""
    TAX = "tax"
    """Taken for the state, in prices or beside them."""
    OWED = "owed"
    """Came too late or twice, and must go back."""
    DISPUTED = "disputed"
    """Withdrawn by the buyer's bank until it has decided."""
    LOSS = "loss"
    """Lost in a dispute."""


def book(
    session: Session,
    payment: Payment | AnyRow,
    amounts: Mapping[Account, int],
    *,
    cause: str,
    reference: str,
    now: datetime,
) -> None:
    """Write one transaction about a payment, in minor units of its currency.

    Raises `ValueError` when the amounts do not sum to zero.
    """
    model, rows = entries(payment, amounts, cause=cause, reference=reference, now=now)
    insert_rows(session, model, rows)


def entries(
    payment: Payment | AnyRow,
    amounts: Mapping[Account, int],
    *,
    cause: str,
    reference: str,
    now: datetime,
) -> Group:
    """Return the rows of one transaction, for who inserts them with others; raise as `book`."""
    if sum(amounts.values()) != 0:
        message = f"the entries of a transaction sum to zero, got {dict(amounts)}"
        raise ValueError(message)
    transaction_id = public_id("txn")
    rows = [
        {
            "merchant_id": payment.merchant_id,
            "transaction_id": transaction_id,
            "cause": cause,
            "account": account.value,
            "amount_minor": minor,
            "currency": payment.currency,
            "order_id": payment.order_id,
            "payment_id": payment.id,
            "reference": reference,
            "occurred_at": now,
        }
        for account, minor in amounts.items()
        if minor
    ]
    return LedgerEntry, rows


def reverse(
    session: Session, payment: Payment, cause: str, *, reference: str, by: str, now: datetime
) -> None:
    """Write the opposite of a transaction from its stored entries, with `by` as its cause."""
    rows = session.execute(
        select(LedgerEntry.account, LedgerEntry.amount_minor).where(
            LedgerEntry.merchant_id == payment.merchant_id,
            LedgerEntry.cause == cause,
            LedgerEntry.reference == reference,
        )
    )
    opposite = {Account(account): -minor for account, minor in rows}
    book(session, payment, opposite, cause=by, reference=reference, now=now)

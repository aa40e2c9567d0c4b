"""Rules about the ledger: it sums to zero, and knows what every payment holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, func, select

from storefront.domain.finding import Finding
from storefront.models import Dispute, LedgerEntry, Merchant, Order, Payment
from storefront.services.ledger import Account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


def transactions_sum_to_zero(session: Session) -> Iterator[Finding]:
    """Find transactions of the ledger whose entries do not sum to zero."""
    total = func.sum(LedgerEntry.amount_minor)
    rows = session.execute(
        select(LedgerEntry.transaction_id, total)
        .group_by(LedgerEntry.merchant_id, LedgerEntry.transaction_id, LedgerEntry.currency)
        .having(total != 0)
    )
    for transaction, rest in rows:
        yield Finding("transactions_sum_to_zero", "ledger_entries", transaction, f"sums to {rest}")


def merchants_ledgers_sum_to_zero(session: Session) -> Iterator[Finding]:
    """Find merchants whose whole ledger does not sum to zero in a currency."""
    total = func.sum(LedgerEntry.amount_minor)
    rows = session.execute(
        select(Merchant.public_id, LedgerEntry.currency, total)
        .join(Merchant, Merchant.id == LedgerEntry.merchant_id)
        .group_by(Merchant.public_id, LedgerEntry.currency)
        .having(total != 0)
    )
    for merchant, currency, rest in rows:
        detail = f"{currency} sums to {rest}"
        yield Finding("merchants_ledgers_sum_to_zero", "ledger_entries", merchant, detail)


def the_ledger_knows_every_payment(session: Session) -> Iterator[Finding]:
    """Find payments of which the ledger holds not what came in less what went back."""
    held = func.coalesce(
        select(func.sum(LedgerEntry.amount_minor))
        .where(LedgerEntry.payment_id == Payment.id, LedgerEntry.account == Account.GATEWAY.value)
        .correlate(Payment)
        .scalar_subquery(),
        0,
    )
    due = case(
        (
            Payment.succeeded_at.is_not(None),
            Payment.amount_minor - Payment.refunded_minor - _withdrawn(),
        ),
        else_=0,
    )
    rows = session.execute(select(Payment.public_id, held, due).where(held != due))
    for public_id, booked, expected in rows:
        detail = f"the ledger says {booked}, the payment {expected}"
        yield Finding("the_ledger_knows_every_payment", "payments", public_id, detail)


def _withdrawn() -> ColumnElement[int]:
    """Return what disputes have taken from a payment and not given back."""
    taken = (
        select(func.sum(Dispute.amount_minor))
        .where(
            Dispute.payment_id == Payment.id,
            Dispute.withdrawn_at.is_not(None),
            Dispute.won_at.is_(None),
        )
        .correlate(Payment)
        .scalar_subquery()
    )
    return func.coalesce(taken, 0)


def the_ledger_knows_the_tax(session: Session) -> Iterator[Finding]:
    """Find orders of which the ledger keeps other tax than was taken and not given back."""
    kept = -func.coalesce(
        select(func.sum(LedgerEntry.amount_minor))
        .where(LedgerEntry.order_id == Order.id, LedgerEntry.account == Account.TAX.value)
        .correlate(Order)
        .scalar_subquery(),
        0,
    )
    due = case((Order.paid_at.is_not(None), Order.tax_minor - Order.refunded_tax_minor), else_=0)
    for public_id, booked, expected in session.execute(
        select(Order.public_id, kept, due).where(kept != due)
    ):
        detail = f"the ledger keeps {booked}, the order {expected}"
        yield Finding("the_ledger_knows_the_tax", "orders", public_id, detail)

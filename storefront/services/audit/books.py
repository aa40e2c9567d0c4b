"""Rules about the ledger: it sums to zero, and knows what every payment holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, func, select

from storefront.models import Dispute, LedgerEntry, Merchant, Order, Payment
from storefront.services.audit.rule import rule
from storefront.services.ledger import Account

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select


@rule("ledger_entries", "sums to {}")
def transactions_sum_to_zero() -> Select[str, int]:
    """Find transactions of the ledger whose entries do not sum to zero."""
    total = func.sum(LedgerEntry.amount_minor)
    return (
        select(LedgerEntry.transaction_id, total)
        .group_by(LedgerEntry.merchant_id, LedgerEntry.transaction_id, LedgerEntry.currency)
        .having(total != 0)
    )


@rule("ledger_entries", "{} sums to {}")
def merchants_ledgers_sum_to_zero() -> Select[str, str, int]:
    """Find merchants whose whole ledger does not sum to zero in a currency."""
    total = func.sum(LedgerEntry.amount_minor)
    return (
        select(Merchant.public_id, LedgerEntry.currency, total)
        .join(Merchant, Merchant.id == LedgerEntry.merchant_id)
        .group_by(Merchant.public_id, LedgerEntry.currency)
        .having(total != 0)
    )


@rule("payments", "the ledger says {}, the payment {}")
def the_ledger_knows_every_payment() -> Select[str, int, int]:
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
    return select(Payment.public_id, held, due).where(held != due)


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


@rule("orders", "the ledger keeps {}, the order {}")
def the_ledger_knows_the_tax() -> Select[str, int, int]:
    """Find orders of which the ledger keeps other tax than was taken and not given back."""
    kept = -func.coalesce(
        select(func.sum(LedgerEntry.amount_minor))
        .where(LedgerEntry.order_id == Order.id, LedgerEntry.account == Account.TAX.value)
        .correlate(Order)
        .scalar_subquery(),
        0,
    )
    due = case((Order.paid_at.is_not(None), Order.tax_minor - Order.refunded_tax_minor), else_=0)
    return select(Order.public_id, kept, due).where(kept != due)

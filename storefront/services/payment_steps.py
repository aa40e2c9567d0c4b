"""A payment and its order moved by one step, with everything that hangs on it. Which step it is,
the message says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, null, update

from storefront.db.hot import read_each, table_of
from storefront.domain.money import Money
from storefront.domain.payments import PaymentFacts, Step, mismatch
from storefront.models import Order, Payment
from storefront.models.order import IS_OPEN
from storefront.services import (
    alarms,
    attribution,
    disputes,
    jobs,
    ledger,
    offer_slots,
    paid_uses,
    refund_news,
    refunds,
    sales,
    stock,
)
from storefront.services.history import note
from storefront.services.ledger import Account

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.db.hot import AnyRow
    from storefront.db.together import Group
    from storefront.domain.payments import Snapshot
    from storefront.kinds import LineKind

_payment = table_of(Payment)
SUCCEED = (
    update(_payment)
    .where(_payment.c.id == bindparam("payment_id"), _payment.c.succeeded_at.is_(None))
    .values(
        succeeded_at=bindparam("now"),
        charged_at=bindparam("when_charged"),
        gateway_reference=bindparam("reference"),
        failure=null(),
    )
    .returning(_payment.c.id)
)


def facts_of(payment: AnyRow) -> PaymentFacts:
    """Return what decides how a message moves this payment."""
    return PaymentFacts(
        amount=Money(payment.amount_minor, payment.currency),
        account=payment.account,
        reference=payment.gateway_reference,
        succeeded_at=payment.succeeded_at,
        cancelled_at=payment.cancelled_at,
        payment_public_id=payment.public_id,
        merchant_public_id=payment.merchant_public_id,
    )


def take_step(
    session: Session,
    payment: AnyRow,
    step: Step,
    *,
    snapshot: Snapshot,
    kinds: Iterable[LineKind],
    now: datetime,
) -> None:
    """Move the payment and its order by one step; a step already taken changes nothing."""
    if step is Step.SUCCEED:
        _succeed(session, payment, snapshot, kinds=kinds, now=now)
    elif step is Step.PROCESS:
        _process(session, payment, now=now)
    elif step is Step.FAIL_ATTEMPT:
        _fail_attempt(session, payment, snapshot, now=now)
    elif step is Step.CANCEL:
        _cancel(session, payment, now=now)
    elif step is Step.REVIEW:
        _review(session, payment, snapshot, now=now)


def _succeed(
    session: Session,
    payment: AnyRow,
    snapshot: Snapshot,
    *,
    kinds: Iterable[LineKind],
    now: datetime,
) -> None:
    if payment.has_uses:
        offer_slots.claim_slots(session, payment.order_id)
    stock.lock(session, payment.order_id, uses_offers=payment.has_uses)
    charged_at = snapshot.charged_at or now
    succeeded = {
        "payment_id": payment.id,
        "when_charged": charged_at,
        "reference": snapshot.reference,
        "now": now,
    }
    first, (order,), path = read_each(
        session,
        (SUCCEED, succeeded),
        sales.order_asked(payment.order_id),
        attribution.path_asked(payment.merchant_id, payment.order_id),
    )
    if not first:
        return
    if not _keep(session, payment, order, charged_at=charged_at, now=now):
        _give_back(session, order, payment, kinds=kinds, now=now)
        disputes.book_waiting(session, payment.id, kinds=kinds, now=now)
        return
    if payment.has_uses:
        paid_uses.take(session, order.id, now=now)
    booked = (_sale(order, payment, now=now),)
    sales.mark_paid(session, order, path=path, kinds=kinds, now=now, booked=booked)
    # Whoever writes one down locks the payment first, which is ours by now.
    if order.has_refunds:
        refund_news.book_waiting(session, payment.id, kinds=kinds, now=now)
    if order.has_disputes:
        disputes.book_waiting(session, payment.id, kinds=kinds, now=now)


def _keep(
    session: Session, payment: AnyRow, order: AnyRow, *, charged_at: datetime, now: datetime
) -> bool:
    """Take what was paid for; return False, with nothing changed, where it cannot be had."""
    if order.paid_at is not None or order.cancelled_at is not None:
        return False
    if payment.has_uses and not paid_uses.regain(session, order, charged_at=charged_at, now=now):
        return False
    return stock.sell(session, order.id, now=now, has_let_go=order.has_let_go)


def _sale(order: AnyRow, payment: AnyRow, *, now: datetime) -> Group:
    shipping = order.shipping_minor
    if order.is_tax_included:
        shipping -= order.shipping_tax_minor
    amounts = {
        Account.GATEWAY: payment.amount_minor,
        Account.SALES: shipping + order.tax_minor - payment.amount_minor,
        Account.SHIPPING: -shipping,
        Account.TAX: -order.tax_minor,
    }
    return ledger.entries(payment, amounts, cause="payment", reference=payment.public_id, now=now)


def _give_back(
    session: Session,
    order: AnyRow,
    payment: AnyRow,
    *,
    kinds: Iterable[LineKind],
    now: datetime,
) -> None:
    """Return money that came too late or twice: never paid and nothing."""
    stock.release(session, order.id, now=now)
    reason = _why_given_back(order)
    amounts = {Account.GATEWAY: payment.amount_minor, Account.OWED: -payment.amount_minor}
    ledger.book(session, payment, amounts, cause="payment", reference=payment.public_id, now=now)
    paid = session.get_one(Payment, payment.id)
    refunds.give_back(session, paid, reason=reason, kinds=kinds, now=now)
    if order.paid_at is None:
        session.execute(
            update(Order)
            .where(Order.id == order.id)
            .values(cancelled_at=now, processing_at=None)
            .execution_options(synchronize_session=False)
        )
    jobs.add(
        session,
        "send_apology",
        {"order_id": order.id, "payment_id": payment.id, "reason": reason},
        merchant_id=order.merchant_id,
        now=now,
        unique_key=str(payment.id),
    )
    _note(session, order, "money_back", now=now, detail=reason)
    alarms.raise_alarm(session, order.merchant_id, reason, now=now)


def _why_given_back(order: AnyRow) -> str:
    if order.paid_at is not None:
        return "paid_twice"
    return "cancelled_before_payment" if order.cancelled_at else "sold_out_before_payment"


def _process(session: Session, payment: AnyRow, *, now: datetime) -> None:
    session.execute(
        update(Payment)
        .where(Payment.id == payment.id, Payment.processing_at.is_(None))
        .values(processing_at=now)
        .execution_options(synchronize_session=False)
    )
    order = _change_open_order(session, payment, processing_at=now)
    if order is not None:
        _note(session, order, "payment_processing", now=now)


def _fail_attempt(session: Session, payment: AnyRow, snapshot: Snapshot, *, now: datetime) -> None:
    """Note a decline. The buyer keeps the hold and may try another card."""
    session.execute(
        update(Payment)
        .where(Payment.id == payment.id)
        .values(failed_at=now, failure=(snapshot.failure or "declined")[:60], processing_at=None)
        .execution_options(synchronize_session=False)
    )
    order = _change_open_order(session, payment, processing_at=None)
    if order is not None:
        _note(session, order, "payment_failed", now=now, detail=snapshot.failure or "declined")


def _cancel(session: Session, payment: AnyRow, *, now: datetime) -> None:
    """Let go of what the order holds: the gateway will take no money for it any more."""
    stock.lock(session, payment.order_id)
    session.execute(
        update(Payment)
        .where(Payment.id == payment.id, Payment.cancelled_at.is_(None))
        .values(cancelled_at=now)
        .execution_options(synchronize_session=False)
    )
    order = _change_open_order(session, payment, expired_at=now, processing_at=None)
    if order is not None:
        stock.release(session, order.id, now=now)
        _note(session, order, "expired", now=now)


def _review(session: Session, payment: AnyRow, snapshot: Snapshot, *, now: datetime) -> None:
    """Fulfil nothing and call a person: a genuine message does not fit what we asked for."""
    reason = mismatch(facts_of(payment), snapshot) or "unknown_state"
    order = session.get_one(Order, payment.order_id)
    is_news = session.execute(
        update(Order)
        .where(Order.id == order.id, Order.needs_review_at.is_(None), Order.paid_at.is_(None))
        .values(needs_review_at=now, review_reason=reason)
        .returning(Order.id)
        .execution_options(synchronize_session=False)
    ).first()
    if is_news:
        _note(session, order, "needs_review", now=now, detail=reason)
    alarms.raise_alarm(session, order.merchant_id, "payment_mismatch", now=now)


def _change_open_order(session: Session, payment: AnyRow, **values: object) -> Order | None:
    """Change the payment's order unless it is paid or over; return it if it was changed."""
    changed = session.execute(
        update(Order)
        .where(
            Order.id == payment.order_id,
            IS_OPEN,
        )
        .values(**values)
        .returning(Order.id)
        .execution_options(synchronize_session=False)
    ).first()
    return session.get_one(Order, payment.order_id) if changed else None


def _note(
    session: Session, order: Order | AnyRow, kind: str, *, now: datetime, detail: str = ""
) -> None:
    note(session, order.merchant_id, order.id, kind=kind, now=now, detail=detail)

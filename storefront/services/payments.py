"""What the gateway says, applied: a message is recorded once and moves an order once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from storefront.db.hot import insert_row
from storefront.db.upsert import insert_if_new
from storefront.domain.payments import (
    RefundNews,
    Step,
    mismatch,
    step_for_event,
    step_for_state,
)
from storefront.models import (
    Merchant,
    Order,
    Payment,
    PaymentEvent,
    PaymentPayload,
)
from storefront.services import (
    alarms,
    card_testing,
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

    from storefront.domain.payments import GatewayEvent, PaymentFacts, Snapshot
    from storefront.kinds import LineKind
    from storefront.ports import News


@dataclass(frozen=True)
class Applied:
    """What came of a message."""

    step: Step
    is_duplicate: bool = False


def apply_event(
    session: Session,
    event: GatewayEvent,
    body: str,
    *,
    kinds: Iterable[LineKind],
    now: datetime,
) -> Applied:
    """Record a verified message and do what it asks, all in the caller's transaction.

    A message about nothing of ours is stored and ignored, and so is one that names a payment of
    another account than its own. Recording comes first: its unique key stops a second copy, even
    one that is being handled at this very moment.
    """
    named = _find_payment(session, event)
    payment = named if named and named.account == event.account else None
    step = step_for_event(_facts(session, payment), event) if payment else Step.IGNORE
    event_id = insert_if_new(
        session,
        PaymentEvent,
        merchant_id=payment.merchant_id if payment else None,
        payment_id=payment.id if payment else None,
        account=event.account,
        gateway_event_id=event.id,
        type=event.type,
        step=step.value,
        created_at=event.created_at,
        received_at=now,
    )
    if event_id is None:
        return Applied(step, is_duplicate=True)
    insert_row(
        session,
        PaymentPayload,
        merchant_id=payment.merchant_id if payment else None,
        payment_event_id=event_id,
        body=body,
    )
    if payment and event.snapshot:
        take_step(session, payment, step, snapshot=event.snapshot, kinds=kinds, now=now)
        if step is Step.FAIL_ATTEMPT:
            card_testing.count_failed_payment(session, payment.order_id, now=now)
    elif payment and event.refund:
        refund_news.take_news(session, payment, event.refund, kinds=kinds, now=now)
    elif payment and event.dispute:
        disputes.take_news(session, payment, event.dispute, kinds=kinds, now=now)
    elif named:
        owner = _owner_of(session, event.account)
        alarms.raise_alarm(session, owner, "foreign_payment", now=now)
    return Applied(step)


def apply_snapshot(
    session: Session,
    payment_id: int,
    snapshot: Snapshot,
    *,
    kinds: Iterable[LineKind],
    now: datetime,
) -> Step:
    """Do what the gateway's own answer asks, as if it had sent a message."""
    payment = session.get_one(Payment, payment_id, populate_existing=True)
    step = step_for_state(_facts(session, payment), snapshot)
    take_step(session, payment, step, snapshot=snapshot, kinds=kinds, now=now)
    return step


def take_news(
    session: Session,
    account: str,
    news: News,
    *,
    kinds: Iterable[LineKind],
    now: datetime,
) -> None:
    """Do what the gateway's own list or answer says of a refund or a dispute at one account, as if
    it had sent a message. Nothing happens where it is about no payment of ours."""
    payment = _find_referred(session, account, news.payment)
    if payment is None:
        return
    if isinstance(news, RefundNews):
        refund_news.take_news(session, payment, news, kinds=kinds, now=now)
    else:
        disputes.take_news(session, payment, news, kinds=kinds, now=now)


def _find_payment(session: Session, event: GatewayEvent) -> Payment | None:
    if event.snapshot is not None:
        known = _find_referred(session, event.account, event.snapshot.reference)
        return known or _find_named(session, event.snapshot)
    news = event.refund or event.dispute
    if news is not None:
        return _find_referred(session, event.account, news.payment)
    return None


def _find_referred(session: Session, account: str, reference: str) -> Payment | None:
    """Find our payment by the gateway's name for it, which is good at one account only."""
    return session.scalars(
        select(Payment).where(Payment.account == account, Payment.gateway_reference == reference)
    ).first()


def _find_named(session: Session, snapshot: Snapshot) -> Payment | None:
    """Find our payment by the ids that ride in the gateway's metadata."""
    if snapshot.payment_public_id is None:
        return None
    return session.scalars(
        select(Payment)
        .join(Merchant, Merchant.id == Payment.merchant_id)
        .where(
            Merchant.public_id == snapshot.merchant_public_id,
            Payment.public_id == snapshot.payment_public_id,
        )
    ).first()


def _facts(session: Session, payment: Payment) -> PaymentFacts:
    merchant = session.get_one(Merchant, payment.merchant_id)
    return replace(payment.facts, merchant_public_id=merchant.public_id)


def _owner_of(session: Session, account: str) -> int:
    """Return the one merchant whose account this is, else the installation."""
    owners = session.scalars(select(Merchant.id).where(Merchant.stripe_account == account)).all()
    return owners[0] if account and len(owners) == 1 else alarms.INSTALLATION


def take_step(
    session: Session,
    payment: Payment,
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
    payment: Payment,
    snapshot: Snapshot,
    *,
    kinds: Iterable[LineKind],
    now: datetime,
) -> None:
    offer_slots.claim_slots(session, payment.order_id)
    stock.lock(session, payment.order_id)
    charged_at = snapshot.charged_at or now
    first = session.execute(
        update(Payment)
        .where(Payment.id == payment.id, Payment.succeeded_at.is_(None))
        .values(
            succeeded_at=now,
            charged_at=charged_at,
            gateway_reference=snapshot.reference,
            failure=None,
        )
        .returning(Payment.id)
        .execution_options(synchronize_session=False)
    ).first()
    if first is None:
        return
    order = session.get_one(Order, payment.order_id, populate_existing=True)
    is_over = order.paid_at is not None or order.cancelled_at is not None
    is_kept = (
        not is_over
        and paid_uses.regain(session, order, charged_at=charged_at, now=now)
        and stock.sell(session, order.id, now=now)
    )
    if not is_kept:
        _give_back(session, order, payment, kinds=kinds, now=now)
        disputes.book_waiting(session, payment.id, kinds=kinds, now=now)
        return
    paid_uses.take(session, order.id, now=now)
    _book_sale(session, order, payment, now=now)
    sales.mark_paid(session, order, kinds=kinds, now=now)
    refund_news.book_waiting(session, payment.id, kinds=kinds, now=now)
    disputes.book_waiting(session, payment.id, kinds=kinds, now=now)


def _book_sale(session: Session, order: Order, payment: Payment, *, now: datetime) -> None:
    shipping = order.shipping_minor
    if order.is_tax_included:
        shipping -= order.shipping_tax_minor
    amounts = {
        Account.GATEWAY: payment.amount_minor,
        Account.SALES: shipping + order.tax_minor - payment.amount_minor,
        Account.SHIPPING: -shipping,
        Account.TAX: -order.tax_minor,
    }
    ledger.book(session, payment, amounts, cause="payment", reference=payment.public_id, now=now)


def _give_back(
    session: Session,
    order: Order,
    payment: Payment,
    *,
    kinds: Iterable[LineKind],
    now: datetime,
) -> None:
    """Return money that came too late or twice: never paid and nothing."""
    stock.release(session, order.id, now=now)
    reason = _why_given_back(order)
    amounts = {Account.GATEWAY: payment.amount_minor, Account.OWED: -payment.amount_minor}
    ledger.book(session, payment, amounts, cause="payment", reference=payment.public_id, now=now)
    refunds.give_back(session, payment, reason=reason, kinds=kinds, now=now)
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


def _why_given_back(order: Order) -> str:
    if order.paid_at is not None:
        return "paid_twice"
    return "cancelled_before_payment" if order.cancelled_at else "sold_out_before_payment"


def _process(session: Session, payment: Payment, *, now: datetime) -> None:
    session.execute(
        update(Payment)
        .where(Payment.id == payment.id, Payment.processing_at.is_(None))
        .values(processing_at=now)
        .execution_options(synchronize_session=False)
    )
    order = _change_open_order(session, payment, processing_at=now)
    if order is not None:
        _note(session, order, "payment_processing", now=now)


def _fail_attempt(session: Session, payment: Payment, snapshot: Snapshot, *, now: datetime) -> None:
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


def _cancel(session: Session, payment: Payment, *, now: datetime) -> None:
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


def _review(session: Session, payment: Payment, snapshot: Snapshot, *, now: datetime) -> None:
    """Fulfil nothing and call a person: a genuine message does not fit what we asked for."""
    reason = mismatch(_facts(session, payment), snapshot) or "unknown_state"
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


def _change_open_order(session: Session, payment: Payment, **values: object) -> Order | None:
    """Change the payment's order unless it is paid or over; return it if it was changed."""
    changed = session.execute(
        update(Order)
        .where(
            Order.id == payment.order_id,
            Order.paid_at.is_(None),
            Order.cancelled_at.is_(None),
            Order.expired_at.is_(None),
        )
        .values(**values)
        .returning(Order.id)
        .execution_options(synchronize_session=False)
    ).first()
    return session.get_one(Order, payment.order_id) if changed else None


def _note(session: Session, order: Order, kind: str, *, now: datetime, detail: str = "") -> None:
    note(session, order.merchant_id, order.id, kind=kind, now=now, detail=detail)

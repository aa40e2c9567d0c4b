"""Payments that need the gateway to be asked: ends of holds, silence, and money to give back.

Each function asks with no transaction open and writes down the answer in one of its own."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from storefront.domain.orders import OrderStatus, status
from storefront.domain.payments import GatewayState
from storefront.errors import Conflict, Declined, Invalid
from storefront.models import Merchant, Order, Payment, Refund
from storefront.models.order import IS_OPEN
from storefront.ports import RefundRequest
from storefront.services import actions, jobs, payments, refund_news, stock
from storefront.services.history import note

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.domain.payments import Snapshot
    from storefront.ports import Ports
    from storefront.services.fulfilment import Handling

BATCH = 100
QUESTION_SECONDS = 20
KEYS_ARE_KEPT = timedelta(hours=23)
"""The gateway forgets a request's key after a day; the rest is for clocks that differ."""


def expire_order(ports: Ports, order_id: int) -> None:
    """End an order whose time is up: cancel the payment first, then let go of the stock.

    Money that was faster than the cancellation is taken as paid.
    """
    now = ports.clock.now()
    with ports.sessions.begin() as session:
        order = session.get_one(Order, order_id)
        if status(order.facts, now) is not OrderStatus.EXPIRED or order.expired_at is not None:
            return
    end_order(ports, order_id)


def end_order(ports: Ports, order_id: int) -> None:
    """End an order that is not paid, whether its time is up or its buyer begins anew: as above."""
    now = ports.clock.now()
    with ports.sessions.begin() as session:
        order = session.get_one(Order, order_id)
        payment = _open_payment_of(session, order)
        if payment is None or payment.gateway_reference is None:
            _release(session, order, now=now)
            return
    snapshot = ports.payments.cancel(payment.gateway_reference, account=payment.account)
    _take_in(ports, payment.id, snapshot)


def _open_payment_of(session: Session, order: Order) -> Payment | None:
    return session.scalars(
        select(Payment)
        .where(
            Payment.order_id == order.id,
            Payment.succeeded_at.is_(None),
            Payment.cancelled_at.is_(None),
        )
        .order_by(Payment.attempt.desc())
    ).first()


def _release(session: Session, order: Order, *, now: datetime) -> None:
    """End an order that the gateway knows nothing of, unless somebody else has ended it since."""
    stock.lock(session, order.id)
    ended = session.execute(
        update(Order)
        .where(
            Order.id == order.id,
            IS_OPEN,
        )
        .values(expired_at=now)
        .returning(Order.id)
        .execution_options(synchronize_session=False)
    ).first()
    if ended is not None:
        stock.release(session, order.id, now=now)
        note(session, order.merchant_id, order.id, kind="expired", now=now)


def cancel_unpaid(ports: Ports, order_id: int, handling: Handling) -> None:
    """Cancel an order that is not paid: its payment first, then let go of the stock.

    Raises `Conflict` already_paid where money was faster, payment_on_its_way while the bank
    decides, already_cancelled; `TryAgain` when the gateway does not answer.
    """
    with ports.reads() as session:
        payment = _open_payment_of(session, session.get_one(Order, order_id))
    if payment is not None and payment.gateway_reference is not None:
        snapshot = ports.payments.cancel(payment.gateway_reference, account=payment.account)
        if snapshot.state != GatewayState.CANCELED:
            _take_in(ports, payment.id, snapshot)
            is_open = snapshot.state == GatewayState.PROCESSING
            raise Conflict("payment_on_its_way" if is_open else "already_paid")
    now = ports.clock.now()
    with ports.sessions.begin() as session:
        _call_off(session, order_id, handling, now=now)
        if payment is not None:
            session.execute(
                update(Payment)
                .where(Payment.id == payment.id, Payment.cancelled_at.is_(None))
                .values(cancelled_at=now)
                .execution_options(synchronize_session=False)
            )


def _take_in(ports: Ports, payment_id: int, snapshot: Snapshot) -> None:
    with ports.sessions.begin() as session:
        payments.apply_snapshot(
            session, payment_id, snapshot, kinds=ports.kinds, now=ports.clock.now()
        )


def _call_off(session: Session, order_id: int, handling: Handling, *, now: datetime) -> None:
    stock.lock(session, order_id)
    called_off = session.execute(
        update(Order)
        .where(Order.id == order_id, Order.paid_at.is_(None), Order.cancelled_at.is_(None))
        .values(cancelled_at=now, processing_at=None, needs_review_at=None)
        .returning(Order.id)
        .execution_options(synchronize_session=False)
    ).first()
    if called_off is None:
        order = session.get_one(Order, order_id, populate_existing=True)
        raise Conflict("already_cancelled" if order.cancelled_at else "already_paid")
    stock.release(session, order_id, now=now)
    note(
        session,
        handling.merchant_id,
        order_id,
        kind="cancelled",
        detail="by_shop",
        now=now,
        member_id=handling.member_id,
    )
    actions.note(session, handling, "cancelled", of=handling.thing, now=now)


def list_expired_orders(session: Session, *, now: datetime) -> Sequence[int]:
    """Return open orders whose time is up, oldest first; whatever a lost job left behind.

    Those that wait for a person are left to that person.
    """
    return session.scalars(
        select(Order.id)
        .where(
            Order.held_until <= now,
            IS_OPEN,
            Order.processing_at.is_(None),
            Order.needs_review_at.is_(None),
        )
        .order_by(Order.held_until)
        .limit(BATCH)
    ).all()


def reconcile_payment(ports: Ports, payment_id: int) -> None:
    """Ask the gateway about one payment that has been silent, and do what it says."""
    with ports.reads() as session:
        payment = session.get_one(Payment, payment_id)
    if payment.gateway_reference is None or payment.succeeded_at or payment.cancelled_at:
        return
    snapshot = ports.payments.fetch(payment.gateway_reference, account=payment.account)
    _take_in(ports, payment.id, snapshot)


def promise_question(
    session: Session, merchant_id: int, order_public_id: str, *, now: datetime
) -> None:
    """Promise to ask the gateway about an order's open payment, for a buyer who waits.

    Once in a while is enough, however often they ask. Nothing is promised where nothing is open.
    """
    payment_id = session.scalar(
        select(Payment.id)
        .join(Order, Order.id == Payment.order_id)
        .where(
            Order.merchant_id == merchant_id,
            Order.public_id == order_public_id,
            Payment.gateway_reference.is_not(None),
            Payment.succeeded_at.is_(None),
            Payment.cancelled_at.is_(None),
        )
        .order_by(Payment.attempt.desc())
    )
    if payment_id is None:
        return
    turn = int(now.timestamp()) // QUESTION_SECONDS
    jobs.add(
        session,
        "reconcile_payment",
        {"payment_id": payment_id},
        merchant_id=merchant_id,
        now=now,
        unique_key=f"{payment_id}-{turn}",
    )


def list_silent_payments(
    session: Session, *, now: datetime, silent_for: timedelta
) -> Sequence[int]:
    """Return payments that were opened so long ago and have not ended, oldest first.

    Those of orders that wait for a person are not asked about again and again.
    """
    return session.scalars(
        select(Payment.id)
        .join(Order, Order.id == Payment.order_id)
        .where(
            Order.needs_review_at.is_(None),
            Payment.opened_at <= now - silent_for,
            Payment.succeeded_at.is_(None),
            Payment.cancelled_at.is_(None),
        )
        .order_by(Payment.opened_at)
        .limit(BATCH)
    ).all()


def send_refund(ports: Ports, refund_id: int) -> None:
    """Send money back; the key is made of the refund's own id and amount, so that a repeat is
    harmless. When the gateway may have forgotten the key, it is asked what it did before.

    A final refusal is a refund that has failed.
    """
    with ports.reads() as session:
        refund, payment, merchant = session.execute(
            select(Refund, Payment, Merchant)
            .join(Payment, Payment.id == Refund.payment_id)
            .join(Merchant, Merchant.id == Refund.merchant_id)
            .where(Refund.id == refund_id)
        ).one()
    if refund.sent_at is not None or refund.failed_at is not None:
        return
    request = RefundRequest(
        reference=str(payment.gateway_reference),
        amount=refund.amount,
        account=payment.account,
        key=f"{refund.public_id}-{refund.amount_minor}",
        metadata={"merchant": merchant.public_id, "refund": refund.public_id},
    )
    is_old = refund.intended_at <= ports.clock.now() - KEYS_ARE_KEPT
    if is_old and (news := ports.payments.find_refund(request)):
        with ports.sessions.begin() as session:
            refund_news.take_news(session, payment, news, kinds=ports.kinds, now=ports.clock.now())
        return
    try:
        reference = ports.payments.refund(request)
    except (Declined, Invalid) as error:
        with ports.sessions.begin() as session:
            refund_news.fail(
                session, refund_id, error.code, kinds=ports.kinds, now=ports.clock.now()
            )
        return
    with ports.sessions.begin() as session:
        session.execute(
            update(Refund)
            .where(Refund.id == refund_id, Refund.sent_at.is_(None))
            .values(gateway_reference=reference, sent_at=ports.clock.now())
        )

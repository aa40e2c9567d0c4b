"""What the gateway says of refunds, taken in: those that were made in its dashboard, those that
were done, and those that failed after all. Intending one is the business of refunds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from storefront.domain.refunds import by_amount
from storefront.models import Payment, Refund
from storefront.services import alarms, reversals, stock
from storefront.services import refund_rows as rows

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.domain.payments import RefundNews
    from storefront.kinds import LineKind

AT_THE_GATEWAY = "made_at_gateway"


def take_news(
    session: Session,
    payment: Payment,
    news: RefundNews,
    *,
    kinds: Iterable[LineKind],
    now: datetime,
) -> None:
    """Do what the gateway says of a refund, ours or one that was made in its dashboard.

    What it says in another order, or twice, comes to the same.
    """
    stock.lock(session, payment.order_id)
    payment = rows.lock_payment(session, payment.id)
    refund = _find(session, payment, news) or _adopt(session, payment, news, now=now)
    if news.amount != refund.amount:
        alarms.raise_alarm(session, payment.merchant_id, "refund_mismatch", now=now)
        return
    _name(session, refund, news, now=now)
    if news.has_failed:
        fail(session, refund.id, news.failure or news.state, kinds=kinds, now=now)
    else:
        book_waiting(session, payment.id, kinds=kinds, now=now)


def book_waiting(
    session: Session, payment_id: int, *, kinds: Iterable[LineKind], now: datetime
) -> None:
    """Book a payment's refunds that were made at the gateway, by their names, as far as they fit.

    The gateway may have told of them before it told of the payment.
    """
    payment = rows.lock_payment(session, payment_id)
    if payment.succeeded_at is None:
        return
    waiting = session.scalars(
        select(Refund)
        .where(
            Refund.merchant_id == payment.merchant_id,
            Refund.payment_id == payment.id,
            Refund.booked_at.is_(None),
            Refund.failed_at.is_(None),
        )
        .order_by(Refund.gateway_reference)
        .execution_options(populate_existing=True)
    ).all()
    for refund in waiting:
        payment = rows.lock_payment(session, payment.id)
        left = payment.amount_minor - payment.refunded_minor
        if refund.currency != payment.currency or refund.amount_minor > left:
            alarms.raise_alarm(session, payment.merchant_id, "refund_mismatch", now=now)
        elif payment.returned_at is not None:
            reversals.book_return(session, payment, refund, now=now)
        else:
            plan = by_amount(reversals.left_of(session, payment.order_id), refund.amount_minor)
            reversals.book(
                session,
                payment,
                refund,
                plan=plan,
                is_restocked=False,
                is_forced=True,
                kinds=kinds,
                now=now,
            )
            rows.tell(session, payment, refund, now=now)


def fail(
    session: Session,
    refund_id: int,
    failure: str,
    *,
    kinds: Iterable[LineKind],
    now: datetime,
) -> None:
    """Write that a refund has failed for good, and the opposite of whatever it had written."""
    found = session.execute(
        select(Refund.payment_id, Payment.order_id)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Refund.id == refund_id)
    ).one()
    stock.lock(session, found.order_id)
    payment = rows.lock_payment(session, found.payment_id)
    first = session.execute(
        update(Refund)
        .where(Refund.id == refund_id, Refund.failed_at.is_(None))
        .values(failed_at=now, failure=failure[:60])
        .returning(Refund.id)
        .execution_options(synchronize_session=False)
    ).first()
    if first is None:
        return
    refund = session.get_one(Refund, refund_id, populate_existing=True)
    if refund.booked_at is not None:
        reversals.undo(session, payment, refund, kinds=kinds, now=now)
        rows.tell_failure(session, payment, refund, now=now)
    book_waiting(session, payment.id, kinds=kinds, now=now)


def _find(session: Session, payment: Payment, news: RefundNews) -> Refund | None:
    """Find a refund by the gateway's name for it, or by ours where its name is not known yet."""
    known = session.scalars(
        select(Refund)
        .where(Refund.merchant_id == payment.merchant_id, Refund.payment_id == payment.id)
        .order_by(Refund.id)
        .execution_options(populate_existing=True)
    ).all()
    named = [row for row in known if row.gateway_reference == news.reference]
    ours = [
        row
        for row in known
        if row.public_id == news.refund_public_id and row.gateway_reference is None
    ]
    return next(iter([*named, *ours]), None)


def _adopt(session: Session, payment: Payment, news: RefundNews, *, now: datetime) -> Refund:
    return rows.write(
        session,
        payment,
        news.amount.minor,
        currency=news.amount.currency,
        reason=AT_THE_GATEWAY,
        now=now,
        gateway_reference=news.reference,
        sent_at=now,
    )


def _name(session: Session, refund: Refund, news: RefundNews, *, now: datetime) -> None:
    values: dict[str, object] = {}
    if refund.sent_at is None:
        values |= {"gateway_reference": news.reference, "sent_at": now}
    if news.state == "succeeded" and refund.settled_at is None:
        values["settled_at"] = now
    if values:
        session.execute(
            update(Refund)
            .where(Refund.id == refund.id)
            .values(**values)
            .execution_options(synchronize_session=False)
        )

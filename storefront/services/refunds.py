"""Give money back: intend a refund of an order, return money that came too late or twice, and
take in what the gateway says of refunds. Sending them is the business of settling."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from storefront.db.ids import public_id
from storefront.domain.refunds import RefundPlan, by_amount, by_lines, in_full
from storefront.errors import Conflict, Invalid, NotFound
from storefront.models import LineItem, Order, Payment, Refund
from storefront.services import alarms, jobs, reversals, stock
from storefront.services.checkout import note
from storefront.signals import announce

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.domain.payments import RefundNews

REQUESTED = "requested"
AT_THE_GATEWAY = "made_at_gateway"


@dataclass(frozen=True)
class Wish:
    """What is to go back: units by the position of their line, else an amount in minor units,
    else all that is left. Units go back on sale unless `is_restocked` is off."""

    lines: Mapping[int, int] = field(default_factory=dict)
    amount_minor: int | None = None
    is_restocked: bool = True


def refund_order(
    session: Session, merchant_id: int, order_public_id: str, *, wish: Wish, now: datetime
) -> Refund:
    """Intend a refund of a paid order, reverse what it paid for and promise to send it.

    Raises `NotFound` for an order that is not this merchant's, `Conflict` not_paid,
    refund_too_large or already_refunded, `Invalid` for what cannot be meant.
    """
    order_id = session.scalar(
        select(Order.id).where(Order.merchant_id == merchant_id, Order.public_id == order_public_id)
    )
    if order_id is None:
        raise NotFound
    stock.lock(session, order_id)
    payment = _lock_kept_payment(session, order_id)
    plan = plan_refund(session, order_id, wish)
    refund = _write(session, payment, plan.total, reason=REQUESTED, now=now)
    reversals.book(session, payment, refund, plan=plan, is_restocked=wish.is_restocked, now=now)
    _tell(session, payment, refund, now=now)
    _promise(session, refund, now=now)
    return refund


def plan_refund(session: Session, order_id: int, wish: Wish) -> RefundPlan:
    """Return what a refund would take from each line and the shipping; raise as `refund_order`."""
    left = reversals.left_of(session, order_id)
    if wish.lines:
        return by_lines(left, _by_line_id(session, order_id, wish.lines))
    if wish.amount_minor is not None:
        return by_amount(left, wish.amount_minor)
    return in_full(left)


def _by_line_id(session: Session, order_id: int, by_position: Mapping[int, int]) -> dict[int, int]:
    rows = session.execute(
        select(LineItem.position, LineItem.id).where(LineItem.order_id == order_id)
    )
    known = {row.position: row.id for row in rows}
    if not by_position.keys() <= known.keys():
        raise Invalid("unknown_line", field="lines")
    return {known[position]: quantity for position, quantity in by_position.items()}


def _lock_kept_payment(session: Session, order_id: int) -> Payment:
    payment = session.scalars(
        select(Payment)
        .where(
            Payment.order_id == order_id,
            Payment.succeeded_at.is_not(None),
            Payment.returned_at.is_(None),
        )
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).first()
    if payment is None:
        raise Conflict("not_paid")
    return payment


def give_back(session: Session, payment: Payment, *, reason: str, now: datetime) -> None:
    """Return what is left of money that came too late or twice. Call `stock.lock` first."""
    session.execute(
        update(Payment)
        .where(Payment.id == payment.id)
        .values(returned_at=now)
        .execution_options(synchronize_session=False)
    )
    payment = _lock(session, payment.id)
    _book_waiting(session, payment, now=now)
    left = payment.amount_minor - payment.refunded_minor
    if left:
        refund = _write(session, payment, left, reason=reason, now=now)
        reversals.book_return(session, payment, refund, now=now)
        _promise(session, refund, now=now)


def take_news(session: Session, payment: Payment, news: RefundNews, *, now: datetime) -> None:
    """Do what the gateway says of a refund, ours or one that was made in its dashboard.

    What it says in another order, or twice, comes to the same.
    """
    stock.lock(session, payment.order_id)
    payment = _lock(session, payment.id)
    refund = _find(session, payment, news) or _adopt(session, payment, news, now=now)
    if news.amount != refund.amount:
        alarms.raise_alarm(session, payment.merchant_id, "refund_mismatch", now=now)
        return
    _name(session, refund, news, now=now)
    if news.has_failed:
        fail(session, refund.id, news.failure or news.state, now=now)
    else:
        _book_waiting(session, payment, now=now)


def book_waiting(session: Session, payment_id: int, *, now: datetime) -> None:
    """Book what the gateway has told of a payment's refunds before it told of the payment."""
    _book_waiting(session, _lock(session, payment_id), now=now)


def fail(session: Session, refund_id: int, failure: str, *, now: datetime) -> None:
    """Write that a refund has failed for good, and the opposite of whatever it had written."""
    found = session.execute(
        select(Refund.payment_id, Payment.order_id)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Refund.id == refund_id)
    ).one()
    stock.lock(session, found.order_id)
    payment = _lock(session, found.payment_id)
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
        reversals.undo(session, payment, refund, now=now)
        _tell_failure(session, payment, refund, now=now)
    _book_waiting(session, payment, now=now)


def _lock(session: Session, payment_id: int) -> Payment:
    # The weaker lock, as in stock.py: messages that are being written down refer to the payment.
    return session.scalars(
        select(Payment)
        .where(Payment.id == payment_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def _find(session: Session, payment: Payment, news: RefundNews) -> Refund | None:
    """Find a refund by the gateway's name for it, or by ours where its name is not known yet."""
    rows = session.scalars(
        select(Refund)
        .where(Refund.merchant_id == payment.merchant_id, Refund.payment_id == payment.id)
        .order_by(Refund.id)
        .execution_options(populate_existing=True)
    ).all()
    named = [row for row in rows if row.gateway_reference == news.reference]
    ours = [
        row
        for row in rows
        if row.public_id == news.refund_public_id and row.gateway_reference is None
    ]
    return next(iter([*named, *ours]), None)


def _adopt(session: Session, payment: Payment, news: RefundNews, *, now: datetime) -> Refund:
    return _write(
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


def _book_waiting(session: Session, payment: Payment, *, now: datetime) -> None:
    """Book the refunds that were made at the gateway, oldest name first, as far as they fit."""
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
        payment = _lock(session, payment.id)
        left = payment.amount_minor - payment.refunded_minor
        if refund.currency != payment.currency or refund.amount_minor > left:
            alarms.raise_alarm(session, payment.merchant_id, "refund_mismatch", now=now)
        elif payment.returned_at is not None:
            reversals.book_return(session, payment, refund, now=now)
        else:
            plan = by_amount(reversals.left_of(session, payment.order_id), refund.amount_minor)
            reversals.book(session, payment, refund, plan=plan, is_restocked=False, now=now)
            _tell(session, payment, refund, now=now)


def _write(
    session: Session,
    payment: Payment,
    minor: int,
    *,
    reason: str,
    now: datetime,
    currency: str | None = None,
    **facts: object,
) -> Refund:
    row_id = session.execute(
        insert(Refund)
        .values(
            merchant_id=payment.merchant_id,
            payment_id=payment.id,
            public_id=public_id("ref"),
            amount_minor=minor,
            currency=currency or payment.currency,
            reason=reason,
            intended_at=now,
            **facts,
        )
        .returning(Refund.id)
    ).scalar_one()
    return session.get_one(Refund, row_id)


def _promise(session: Session, refund: Refund, *, now: datetime) -> None:
    jobs.add(
        session,
        "send_refund",
        {"refund_id": refund.id},
        merchant_id=refund.merchant_id,
        now=now,
        unique_key=str(refund.id),
    )


def _tell(session: Session, payment: Payment, refund: Refund, *, now: datetime) -> None:
    """Write it into the order's history, and promise the buyer a letter."""
    note(
        session,
        payment.merchant_id,
        payment.order_id,
        kind="refunded",
        now=now,
        detail=refund.reason,
    )
    jobs.add(
        session,
        "send_refund_letter",
        {"refund_id": refund.id},
        merchant_id=refund.merchant_id,
        now=now,
        unique_key=str(refund.id),
    )
    announce(session, "refund_made", refund=refund.public_id)


def _tell_failure(session: Session, payment: Payment, refund: Refund, *, now: datetime) -> None:
    note(
        session,
        payment.merchant_id,
        payment.order_id,
        kind="refund_failed",
        now=now,
        detail=refund.failure or "",
    )
    alarms.raise_alarm(session, refund.merchant_id, "refund_failed", now=now)
    jobs.add(
        session,
        "send_refund_failed_letter",
        {"refund_id": refund.id},
        merchant_id=refund.merchant_id,
        now=now,
        unique_key=str(refund.id),
    )

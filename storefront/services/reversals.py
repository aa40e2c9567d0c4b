"""What a refund reverses, in one transaction: counters, stock, ledger and credit; and the opposite
of all that when the refund fails. Lock the order's stock and payment first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from storefront.domain.refunds import Left, LineLeft, RefundPlan
from storefront.errors import Conflict
from storefront.models import LineItem, Order, Payment, Refund, RefundLine
from storefront.services import alarms, credit, ledger, stock
from storefront.services.ledger import Account

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def left_of(session: Session, order_id: int) -> Left:
    """Return what has not been given back of an order yet."""
    lines = session.execute(
        select(
            LineItem.id,
            LineItem.quantity - LineItem.refunded_quantity,
            LineItem.total_minor - LineItem.refunded_minor,
        )
        .where(LineItem.order_id == order_id)
        .order_by(LineItem.position)
    )
    shipping = session.scalar(
        select(Order.shipping_minor - Order.shipping_refunded_minor).where(Order.id == order_id)
    )
    return Left(tuple(LineLeft(*row) for row in lines), shipping or 0)


def book(
    session: Session,
    payment: Payment,
    refund: Refund,
    *,
    plan: RefundPlan,
    is_restocked: bool,
    now: datetime,
) -> None:
    """Take a refund's parts from the payment, the order and its lines.

    Raises `Conflict` refund_too_large, whatever was read before, where they do not hold it.
    """
    _count(session, payment, refund.amount_minor)
    _count_order(session, payment.order_id, refund.amount_minor, shipping=plan.shipping)
    _take_lines(session, refund, plan, is_restocked=is_restocked)
    session.execute(
        update(Refund)
        .where(Refund.id == refund.id)
        .values(booked_at=now, shipping_minor=plan.shipping)
        .execution_options(synchronize_session=False)
    )
    amounts = {
        Account.GATEWAY: -refund.amount_minor,
        Account.SALES: refund.amount_minor - plan.shipping,
        Account.SHIPPING: plan.shipping,
    }
    ledger.book(session, payment, amounts, cause="refund", reference=refund.public_id, now=now)
    credit.debit(
        session,
        payment.order_id,
        refund.amount_minor,
        cause="refund",
        reference=refund.public_id,
        now=now,
    )


def book_return(session: Session, payment: Payment, refund: Refund, *, now: datetime) -> None:
    """Take a refund from money that was never earned: it came too late or twice."""
    _count(session, payment, refund.amount_minor)
    session.execute(
        update(Refund)
        .where(Refund.id == refund.id)
        .values(booked_at=now)
        .execution_options(synchronize_session=False)
    )
    amounts = {Account.GATEWAY: -refund.amount_minor, Account.OWED: refund.amount_minor}
    ledger.book(session, payment, amounts, cause="refund", reference=refund.public_id, now=now)


def undo(session: Session, payment: Payment, refund: Refund, *, now: datetime) -> None:
    """Write the opposite of everything that a booked refund wrote.

    What was put back on sale is sold again; where somebody else has it by now, an alarm says so.
    """
    _count(session, payment, -refund.amount_minor)
    if payment.returned_at is None:
        _count_order(
            session, payment.order_id, -refund.amount_minor, shipping=-refund.shipping_minor
        )
        _give_lines_back(session, refund, now=now)
        credit.undo(
            session,
            payment.order_id,
            "refund",
            reference=refund.public_id,
            by="refund_failed",
            now=now,
        )
    ledger.reverse(
        session, payment, "refund", reference=refund.public_id, by="refund_failed", now=now
    )


def _count(session: Session, payment: Payment, minor: int) -> None:
    counted = session.execute(
        update(Payment)
        .where(
            Payment.id == payment.id,
            Payment.succeeded_at.is_not(None),
            Payment.refunded_minor + minor <= Payment.amount_minor,
        )
        .values(refunded_minor=Payment.refunded_minor + minor)
        .returning(Payment.id)
        .execution_options(synchronize_session=False)
    ).first()
    if counted is None:
        raise Conflict("refund_too_large", field="amount")


def _count_order(session: Session, order_id: int, minor: int, *, shipping: int) -> None:
    counted = session.execute(
        update(Order)
        .where(
            Order.id == order_id,
            Order.refunded_minor + minor <= Order.total_minor,
            Order.shipping_refunded_minor + shipping <= Order.shipping_minor,
        )
        .values(
            refunded_minor=Order.refunded_minor + minor,
            shipping_refunded_minor=Order.shipping_refunded_minor + shipping,
        )
        .returning(Order.id)
        .execution_options(synchronize_session=False)
    ).first()
    if counted is None:
        raise Conflict("refund_too_large", field="amount")


def _take_lines(session: Session, refund: Refund, plan: RefundPlan, *, is_restocked: bool) -> None:
    for part in sorted(plan.parts, key=lambda part: part.line_id):
        row = session.execute(
            select(LineItem.variant_id, LineItem.quantity - LineItem.restocked_quantity).where(
                LineItem.id == part.line_id
            )
        ).one()
        variant_id, not_restocked = row
        restocked = min(part.quantity, not_restocked) if is_restocked else 0
        _count_line(
            session, part.line_id, minor=part.minor, quantity=part.quantity, restocked=restocked
        )
        stock.put_back(session, variant_id, restocked)
        session.execute(
            insert(RefundLine).values(
                merchant_id=refund.merchant_id,
                refund_id=refund.id,
                line_item_id=part.line_id,
                amount_minor=part.minor,
                quantity=part.quantity,
                restocked=restocked,
            )
        )


def _count_line(
    session: Session, line_id: int, *, minor: int, quantity: int, restocked: int
) -> None:
    counted = session.execute(
        update(LineItem)
        .where(
            LineItem.id == line_id,
            LineItem.refunded_minor + minor <= LineItem.total_minor,
            LineItem.refunded_quantity + quantity <= LineItem.quantity,
            LineItem.restocked_quantity + restocked <= LineItem.quantity,
        )
        .values(
            refunded_minor=LineItem.refunded_minor + minor,
            refunded_quantity=LineItem.refunded_quantity + quantity,
            restocked_quantity=LineItem.restocked_quantity + restocked,
        )
        .returning(LineItem.id)
        .execution_options(synchronize_session=False)
    ).first()
    if counted is None:
        raise Conflict("refund_too_large", field="lines")


def _give_lines_back(session: Session, refund: Refund, *, now: datetime) -> None:
    rows = session.execute(
        select(RefundLine, LineItem.variant_id)
        .join(LineItem, LineItem.id == RefundLine.line_item_id)
        .where(RefundLine.refund_id == refund.id)
        .order_by(LineItem.variant_id, LineItem.id)
    ).all()
    for part, variant_id in rows:
        is_sold = stock.sell_again(session, variant_id, part.restocked, now=now)
        _count_line(
            session,
            part.line_item_id,
            minor=-part.amount_minor,
            quantity=-part.quantity,
            restocked=-part.restocked if is_sold else 0,
        )
        if not is_sold:
            alarms.raise_alarm(session, refund.merchant_id, "refund_failed_sold_out", now=now)

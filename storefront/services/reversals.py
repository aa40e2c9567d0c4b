"""What a refund reverses, in one transaction: counters, stock, ledger and credit; and the opposite
of all that when the refund fails. Lock the order's stock and payment first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from storefront.domain.pricing import charge_step
from storefront.domain.refunds import Left, LineLeft, Parts, RefundPlan
from storefront.errors import Conflict
from storefront.kinds import News, Taken, kind_named
from storefront.models import LineItem, Order, Payment, Refund, RefundLine
from storefront.services import alarms, credit, ledger, paid_uses, stock
from storefront.services.ledger import Account

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.kinds import LineKind


def left_of(session: Session, order_id: int) -> Left:
    """Return what has not been given back of an order yet, part by part."""
    order = session.execute(
        select(
            Order.shipping_minor - Order.shipping_refunded_minor,
            Order.shipping_tax_minor - Order.shipping_tax_refunded_minor,
            Order.is_tax_included,
            Order.currency,
        ).where(Order.id == order_id)
    ).one()
    shipping, shipping_tax, is_included, currency = order
    lines = session.scalars(
        select(LineItem)
        .where(LineItem.order_id == order_id)
        .order_by(LineItem.position)
        .execution_options(populate_existing=True)
    )
    return Left(
        tuple(
            LineLeft(line.id, line.quantity - line.refunded_quantity, _parts_left(line))
            for line in lines
        ),
        Parts(shipping, tax=shipping_tax, is_tax_included=is_included),
        step=charge_step(currency),
    )


def _parts_left(line: LineItem) -> Parts:
    tax = line.tax_minor - line.refunded_tax_minor
    minor = line.total_minor - line.refunded_minor
    return Parts(
        net=minor if line.is_tax_included else minor - tax,
        tax=tax,
        discount=line.discount_minor - line.refunded_discount_minor,
        is_tax_included=line.is_tax_included,
    )


def book(
    session: Session,
    payment: Payment,
    refund: Refund,
    *,
    plan: RefundPlan,
    is_restocked: bool,
    is_forced: bool,
    kinds: Iterable[LineKind],
    now: datetime,
) -> None:
    """Take a refund's parts from the payment, the order and its lines.

    Raises `Conflict` refund_too_large, whatever was read before, where they do not hold it, and
    whatever the lines' kinds refuse with, unless it is forced.
    """
    session.execute(
        update(Refund)
        .where(Refund.id == refund.id)
        .values(
            booked_at=now,
            tax_minor=plan.tax,
            shipping_minor=plan.shipping.net,
            shipping_tax_minor=plan.shipping.tax,
        )
        .execution_options(synchronize_session=False)
    )
    session.refresh(refund)
    _count(session, payment, refund.amount_minor)
    _count_order(session, payment.order_id, refund, sign=1)
    _take_lines(session, refund, plan, is_restocked=is_restocked)
    _tell_kinds(session, refund, plan, is_forced=is_forced, kinds=kinds, now=now)
    paid_uses.give_back(session, payment.order_id, now=now)
    shipping = plan.shipping.minor - plan.shipping.tax
    amounts = {
        Account.GATEWAY: -refund.amount_minor,
        Account.SALES: refund.amount_minor - plan.tax - shipping,
        Account.SHIPPING: shipping,
        Account.TAX: plan.tax,
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


def undo(
    session: Session,
    payment: Payment,
    refund: Refund,
    *,
    kinds: Iterable[LineKind],
    now: datetime,
) -> None:
    """Write the opposite of everything that a booked refund wrote.

    What was put back on sale is sold again; where somebody else has it by now, an alarm says so.
    """
    _count(session, payment, -refund.amount_minor)
    if payment.returned_at is None:
        _count_order(session, payment.order_id, refund, sign=-1)
        _give_lines_back(session, refund, now=now)
        _tell_kinds_of_failure(session, refund, kinds=kinds, now=now)
        paid_uses.take_back(session, payment.order_id, now=now)
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


def _count_order(session: Session, order_id: int, refund: Refund, *, sign: int) -> None:
    """Count what a refund takes from the order's sums, or, with the sign -1, gives back to them."""
    taken = {
        Order.refunded_minor: (refund.amount_minor, Order.total_minor),
        Order.refunded_tax_minor: (refund.tax_minor, Order.tax_minor),
        Order.shipping_refunded_minor: (refund.shipping_minor, Order.shipping_minor),
        Order.shipping_tax_refunded_minor: (refund.shipping_tax_minor, Order.shipping_tax_minor),
    }
    counted = session.execute(
        update(Order)
        .where(
            Order.id == order_id,
            *(column + sign * minor <= most for column, (minor, most) in taken.items()),
        )
        .values({column: column + sign * minor for column, (minor, _) in taken.items()})
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
        row_id = session.execute(
            insert(RefundLine)
            .values(
                merchant_id=refund.merchant_id,
                refund_id=refund.id,
                line_item_id=part.line_id,
                amount_minor=part.parts.minor,
                discount_minor=part.parts.discount,
                tax_minor=part.parts.tax,
                quantity=part.quantity,
                restocked=restocked,
            )
            .returning(RefundLine.id)
        ).scalar_one()
        taken = session.get_one(RefundLine, row_id)
        _count_line(session, taken, restocked=restocked, sign=1)
        if variant_id is not None:
            stock.put_back(session, variant_id, restocked)


def _tell_kinds(
    session: Session,
    refund: Refund,
    plan: RefundPlan,
    *,
    is_forced: bool,
    kinds: Iterable[LineKind],
    now: datetime,
) -> None:
    for part in sorted(plan.parts, key=lambda part: part.line_id):
        line = session.get_one(LineItem, part.line_id)
        taken = Taken(
            refund.public_id, part.quantity, part.parts.minor, at=now, is_forced=is_forced
        )
        kind_named(line.kind, kinds).before_refund(session, line, taken)


def _tell_kinds_of_failure(
    session: Session, refund: Refund, *, kinds: Iterable[LineKind], now: datetime
) -> None:
    lines = session.scalars(
        select(LineItem)
        .join(RefundLine, RefundLine.line_item_id == LineItem.id)
        .where(RefundLine.refund_id == refund.id)
        .order_by(LineItem.id)
    ).all()
    news = News("refund_failed", refund.public_id, now)
    for line in lines:
        kind_named(line.kind, kinds).on_news(session, line, news)


def _count_line(session: Session, taken: RefundLine, *, restocked: int, sign: int) -> None:
    """Count what a refund takes from one line, or, with the sign -1, gives back to it."""
    counters = {
        LineItem.refunded_minor: (taken.amount_minor, LineItem.total_minor),
        LineItem.refunded_discount_minor: (taken.discount_minor, LineItem.discount_minor),
        LineItem.refunded_tax_minor: (taken.tax_minor, LineItem.tax_minor),
        LineItem.refunded_quantity: (taken.quantity, LineItem.quantity),
        LineItem.restocked_quantity: (restocked, LineItem.quantity),
    }
    counted = session.execute(
        update(LineItem)
        .where(
            LineItem.id == taken.line_item_id,
            *(column + sign * number <= most for column, (number, most) in counters.items()),
        )
        .values({column: column + sign * number for column, (number, _) in counters.items()})
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
        is_sold = variant_id is None or stock.sell_again(
            session, variant_id, part.restocked, now=now
        )
        _count_line(session, part, restocked=part.restocked if is_sold else 0, sign=-1)
        if not is_sold:
            alarms.raise_alarm(session, refund.merchant_id, "refund_failed_sold_out", now=now)

"""Give money back: intend a refund of an order, and return money that came too late or twice.
Sending it is the business of settling, what the gateway says of it that of refund_news."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from storefront.domain.money import Money
from storefront.domain.pricing import refuse_unchargeable
from storefront.domain.refunds import Left, RefundPlan, by_amount, by_lines, in_full
from storefront.errors import Conflict, Invalid, NotFound
from storefront.models import LineItem, Order, Payment, Refund
from storefront.services import disputes, refund_news, reversals, stock
from storefront.services import refund_rows as rows
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.kinds import LineKind

REQUESTED = "requested"


@frozen
class Wish:
    """What is to go back: units by the position of their line, else an amount in minor units,
    else all that is left. Units go back on sale unless `is_restocked` is off. The shipping goes
    back as well, unless units are named; `with_shipping` says otherwise. `is_forced` is the
    merchant's word that money goes back for what has been used up, at their cost."""

    lines: Mapping[int, int] = field(default_factory=dict)
    amount_minor: int | None = None
    is_restocked: bool = True
    with_shipping: bool | None = None
    is_forced: bool = False

    @property
    def takes_shipping(self) -> bool:
        """Whether the shipping goes back as well."""
        return not self.lines if self.with_shipping is None else self.with_shipping


def refund_order(
    session: Session,
    merchant_id: int,
    order_public_id: str,
    *,
    wish: Wish,
    kinds: Iterable[LineKind],
    now: datetime,
    reason: str = REQUESTED,
    member_id: int | None = None,
) -> Refund:
    """Intend a refund of a paid order, reverse what it paid for and promise to send it.

    Raises `NotFound` for an order that is not this merchant's, `Conflict` not_paid,
    refund_too_large, already_refunded, nothing_to_refund, payment_disputed or what the lines'
    kinds refuse with, `Invalid` for what cannot be meant.
    """
    order_id = session.scalar(
        select(Order.id).where(Order.merchant_id == merchant_id, Order.public_id == order_public_id)
    )
    if order_id is None:
        raise NotFound
    stock.lock(session, order_id)
    payment = _lock_kept_payment(session, order_id)
    plan = plan_refund(session, order_id, wish)
    refund = rows.write(session, payment, plan.total, reason=reason, now=now)
    reversals.book(
        session,
        payment,
        refund,
        plan=plan,
        is_restocked=wish.is_restocked,
        is_forced=wish.is_forced,
        kinds=kinds,
        now=now,
    )
    rows.tell(session, payment, refund, now=now, member_id=member_id)
    rows.promise(session, refund, now=now)
    return refund


def plan_refund(session: Session, order_id: int, wish: Wish) -> RefundPlan:
    """Return what a refund would take from each line and the shipping; raise as `refund_order`.

    All that is left is what no dispute has taken.
    """
    left = reversals.left_of(session, order_id)
    free = left.total - disputes.withdrawn_of(session, order_id)
    plan = _plan(session, order_id, wish, left=left)
    if plan.total <= free:
        return plan
    if free <= 0 or wish.lines or wish.amount_minor is not None:
        raise Conflict("payment_disputed")
    return by_amount(left, free, with_shipping=wish.takes_shipping)


def _plan(session: Session, order_id: int, wish: Wish, *, left: Left) -> RefundPlan:
    if wish.lines:
        quantities = _by_line_id(session, order_id, wish.lines)
        return by_lines(left, quantities, with_shipping=wish.takes_shipping)
    if wish.amount_minor is not None:
        currency = session.scalars(select(Order.currency).where(Order.id == order_id)).one()
        refuse_unchargeable(Money(wish.amount_minor, currency), field="amount")
        return by_amount(left, wish.amount_minor, with_shipping=wish.takes_shipping)
    return in_full(left, with_shipping=wish.takes_shipping)


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


def give_back(
    session: Session,
    payment: Payment,
    *,
    reason: str,
    kinds: Iterable[LineKind],
    now: datetime,
) -> None:
    """Return what is left of money that came too late or twice. Call `stock.lock` first."""
    session.execute(
        update(Payment)
        .where(Payment.id == payment.id)
        .values(returned_at=now)
        .execution_options(synchronize_session=False)
    )
    payment = rows.lock_payment(session, payment.id)
    refund_news.book_waiting(session, payment.id, kinds=kinds, now=now)
    left = payment.amount_minor - payment.refunded_minor
    if left:
        refund = rows.write(session, payment, left, reason=reason, now=now)
        reversals.book_return(session, payment, refund, now=now)
        rows.promise(session, refund, now=now)

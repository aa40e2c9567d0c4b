"""One order with everything a member needs to answer for it; its line is read by chains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from storefront.domain.money import Money
from storefront.domain.payments import CLOSED_DISPUTES
from storefront.models import Dispute, Member, Order, OrderEvent, OrderNote, Payment, Refund
from storefront.services.orders import get_order
from storefront.services.visitors import short
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.services.views import OrderView
    from storefront.settings import Settings


@frozen
class Happening:
    """One thing that happened to an order. `member` is who did it, where a member did; `words`
    are what they wrote, until that is erased."""

    kind: str
    detail: str
    occurred_at: datetime
    member: str
    words: str


@frozen
class PaymentFacts:
    """Money asked for. `reference` is the gateway's name for it, at the account it went to."""

    public_id: str
    amount: Money
    reference: str | None
    account: str
    opened_at: datetime | None
    processing_at: datetime | None
    failed_at: datetime | None
    failure: str | None
    succeeded_at: datetime | None
    cancelled_at: datetime | None


@frozen
class RefundFacts:
    """Money given back, or about to be while `sent_at` is missing; `shipping` and `tax` are in
    the amount."""

    amount: Money
    shipping: Money
    tax: Money
    reason: str
    reference: str | None
    intended_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None
    failed_at: datetime | None


@frozen
class DisputeFacts:
    """A disputed payment, by our public id. Evidence must be at the provider's by `due_at`."""

    payment: str
    amount: Money
    reason: str
    due_at: datetime | None
    lost_at: datetime | None
    won_at: datetime | None
    is_closed: bool


@frozen
class OrderDossier:
    """An order, its buyer's further words, its history and its money. `visitor` is the buyer's
    short pseudonym."""

    order: OrderView
    visitor: str
    phone: str
    note: str
    review_reason: str | None
    history: tuple[Happening, ...]
    payments: tuple[PaymentFacts, ...]
    refunds: tuple[RefundFacts, ...]
    disputes: tuple[DisputeFacts, ...]


def get_dossier(
    session: Session, merchant_id: int, public_id: str, *, settings: Settings, now: datetime
) -> OrderDossier:
    """Return everything about an order of this merchant; raise `NotFound` otherwise."""
    view = get_order(session, merchant_id, public_id, settings=settings, now=now)
    order = session.scalars(
        select(Order).where(Order.merchant_id == merchant_id, Order.public_id == public_id)
    ).one()
    contact = order.contact
    return OrderDossier(
        order=view,
        visitor=short(order.visitor),
        phone=contact.phone if contact else "",
        note=contact.note if contact else "",
        review_reason=order.review_reason,
        history=_history(session, order),
        payments=_payments(session, order),
        refunds=_refunds(session, order),
        disputes=_disputes(session, order),
    )


def _history(session: Session, order: Order) -> tuple[Happening, ...]:
    rows = session.execute(
        select(
            OrderEvent.kind,
            OrderEvent.detail,
            OrderEvent.occurred_at,
            func.coalesce(Member.name, ""),
            func.coalesce(OrderNote.words, ""),
        )
        .outerjoin(Member, Member.id == OrderEvent.member_id)
        .outerjoin(OrderNote, OrderNote.order_event_id == OrderEvent.id)
        .where(OrderEvent.merchant_id == order.merchant_id, OrderEvent.order_id == order.id)
        .order_by(OrderEvent.occurred_at, OrderEvent.id)
    )
    return tuple(Happening(*row) for row in rows)


def _payments(session: Session, order: Order) -> tuple[PaymentFacts, ...]:
    rows = session.scalars(
        select(Payment)
        .where(Payment.merchant_id == order.merchant_id, Payment.order_id == order.id)
        .order_by(Payment.attempt)
    )
    return tuple(
        PaymentFacts(
            public_id=row.public_id,
            amount=row.amount,
            reference=row.gateway_reference,
            account=row.account,
            opened_at=row.opened_at,
            processing_at=row.processing_at,
            failed_at=row.failed_at,
            failure=row.failure,
            succeeded_at=row.succeeded_at,
            cancelled_at=row.cancelled_at,
        )
        for row in rows
    )


def _refunds(session: Session, order: Order) -> tuple[RefundFacts, ...]:
    rows = session.scalars(
        select(Refund)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Refund.merchant_id == order.merchant_id, Payment.order_id == order.id)
        .order_by(Refund.id)
    )
    return tuple(
        RefundFacts(
            amount=Money(row.amount_minor, row.currency),
            shipping=Money(row.shipping_minor, row.currency),
            tax=Money(row.tax_minor, row.currency),
            reason=row.reason,
            reference=row.gateway_reference,
            intended_at=row.intended_at,
            sent_at=row.sent_at,
            settled_at=row.settled_at,
            failed_at=row.failed_at,
        )
        for row in rows
    )


def _disputes(session: Session, order: Order) -> tuple[DisputeFacts, ...]:
    rows = session.execute(
        select(Dispute, Payment.public_id)
        .join(Payment, Payment.id == Dispute.payment_id)
        .where(Dispute.merchant_id == order.merchant_id, Payment.order_id == order.id)
        .order_by(Dispute.id)
    )
    return tuple(
        DisputeFacts(
            payment=payment,
            amount=row.amount,
            reason=row.reason,
            due_at=row.due_at,
            lost_at=row.lost_at,
            won_at=row.won_at,
            is_closed=row.state in CLOSED_DISPUTES,
        )
        for row, payment in rows
    )

"""A refund's row, the payment it is taken from, and who is told of it. What a refund reverses is
in reversals; when there is one, in refunds and refund_news."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, insert, select

from storefront.db.ids import public_id
from storefront.domain.questions import ABOUT_REFUND, next_question
from storefront.models import Payment, Refund
from storefront.services import alarms, jobs
from storefront.services.history import note
from storefront.signals import announce

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

CANCELLED = "order_cancelled"
"""Why the money of an order goes back that was paid and is not handed over."""


LOCKED = (
    select(Payment)
    .where(Payment.id == bindparam("payment_id"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


def lock_payment(session: Session, payment_id: int) -> Payment:
    """Return a payment as it is now, and let nobody else change it until the transaction ends."""
    # The weaker lock, as in stock.py: messages that are being written down refer to the payment.
    return session.scalars(LOCKED, {"payment_id": payment_id}).one()


def write(
    session: Session,
    payment: Payment,
    minor: int,
    *,
    reason: str,
    now: datetime,
    currency: str | None = None,
    **facts: object,
) -> Refund:
    """Write down a refund of so many minor units, which has no effects until it is booked, and
    promise to ask what became of it: the gateway's message may be lost."""
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
    refund = session.get_one(Refund, row_id)
    promise_question(session, refund, now=now)
    return refund


def promise_question(session: Session, refund: Refund, *, now: datetime) -> None:
    """Promise to ask the gateway how the refund stands, as long as a bank may send it back."""
    run_at = next_question(ABOUT_REFUND, since=refund.intended_at, now=now)
    if run_at is not None:
        jobs.add(
            session,
            "ask_about_refund",
            {"refund_id": refund.id},
            merchant_id=refund.merchant_id,
            now=now,
            run_at=run_at,
            unique_key=f"{refund.id}-{run_at:%Y%m%d%H%M}",
        )


def promise(session: Session, refund: Refund, *, now: datetime) -> None:
    """Promise to send the money back."""
    jobs.add(
        session,
        "send_refund",
        {"refund_id": refund.id},
        merchant_id=refund.merchant_id,
        now=now,
        unique_key=str(refund.id),
    )


def tell(
    session: Session,
    payment: Payment,
    refund: Refund,
    *,
    now: datetime,
    member_id: int | None = None,
) -> None:
    """Write it into the order's history, and promise the buyer a letter.

    Of a cancelled order the buyer hears in the letter about that.
    """
    note(
        session,
        payment.merchant_id,
        payment.order_id,
        kind="refunded",
        now=now,
        detail=refund.reason,
        member_id=member_id,
    )
    if refund.reason != CANCELLED:
        jobs.add(
            session,
            "send_refund_letter",
            {"refund_id": refund.id},
            merchant_id=refund.merchant_id,
            now=now,
            unique_key=str(refund.id),
        )
    announce(session, "refund_made", refund=refund.public_id)


def tell_failure(session: Session, payment: Payment, refund: Refund, *, now: datetime) -> None:
    """Write into the order's history that the money stays, call a person and tell the buyer."""
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

"""Take in what the gateway says of disputes: withdrawn money is booked, and won back or lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, update

from storefront.db.ids import public_id
from storefront.domain.payments import (
    DISPUTE_RANKS,
    LOST,
    WITHDRAWN,
    WON,
    DisputeNews,
    is_later,
)
from storefront.domain.questions import ABOUT_DISPUTE, next_question
from storefront.kinds import News, kind_named
from storefront.models import Dispute, LineItem, Payment
from storefront.services import alarms, credit, jobs, ledger
from storefront.services.history import note
from storefront.services.ledger import Account
from storefront.services.refund_rows import lock_payment
from storefront.signals import announce

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.kinds import LineKind


def take_news(
    session: Session,
    payment: Payment,
    news: DisputeNews,
    *,
    kinds: Iterable[LineKind],
    now: datetime,
) -> None:
    """Do what the gateway says of a dispute; what it says in another order comes to the same."""
    payment = lock_payment(session, payment.id)
    is_ours = news.amount.currency == payment.currency
    if not is_ours or news.amount.minor > payment.amount_minor or news.state not in DISPUTE_RANKS:
        alarms.raise_alarm(session, payment.merchant_id, "dispute_mismatch", now=now)
        return
    dispute = _find(session, payment, news)
    if dispute is None:
        _write(session, payment, news, now=now)
    elif is_later(news.state, dispute.state):
        session.execute(
            update(Dispute)
            .where(Dispute.id == dispute.id)
            .values(state=news.state, due_at=news.due_at)
            .execution_options(synchronize_session=False)
        )
    book_waiting(session, payment.id, kinds=kinds, now=now)


def book_waiting(
    session: Session, payment_id: int, *, kinds: Iterable[LineKind], now: datetime
) -> None:
    """Book what a payment's disputes have come to, once the payment is known to have succeeded."""
    payment = lock_payment(session, payment_id)
    if payment.succeeded_at is None:
        return
    for dispute in session.scalars(
        select(Dispute)
        .where(Dispute.merchant_id == payment.merchant_id, Dispute.payment_id == payment.id)
        .order_by(Dispute.gateway_reference)
        .execution_options(populate_existing=True)
    ).all():
        _book(session, payment, dispute, kinds=kinds, now=now)


def promise_question(session: Session, dispute: Dispute, *, now: datetime) -> None:
    """Promise to ask the gateway how the dispute stands; one that is won is over."""
    run_at = next_question(ABOUT_DISPUTE, since=dispute.told_at, now=now)
    if run_at is not None and dispute.state != WON:
        jobs.add(
            session,
            "ask_about_dispute",
            {"dispute_id": dispute.id},
            merchant_id=dispute.merchant_id,
            now=now,
            run_at=run_at,
            unique_key=f"{dispute.id}-{run_at:%Y%m%d%H%M}",
        )


def withdrawn_of(session: Session, order_id: int) -> int:
    """Return how much of an order's kept payment disputes have taken, and not given back."""
    taken = session.scalar(
        select(func.sum(Dispute.amount_minor))
        .join(Payment, Payment.id == Dispute.payment_id)
        .where(
            Payment.order_id == order_id,
            Payment.returned_at.is_(None),
            Dispute.withdrawn_at.is_not(None),
            Dispute.won_at.is_(None),
        )
    )
    return int(taken or 0)


def _book(
    session: Session,
    payment: Payment,
    dispute: Dispute,
    *,
    kinds: Iterable[LineKind],
    now: datetime,
) -> None:
    minor = dispute.amount_minor
    if dispute.state in WITHDRAWN and dispute.withdrawn_at is None:
        amounts = {Account.GATEWAY: -minor, Account.DISPUTED: minor}
        _enter(session, payment, dispute, amounts=amounts, cause="dispute", now=now)
        _tell_kinds(session, payment, dispute, cause="dispute", kinds=kinds, now=now)
        _debit(session, payment, dispute, now=now)
        _mark(session, dispute, withdrawn_at=now)
    if dispute.state == LOST and dispute.lost_at is None:
        amounts = {Account.DISPUTED: -minor, Account.LOSS: minor}
        _enter(session, payment, dispute, amounts=amounts, cause="dispute_lost", now=now)
        _tell_kinds(session, payment, dispute, cause="dispute_lost", kinds=kinds, now=now)
        _mark(session, dispute, lost_at=now)
    if dispute.state == WON and dispute.won_at is None:
        lies_in = Account.LOSS if dispute.lost_at else Account.DISPUTED
        amounts = {Account.GATEWAY: minor, lies_in: -minor}
        _enter(session, payment, dispute, amounts=amounts, cause="dispute_won", now=now)
        _tell_kinds(session, payment, dispute, cause="dispute_won", kinds=kinds, now=now)
        credit.undo(
            session,
            payment.order_id,
            "dispute",
            reference=dispute.public_id,
            by="dispute_won",
            now=now,
        )
        _mark(session, dispute, won_at=now)


def _tell_kinds(
    session: Session,
    payment: Payment,
    dispute: Dispute,
    *,
    cause: str,
    kinds: Iterable[LineKind],
    now: datetime,
) -> None:
    if payment.returned_at is not None:
        return
    lines = session.scalars(
        select(LineItem).where(LineItem.order_id == payment.order_id).order_by(LineItem.id)
    ).all()
    for line in lines:
        kind_named(line.kind, kinds).on_news(session, line, News(cause, dispute.public_id, now))


def _debit(session: Session, payment: Payment, dispute: Dispute, *, now: datetime) -> None:
    """Take what the bank has taken from those who earned it, until it is won back.

    Money that is on its way back anyway was never earned by anybody.
    """
    if payment.returned_at is None:
        credit.debit(
            session,
            payment.order_id,
            dispute.amount_minor,
            cause="dispute",
            reference=dispute.public_id,
            now=now,
        )


def _enter(
    session: Session,
    payment: Payment,
    dispute: Dispute,
    *,
    amounts: dict[Account, int],
    cause: str,
    now: datetime,
) -> None:
    ledger.book(session, payment, amounts, cause=cause, reference=dispute.public_id, now=now)
    note(
        session,
        payment.merchant_id,
        payment.order_id,
        kind=cause,
        now=now,
        detail=dispute.reason if cause == "dispute" else "",
    )


def _mark(session: Session, dispute: Dispute, **facts: datetime) -> None:
    session.execute(
        update(Dispute)
        .where(Dispute.id == dispute.id)
        .values(**facts)
        .execution_options(synchronize_session=False)
    )


def _find(session: Session, payment: Payment, news: DisputeNews) -> Dispute | None:
    return session.scalars(
        select(Dispute)
        .where(
            Dispute.merchant_id == payment.merchant_id,
            Dispute.payment_id == payment.id,
            Dispute.gateway_reference == news.reference,
        )
        .execution_options(populate_existing=True)
    ).first()


def _write(session: Session, payment: Payment, news: DisputeNews, *, now: datetime) -> None:
    name = public_id("dsp")
    dispute_id = session.execute(
        insert(Dispute)
        .values(
            merchant_id=payment.merchant_id,
            payment_id=payment.id,
            public_id=name,
            gateway_reference=news.reference,
            amount_minor=news.amount.minor,
            currency=news.amount.currency,
            reason=news.reason,
            state=news.state,
            told_at=now,
            due_at=news.due_at,
        )
        .returning(Dispute.id)
    ).scalar_one()
    promise_question(session, session.get_one(Dispute, dispute_id), now=now)
    alarms.raise_alarm(session, payment.merchant_id, "dispute_opened", now=now)
    announce(session, "dispute_opened", dispute=name)

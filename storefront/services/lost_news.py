"""Refunds and disputes of which no message came: the gateway is asked about those that we know,
and its own lists are read for those that we do not.

Each function asks with no transaction open and writes down the answer in one of its own."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sqlalchemy import literal, or_, select, union, update

from storefront.db.upsert import insert_if_new
from storefront.errors import Invalid
from storefront.models import Connection, Dispute, Merchant, NewsMark, Payment, Refund
from storefront.services import disputes, payments, refund_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from sqlalchemy.orm import Session

    from storefront.ports import NewsKind, Ports

log = logging.getLogger("storefront.lost_news")

ACCOUNTS = 10
"""A sweep reads the lists of so many accounts; the others wait for the next one."""

PAGES = 5
"""And so many pages of each list: a long absence is made up for over several sweeps."""


def ask_about_refund(ports: Ports, refund_id: int) -> None:
    """Ask the gateway how a refund stands, do what it says, and promise the next question.

    One that failed is over; one that is not sent yet is asked about the next time.
    """
    with ports.reads() as session:
        refund, payment = session.execute(
            select(Refund, Payment)
            .join(Payment, Payment.id == Refund.payment_id)
            .where(Refund.id == refund_id)
        ).one()
    if refund.failed_at is not None:
        return
    news = None
    if refund.gateway_reference is not None:
        news = ports.payments.fetch_news(
            "refund", refund.gateway_reference, account=payment.account
        )
    now = ports.clock.now()
    with ports.sessions.begin() as session:
        if news is not None:
            payments.take_news(session, payment.account, news, kinds=ports.kinds, now=now)
        refund = session.get_one(Refund, refund_id, populate_existing=True)
        if refund.failed_at is None:
            refund_rows.promise_question(session, refund, now=now)


def ask_about_dispute(ports: Ports, dispute_id: int) -> None:
    """Ask the gateway how a dispute stands, do what it says, and promise the next question."""
    with ports.reads() as session:
        reference, account = session.execute(
            select(Dispute.gateway_reference, Payment.account)
            .join(Payment, Payment.id == Dispute.payment_id)
            .where(Dispute.id == dispute_id)
        ).one()
    news = ports.payments.fetch_news("dispute", reference, account=account)
    now = ports.clock.now()
    with ports.sessions.begin() as session:
        payments.take_news(session, account, news, kinds=ports.kinds, now=now)
        dispute = session.get_one(Dispute, dispute_id, populate_existing=True)
        disputes.promise_question(session, dispute, now=now)


def list_unread(session: Session, *, now: datetime, every: timedelta) -> Sequence[str]:
    """Return accounts whose lists have not been read for so long, the longest unread first.

    The installation's own account is always one of them: merchants without an account of their
    own were paid there, also those that have one by now.
    """
    ours = union(
        select(literal("").label("account")),
        select(Merchant.stripe_account),
        select(Connection.account).where(
            Connection.account.is_not(None), Connection.ended_at.is_(None)
        ),
    ).subquery()
    return session.scalars(
        select(ours.c.account)
        .outerjoin(NewsMark, NewsMark.account == ours.c.account)
        .where(or_(NewsMark.asked_at.is_(None), NewsMark.asked_at <= now - every))
        .order_by(NewsMark.asked_at.is_not(None), NewsMark.asked_at, ours.c.account)
        .limit(ACCOUNTS)
    ).all()


def read_lists(ports: Ports, account: str) -> None:
    """Read what an account's lists of refunds and disputes have beyond the mark, and take it in.

    Raises `TryAgain` when the gateway does not answer. An account that the gateway refuses to
    show is left until its next turn: whose it is, and that it is gone, is known elsewhere.
    """
    asked_at = ports.clock.now()
    with ports.sessions.begin() as session:
        insert_if_new(session, NewsMark, account=account)
    try:
        has_read_refunds = _read_list(ports, "refund", account)
        is_done = _read_list(ports, "dispute", account) and has_read_refunds
    except Invalid as error:
        log.warning("the gateway does not show account %r: %s", account, error)
        is_done = True
    if is_done:
        with ports.sessions.begin() as session:
            _move(session, account, asked_at=asked_at)


def _read_list(ports: Ports, kind: NewsKind, account: str) -> bool:
    """Read some pages of one list; return whether its end was reached."""
    with ports.reads() as session:
        mark = session.scalars(select(NewsMark).where(NewsMark.account == account)).one()
    after = mark.refund if kind == "refund" else mark.dispute
    for _ in range(PAGES):
        page = ports.payments.list_news(kind, account=account, after=after)
        for news in page.news:
            with ports.sessions.begin() as session:
                payments.take_news(session, account, news, kinds=ports.kinds, now=ports.clock.now())
        if page.last != after:
            after = page.last
            with ports.sessions.begin() as session:
                _move(session, account, **{kind: after})
        if not page.has_more:
            return True
    return False


def _move(session: Session, account: str, **values: object) -> None:
    session.execute(
        update(NewsMark)
        .where(NewsMark.account == account)
        .values(**values)
        .execution_options(synchronize_session=False)
    )

"""Stolen cards are tried out in small purchases: who has seen many payments fail places no more
orders for a while. Counted by visitor and by e-mail address, at one merchant."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from storefront.models import Order, OrderContact
from storefront.services import alarms, attempts
from storefront.services.attempts import Limit, Subject

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.db.hot import Asked

FAILED_PAYMENTS = Limit("failed_payment", 6, timedelta(minutes=10))
"""Five may fail: people mistype, and banks say no to good cards."""


def refuse_many_failures(
    session: Session, merchant_id: int, *, visitor: str, email: str, now: datetime
) -> None:
    """Raise `TooMany` where more than five payments of this visitor or address have failed."""
    attempts.check(session, _bound(merchant_id, visitor, email), now=now)


def asked(merchant_id: int, *, visitor: str, email: str, now: datetime) -> Asked:
    """Return what `refuse_many_failures` asks."""
    return attempts.asked([who for _, who in _bound(merchant_id, visitor, email)], now=now)


def count_failed_payment(session: Session, order_id: int, *, now: datetime) -> None:
    """Count a failed payment of an order's visitor and address; call a person at the limit."""
    merchant_id, visitor, email = session.execute(
        select(Order.merchant_id, Order.visitor, OrderContact.email)
        .outerjoin(OrderContact, OrderContact.order_id == Order.id)
        .where(Order.id == order_id)
    ).one()
    counted = attempts.count_failure(session, _bound(merchant_id, visitor, email or ""), now=now)
    if counted.has_reached:
        alarms.raise_alarm(session, merchant_id, "card_testing", now=now)


def _bound(merchant_id: int, visitor: str, email: str) -> list[tuple[Limit, Subject]]:
    """Name both by digests. No key is needed: rows end in minutes and hold nothing to look up."""
    names = {"visitor": visitor, "email": email.strip().lower()}
    digests = [
        hashlib.sha256(f"{kind}:{merchant_id}:{name}".encode()).hexdigest()
        for kind, name in names.items()
        if name
    ]
    kind = FAILED_PAYMENTS.kind
    return [(FAILED_PAYMENTS, Subject(merchant_id, kind, each)) for each in digests]

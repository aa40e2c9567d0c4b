"""What gifts need no more: codes of cards that are spent or void, and whom a gift was for that
nobody ever paid."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, delete, or_, select, update

from gifting.models import Gift, GiftCard, GiftContact, GiftEntry
from storefront.models import Order

if TYPE_CHECKING:
    from datetime import datetime

    from storefront.ports import Ports

UNDONE_WITHIN = timedelta(days=1)
"""What is spent by mistake is given back within minutes; then its code has to be shown again."""

PAID_WITHIN = timedelta(days=30)
"""Money for a gift may come late; after so long it does not any more."""

BATCH = 500


def forget(ports: Ports, now: datetime) -> int:
    """Blank and delete it in short transactions, and return of how many gifts."""
    return _blank_codes(ports, now) + _forget_unpaid(ports, now)


def _blank_codes(ports: Ports, now: datetime) -> int:
    with ports.reads() as session:
        ids = list(session.scalars(select(GiftCard.id).where(*_is_used_up(now))))
    for start in range(0, len(ids), BATCH):
        with ports.sessions.begin() as session:
            session.execute(
                update(GiftCard)
                .where(GiftCard.id.in_(ids[start : start + BATCH]), *_is_used_up(now))
                .values(code_sealed="")
                .execution_options(synchronize_session=False)
            )
    return len(ids)


def _is_used_up(now: datetime) -> tuple[ColumnElement[bool], ...]:
    lately = select(GiftEntry.id).where(
        GiftEntry.card_id == GiftCard.id, GiftEntry.occurred_at > now - UNDONE_WITHIN
    )
    return (
        GiftCard.code_sealed != "",
        or_(GiftCard.balance_minor == 0, GiftCard.voided_at.is_not(None)),
        ~lately.exists(),
    )


def _forget_unpaid(ports: Ports, now: datetime) -> int:
    is_unpaid = (
        select(Gift.id)
        .join(Order, Order.id == Gift.order_id)
        .where(
            Gift.issued_at.is_(None),
            Gift.placed_at < now - PAID_WITHIN,
            Order.paid_at.is_(None),
            Order.processing_at.is_(None),
        )
    )
    with ports.reads() as session:
        ids = list(
            session.scalars(select(GiftContact.id).where(GiftContact.gift_id.in_(is_unpaid)))
        )
    for start in range(0, len(ids), BATCH):
        with ports.sessions.begin() as session:
            session.execute(
                delete(GiftContact)
                .where(
                    GiftContact.id.in_(ids[start : start + BATCH]),
                    GiftContact.gift_id.in_(is_unpaid),
                )
                .execution_options(synchronize_session=False)
            )
    return len(ids)

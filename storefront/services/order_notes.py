"""What members write about an order: to its buyer by mail, or for their colleagues. The words lie
in rows of their own, which can be erased; history keeps that something was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from storefront.errors import Conflict, Invalid, NotFound
from storefront.models import Order, OrderContact, OrderEvent, OrderNote
from storefront.services import actions, jobs
from storefront.services.history import note
from storefront.services.letters import send_about_order

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.ports import Ports
    from storefront.services.fulfilment import Handling

LONGEST = 2000
TO_BUYER = "written_to_buyer"
INTERNAL = "noted"


def write_to_buyer(session: Session, handling: Handling, words: str, *, now: datetime) -> None:
    """Promise the buyer a mail with these words.

    Raises `NotFound`, `Invalid` note_empty, `Conflict` buyer_erased without an address.
    """
    event_id = _keep(session, handling, words, kind=TO_BUYER, now=now)
    actions.note(session, handling, "written_to_buyer", of=handling.thing, now=now)
    jobs.add(
        session,
        "send_order_note",
        {"order_event_id": event_id},
        merchant_id=handling.merchant_id,
        now=now,
        unique_key=str(event_id),
    )


def note_for_colleagues(session: Session, handling: Handling, words: str, *, now: datetime) -> None:
    """Keep a note that no buyer ever sees. Raises `NotFound`, or `Invalid` note_empty."""
    _keep(session, handling, words, kind=INTERNAL, now=now)
    actions.note(session, handling, "noted", of=handling.thing, now=now)


def _keep(session: Session, handling: Handling, words: str, *, kind: str, now: datetime) -> int:
    order_id, has_address = _find(session, handling)
    if not words:
        raise Invalid("note_empty", field="words")
    if kind == TO_BUYER and not has_address:
        raise Conflict("buyer_erased")
    event_id = note(
        session,
        handling.merchant_id,
        order_id,
        kind=kind,
        now=now,
        member_id=handling.member_id,
    )
    session.execute(
        insert(OrderNote).values(
            merchant_id=handling.merchant_id, order_event_id=event_id, words=words
        )
    )
    return event_id


def _find(session: Session, handling: Handling) -> tuple[int, bool]:
    row = session.execute(
        select(Order.id, OrderContact.email)
        .outerjoin(OrderContact, OrderContact.order_id == Order.id)
        .where(Order.merchant_id == handling.merchant_id, Order.public_id == handling.order)
    ).first()
    if row is None:
        raise NotFound
    return row.id, bool(row.email)


def send_order_note(ports: Ports, order_event_id: int) -> None:
    """Send the buyer what a member wrote; nothing, where the words have been erased meanwhile."""
    with ports.reads() as session:
        found = session.execute(
            select(OrderNote.words, OrderEvent.order_id)
            .join(OrderEvent, OrderEvent.id == OrderNote.order_event_id)
            .where(OrderNote.order_event_id == order_event_id)
        ).first()
    if found is not None:
        send_about_order(
            ports, found.order_id, "order_note", about=str(order_event_id), words=found.words
        )

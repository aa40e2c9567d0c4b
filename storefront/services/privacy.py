"""A person's data, by their address: all of it in one document, or erased so that nothing of it is
left. Figures, ids and history stay: books have to stand."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, update

from storefront.domain.fulfilment import Stage, stage
from storefront.errors import Conflict, NotFound
from storefront.models import (
    OfferUse,
    Order,
    OrderContact,
    OrderEvent,
    OrderNote,
    Payment,
    PaymentEvent,
    PaymentPayload,
    Shipment,
)
from storefront.services import actions
from storefront.services.history import note
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from storefront.kinds import LineKind
    from storefront.services.actions import Doer

ERASED = "erased"
TO_HAND_OVER = frozenset({Stage.PREPARING, Stage.READY})


@frozen
class Person:
    """Somebody as a merchant knows them: by one address, whatever the case of its letters."""

    merchant_id: int
    email: str

    @property
    def key(self) -> str:
        """The address as it is compared."""
        return self.email.strip().lower()


@frozen
class Known:
    """What is known of a person: orders, the latest first, and what kinds of lines keep, each a
    document of its own. `waiting` orders still have to be handed over."""

    orders: Sequence[dict[str, object]]
    more: dict[str, Sequence[dict[str, object]]]
    waiting: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known."""
        return not self.orders and not any(self.more.values())


def find_person(session: Session, person: Person, *, kinds: Iterable[LineKind]) -> Known:
    """Return everything that is kept about a person by name, address or words of theirs."""
    rows = session.execute(
        select(Order, OrderContact)
        .join(OrderContact, OrderContact.order_id == Order.id)
        .where(*_is_theirs(person))
        .order_by(Order.placed_at.desc(), Order.id.desc())
    ).all()
    more = {kind.name: kind.know(session, person.merchant_id, person.key) for kind in kinds}
    return Known(
        orders=[_order(session, order, contact) for order, contact in rows],
        more={name: found for name, found in more.items() if found},
        waiting=sum(stage(order.facts) in TO_HAND_OVER for order, _ in rows),
    )


def export_person(
    session: Session,
    who: Doer,
    person: Person,
    *,
    kinds: Iterable[LineKind],
    now: datetime,
) -> dict[str, object]:
    """Return everything that is known of a person as one document, and note who took it.

    Raises `NotFound` where nothing is known.
    """
    known = find_person(session, person, kinds=kinds)
    if known.is_empty:
        raise NotFound
    count = len(known.orders) + sum(map(len, known.more.values()))
    actions.note(session, who, "person_exported", of=("person", ""), now=now, count=count)
    return {"email": person.email, "orders": known.orders, **known.more}


def _is_theirs(person: Person) -> tuple[ColumnElement[bool], ...]:
    return (
        OrderContact.merchant_id == person.merchant_id,
        func.lower(OrderContact.email) == person.key,
    )


def _order(session: Session, order: Order, contact: OrderContact) -> dict[str, object]:
    written = session.scalars(
        select(OrderNote.words)
        .join(OrderEvent, OrderEvent.id == OrderNote.order_event_id)
        .where(OrderEvent.merchant_id == order.merchant_id, OrderEvent.order_id == order.id)
        .order_by(OrderNote.id)
    ).all()
    parcel = session.scalars(
        select(Shipment).where(
            Shipment.merchant_id == order.merchant_id, Shipment.order_id == order.id
        )
    ).first()
    return {
        "order": order.public_id,
        "number": order.number,
        "placed_at": order.placed_at.isoformat(),
        "paid_at": order.paid_at.isoformat() if order.paid_at else None,
        "total_minor": order.total_minor,
        "refunded_minor": order.refunded_minor,
        "currency": order.currency,
        "name": contact.name,
        "email": contact.email,
        "phone": contact.phone,
        "address": contact.address,
        "note": contact.note,
        "lines": [
            {"title": line.title, "variant": line.variant_name, "quantity": line.quantity}
            for line in order.lines
        ],
        "written_to_them": list(written),
        "parcel": parcel.tracking_number if parcel else None,
    }


def erase_person(
    session: Session,
    who: Doer,
    person: Person,
    *,
    kinds: Sequence[LineKind],
    now: datetime,
) -> int:
    """Erase what is kept about a person; return from how many orders and things of other kinds.

    Raises `NotFound` where nothing is known, `Conflict` orders_waiting while something of theirs
    is still to be handed over: without an address nobody could.
    """
    known = find_person(session, person, kinds=kinds)
    if known.is_empty:
        raise NotFound
    if known.waiting:
        raise Conflict("orders_waiting", left=known.waiting)
    # Kinds look their things up by the orders' addresses, so they go first.
    more = sum(kind.erase(session, person.merchant_id, person.key, now=now) for kind in kinds)
    order_ids = session.scalars(select(OrderContact.order_id).where(*_is_theirs(person))).all()
    for order_id in order_ids:
        _erase_order(session, person.merchant_id, order_id, now=now)
    count = len(order_ids) + more
    actions.note(session, who, "person_erased", of=("person", ""), now=now, count=count)
    return count


def _erase_order(session: Session, merchant_id: int, order_id: int, *, now: datetime) -> None:
    """Take whom it is about from an order, and the key by which their orders were known."""
    events = select(OrderEvent.id).where(
        OrderEvent.merchant_id == merchant_id, OrderEvent.order_id == order_id
    )
    messages = (
        select(PaymentEvent.id)
        .join(Payment, Payment.id == PaymentEvent.payment_id)
        .where(Payment.order_id == order_id)
    )
    gone = (
        delete(OrderContact).where(OrderContact.order_id == order_id),
        delete(OrderNote).where(OrderNote.order_event_id.in_(events)),
        delete(PaymentPayload).where(PaymentPayload.payment_event_id.in_(messages)),
        update(Shipment)
        .where(Shipment.merchant_id == merchant_id, Shipment.order_id == order_id)
        .values(tracking_number="", tracking_url=""),
        update(OfferUse)
        .where(OfferUse.order_id == order_id)
        .values(buyer_key=secrets.token_hex(32)),
        update(Order).where(Order.id == order_id).values(buyer_key=None),
    )
    for statement in gone:
        session.execute(statement.execution_options(synchronize_session=False))
    note(session, merchant_id, order_id, kind=ERASED, now=now)

"""Hand orders over: ready to be picked up, picked up, shipped. Each step is one conditional update,
so that of two members one does it and the other is told why not. Cancelling is next door."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from sqlalchemy import insert, or_, select, update

from storefront.domain import fulfilment as rules
from storefront.errors import Conflict, NotFound
from storefront.models import Order, Shipment
from storefront.services import actions, jobs
from storefront.services.history import note
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from storefront.domain.orders import OrderFacts

IS_HERE = (
    Order.paid_at.is_not(None),
    Order.cancelled_at.is_(None),
    Order.picked_up_at.is_(None),
    Order.shipped_at.is_(None),
    or_(Order.refunded_minor < Order.total_minor, Order.total_minor == 0),
)
"""What the facts of an order are while it is the buyer's and still with the merchant."""

MAY_GO = (*IS_HERE, Order.needs_review_at.is_(None))
"""What the facts of an order must be for anything of it to be handed over."""


@frozen
class Tracking:
    """Where a parcel can be followed; what is not known is empty."""

    carrier: str = ""
    number: str = ""
    url: str = ""


@frozen
class Handling:
    """One order of a merchant in one member's hands."""

    merchant_id: int
    order: str
    member_id: int

    @property
    def thing(self) -> tuple[str, str]:
        """Return what it is done to, as the log names it."""
        return ("order", self.order)


@frozen
class _Step:
    """A step: which orders may take it, and why others may not."""

    conditions: tuple[ColumnElement[bool], ...]
    why_not: Callable[[OrderFacts], str | None]


READY = _Step(
    (*MAY_GO, Order.fulfilment == rules.PICKUP, Order.ready_at.is_(None)), rules.why_not_ready
)
PICK_UP = _Step((*MAY_GO, Order.fulfilment == rules.PICKUP), rules.why_not_picked_up)
SHIP = _Step((*MAY_GO, Order.fulfilment == rules.SHIPPING), rules.why_not_shipped)
UNDO = _Step((Order.picked_up_at.is_not(None),), rules.why_not_undone)


def make_ready(session: Session, handling: Handling, *, now: datetime) -> None:
    """Call an order ready to be picked up, and tell the buyer.

    This and the other steps raise `NotFound`, or `Conflict` with the reason in its code.
    """
    order_id = _take(session, handling, READY, ready_at=now)
    _note(session, handling, order_id, kind="ready", now=now)
    actions.note(session, handling, "ready", of=handling.thing, now=now)
    jobs.add(
        session,
        "send_ready",
        {"order_id": order_id},
        merchant_id=handling.merchant_id,
        now=now,
        unique_key=str(order_id),
    )


def pick_up(session: Session, handling: Handling, *, now: datetime) -> None:
    """Note that an order was handed over in the store."""
    order_id = _take(session, handling, PICK_UP, picked_up_at=now)
    _note(session, handling, order_id, kind="picked_up", now=now)
    actions.note(session, handling, "picked_up", of=handling.thing, now=now)


def undo_pick_up(session: Session, handling: Handling, *, now: datetime) -> None:
    """Take back that an order was handed over: somebody tapped the wrong one."""
    order_id = _take(session, handling, UNDO, picked_up_at=None)
    _note(session, handling, order_id, kind="pick_up_undone", now=now)
    actions.note(session, handling, "pick_up_undone", of=handling.thing, now=now)


def ship(session: Session, handling: Handling, *, tracking: Tracking, now: datetime) -> None:
    """Note that an order is on its way with all that was bought, and tell the buyer."""
    order_id = _take(session, handling, SHIP, shipped_at=now)
    session.execute(
        insert(Shipment).values(
            merchant_id=handling.merchant_id,
            order_id=order_id,
            carrier=tracking.carrier,
            tracking_number=tracking.number,
            tracking_url=tracking.url,
        )
    )
    _note(session, handling, order_id, kind="shipped", now=now)
    actions.note(session, handling, "shipped", of=handling.thing, now=now)
    jobs.add(
        session,
        "send_shipped",
        {"order_id": order_id},
        merchant_id=handling.merchant_id,
        now=now,
        unique_key=str(order_id),
    )


def correct_tracking(
    session: Session, handling: Handling, *, tracking: Tracking, now: datetime
) -> None:
    """Say anew where a shipped order can be followed, and tell the buyer; what is the same stays.

    Raises `NotFound`, or `Conflict` not_shipped.
    """
    shipment = session.scalars(
        select(Shipment)
        .join(Order, Order.id == Shipment.order_id)
        .where(
            Shipment.merchant_id == handling.merchant_id,
            Order.public_id == handling.order,
            Order.shipped_at.is_not(None),
        )
        .with_for_update(of=Shipment)
    ).first()
    if shipment is None:
        refuse(session, handling.merchant_id, handling.order, why_not=rules.why_not_followed)
    if tracking == Tracking(shipment.carrier, shipment.tracking_number, shipment.tracking_url):
        return
    shipment.carrier, shipment.tracking_number = tracking.carrier, tracking.number
    shipment.tracking_url = tracking.url
    event_id = _note(session, handling, shipment.order_id, kind="tracking_corrected", now=now)
    actions.note(session, handling, "tracking_corrected", of=handling.thing, now=now)
    jobs.add(
        session,
        "send_tracking",
        {"order_id": shipment.order_id, "event_id": event_id},
        merchant_id=handling.merchant_id,
        now=now,
    )


def hand_over(session: Session, handling: Handling, *, now: datetime) -> None:
    """Hand an order over in the way that was ordered, nothing known of its parcel."""
    way = session.scalar(
        select(Order.fulfilment).where(
            Order.merchant_id == handling.merchant_id, Order.public_id == handling.order
        )
    )
    if way is None:
        raise NotFound
    if way == rules.SHIPPING:
        ship(session, handling, tracking=Tracking(), now=now)
    else:
        pick_up(session, handling, now=now)


def _take(session: Session, handling: Handling, step: _Step, **facts: datetime | None) -> int:
    taken = session.execute(
        update(Order)
        .where(
            Order.merchant_id == handling.merchant_id,
            Order.public_id == handling.order,
            *step.conditions,
        )
        .values(**facts)
        .returning(Order.id)
        .execution_options(synchronize_session=False)
    ).first()
    if taken is None:
        refuse(session, handling.merchant_id, handling.order, why_not=step.why_not)
    return int(taken.id)


def refuse(
    session: Session, merchant_id: int, order: str, *, why_not: Callable[[OrderFacts], str | None]
) -> NoReturn:
    """Raise what explains that a step found no order to take."""
    row = session.scalars(
        select(Order)
        .where(Order.merchant_id == merchant_id, Order.public_id == order)
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise NotFound
    raise Conflict(why_not(row.facts) or "conflict")


def _note(session: Session, handling: Handling, order_id: int, *, kind: str, now: datetime) -> int:
    return note(
        session,
        handling.merchant_id,
        order_id,
        kind=kind,
        now=now,
        member_id=handling.member_id,
    )

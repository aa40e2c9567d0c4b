"""Cancel orders, for the shop and for the buyer. One that is paid gives all its money back in the
same transaction; of cancelling and handing over, whichever comes first wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from storefront.domain import fulfilment as rules
from storefront.errors import Conflict, NotFound
from storefront.models import Merchant, Order
from storefront.services import actions, jobs, refunds, sales, settling, stock
from storefront.services.fulfilment import IS_HERE, MAY_GO, refuse
from storefront.services.history import note
from storefront.services.orders import cancel_time
from storefront.services.refund_rows import CANCELLED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from storefront.domain.orders import OrderFacts
    from storefront.kinds import LineKind
    from storefront.ports import Ports
    from storefront.services.fulfilment import Handling

BY_SHOP = "by_shop"
BY_BUYER = "by_buyer"


def cancel_order(ports: Ports, handling: Handling) -> None:
    """Cancel an order that has not been handed over, for the merchant.

    Raises `NotFound`, `Conflict` with the reason, `TryAgain` when the gateway does not answer
    about an unpaid one.
    """
    with ports.reads() as session:
        order = _get(session, handling.merchant_id, handling.order)
    if order.paid_at is None:
        if order.expired_at is not None:
            raise Conflict("order_expired")
        settling.cancel_unpaid(ports, order.id, handling)
        return
    now = ports.clock.now()
    with ports.sessions.begin() as session:
        _cancel_paid(
            session,
            order,
            by=BY_SHOP,
            member_id=handling.member_id,
            conditions=IS_HERE,
            why_not=rules.why_not_cancelled,
            kinds=ports.kinds,
            now=now,
        )
        actions.note(session, handling, "cancelled", of=handling.thing, now=now)


def cancel_for_buyer(
    session: Session,
    merchant_id: int,
    order_public_id: str,
    *,
    kinds: Iterable[LineKind],
    now: datetime,
) -> None:
    """Cancel a paid order for its buyer while nothing is ready and the merchant's time lasts.

    Raises `NotFound` or `Conflict` with the reason.
    """
    order = _get(session, merchant_id, order_public_id)
    within = cancel_time(session, merchant_id)

    def why_not(facts: OrderFacts) -> str | None:
        return rules.why_not_cancelled_by_buyer(facts, within=within, now=now)

    _cancel_paid(
        session,
        order,
        by=BY_BUYER,
        member_id=None,
        conditions=(*MAY_GO, Order.ready_at.is_(None), Order.paid_at > now - within),
        why_not=why_not,
        kinds=kinds,
        now=now,
    )


def set_cancel_time(session: Session, merchant_id: int, minutes: int) -> None:
    """Let this merchant's buyers cancel for so long after they paid; 0 is never."""
    session.execute(
        update(Merchant).where(Merchant.id == merchant_id).values(cancel_minutes=minutes)
    )


def _get(session: Session, merchant_id: int, order_public_id: str) -> Order:
    order = session.scalars(
        select(Order).where(Order.merchant_id == merchant_id, Order.public_id == order_public_id)
    ).first()
    if order is None:
        raise NotFound
    return order


def _cancel_paid(
    session: Session,
    order: Order,
    *,
    by: str,
    member_id: int | None,
    conditions: tuple[ColumnElement[bool], ...],
    why_not: Callable[[OrderFacts], str | None],
    kinds: Iterable[LineKind],
    now: datetime,
) -> None:
    stock.lock(session, order.id)
    cancelled = session.execute(
        update(Order)
        .where(Order.id == order.id, *conditions)
        .values(cancelled_at=now)
        .returning(Order.id)
        .execution_options(synchronize_session=False)
    ).first()
    if cancelled is None:
        refuse(session, order.merchant_id, order.public_id, why_not=why_not)
    note(
        session,
        order.merchant_id,
        order.id,
        kind="cancelled",
        detail=by,
        now=now,
        member_id=member_id,
    )
    if order.total_minor == 0:
        sales.take_back_free(session, order.id, kinds=kinds, now=now)
    else:
        refunds.refund_order(
            session,
            order.merchant_id,
            order.public_id,
            wish=refunds.Wish(),
            reason=CANCELLED,
            kinds=kinds,
            member_id=member_id,
            now=now,
        )
    jobs.add(
        session,
        "send_cancelled",
        {"order_id": order.id},
        merchant_id=order.merchant_id,
        now=now,
        unique_key=str(order.id),
    )

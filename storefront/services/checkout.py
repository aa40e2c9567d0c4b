"""Place an order: hold the stock, write everything down, then ask the gateway for a payment."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import and_, select

from storefront.db.ids import public_id
from storefront.domain.orders import OrderStatus, status
from storefront.errors import Conflict, StorefrontError
from storefront.models import Order, Payment
from storefront.services import idempotency, sales
from storefront.services.idempotency import RequestKey
from storefront.services.order_preparing import prepare
from storefront.services.order_requests import PlacedOrder
from storefront.services.order_tokens import order_token
from storefront.services.order_writing import FIRST, Draft, write_down
from storefront.services.payment_opening import kept_of, open_payment
from storefront.services.placements import get_placement

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storefront.ports import Ports
    from storefront.services.idempotency import Turn
    from storefront.services.order_preparing import Prepared
    from storefront.services.order_requests import PlaceOrder
    from storefront.services.views import PlacementView

ROUTE = "POST /orders"
ANYONE = "anyone"


def place_order(
    ports: Ports, command: PlaceOrder, *, placement: PlacementView | None = None
) -> PlacedOrder:
    """Place an order and open its payment; the same request key never makes two. Who has just
    looked the placement up hands it over.

    Raises `NotFound` for a placement that is not in use, `Invalid` for input that cannot be
    used, `Conflict` sold_out / all_held / price_changed / in_progress, `Conflict` or `Ended` with
    its own reason for an offer that does not count any more, `TooMany` after many failed
    payments, and `TryAgain` when the gateway does not answer: the hold is kept, and the same key
    goes on where this try ended.
    """
    now = ports.clock.now()
    name = public_id("ord")
    with ports.reads() as session:
        placement = placement or get_placement(session, command.placement)
        key = _request_key(placement, command)
        request = _look(session, ports, placement, command=command, key=key, now=now)
    with ports.sessions.begin() as session:
        turn = idempotency.take_turn(session, key, now=now, subject=name)
        if turn.answer is not None:
            return _replay(ports, session, placement, turn=turn)
        draft = _resume(session, placement, turn, now=now)
        if draft is None:
            request = request or prepare(session, ports, placement, command=command, now=now)
            draft = write_down(session, ports, request, turn=turn, name=name)
        if not draft.payment_public_id:
            return _settle_free(session, ports, placement, draft=draft)
    return open_payment(ports, placement, draft)


def _look(
    session: Session,
    ports: Ports,
    placement: PlacementView,
    *,
    command: PlaceOrder,
    key: RequestKey,
    now: datetime,
) -> Prepared | None:
    """Prepare an order, or refuse it at the price of a read; None where the key is in use.

    Who asks again under their key is answered as before, though nothing may be left by now,
    perhaps because they hold it. The key is looked for last: it is written together with the hold.
    """
    try:
        return prepare(session, ports, placement, command=command, now=now)
    except StorefrontError:
        if not idempotency.is_known(session, key):
            raise
        return None


def _request_key(placement: PlacementView, command: PlaceOrder) -> RequestKey:
    return RequestKey(placement.merchant.id, ANYONE, ROUTE, command.request_key, command.body_hash)


def _settle_free(
    session: Session, ports: Ports, placement: PlacementView, *, draft: Draft
) -> PlacedOrder:
    """Sell at once what costs nothing, in the transaction that writes it down."""
    sales.settle_free(session, draft.order_id, kinds=ports.kinds, now=ports.clock.now())
    idempotency.keep_answer(session, draft.turn, status=201, answer=kept_of(draft))
    token = order_token(ports, placement.merchant.id, draft.public_id)
    return PlacedOrder(draft.public_id, token, "", "", draft.amount, draft.held_until)


def _resume(
    session: Session, placement: PlacementView, turn: Turn, *, now: datetime
) -> Draft | None:
    """Find the order that an earlier try under this key has written down.

    Raises `Conflict` hold_over when its time has passed meanwhile.
    """
    if turn.subject is None:
        return None
    order, payment = session.execute(
        select(Order, Payment)
        .join(Payment, Payment.order_id == Order.id)
        .where(
            Order.merchant_id == placement.merchant.id,
            Order.public_id == turn.subject,
            Payment.attempt == FIRST,
        )
    ).one()
    if status(order.facts, now) is not OrderStatus.AWAITING_PAYMENT:
        raise Conflict("hold_over")
    return Draft(
        order.id,
        order.public_id,
        payment.public_id,
        payment.account,
        order.total,
        order.held_until,
        turn,
    )


def _replay(ports: Ports, session: Session, placement: PlacementView, *, turn: Turn) -> PlacedOrder:
    """Say again what was said first, to the letter: the end of the hold too, whatever has become
    of it. How things stand now is told by the order itself."""
    answer = turn.answer or {}
    order, reference, secret = session.execute(
        select(Order, Payment.gateway_reference, Payment.client_secret)
        .outerjoin(Payment, and_(Payment.order_id == Order.id, Payment.attempt == FIRST))
        .where(Order.merchant_id == placement.merchant.id, Order.public_id == turn.subject)
    ).one()
    return PlacedOrder(
        order.public_id,
        order_token(ports, placement.merchant.id, order.public_id),
        reference or "",
        secret or "",
        order.total,
        datetime.fromisoformat(answer["expires_at"]),
        is_replay=True,
    )

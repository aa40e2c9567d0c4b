"""The gateway asked for the payment of an order that is written down, with no transaction open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, update

from storefront.db.hot import table_of
from storefront.db.together import run_both
from storefront.errors import Declined, Invalid, TryAgain
from storefront.models import Order, Payment
from storefront.ports import OpenRequest
from storefront.services import idempotency, stock
from storefront.services.history import note
from storefront.services.order_requests import PlacedOrder
from storefront.services.order_tokens import order_token

if TYPE_CHECKING:
    from storefront.ports import Ports
    from storefront.services.order_writing import Draft
    from storefront.services.views import PlacementView

_payment = table_of(Payment)
OPENED = (
    update(_payment)
    .where(
        _payment.c.merchant_id == bindparam("of_merchant"),
        _payment.c.public_id == bindparam("payment"),
    )
    .values(
        gateway_reference=bindparam("reference"),
        client_secret=bindparam("secret"),
        opened_at=bindparam("now"),
    )
)


def open_payment(ports: Ports, placement: PlacementView, draft: Draft) -> PlacedOrder:
    """Ask the gateway with no transaction open, then write down what it said."""
    merchant = placement.merchant
    request = OpenRequest(
        amount=draft.amount,
        account=draft.account,
        key=draft.payment_public_id,
        description=f"{merchant.name} {draft.public_id}",
        metadata={
            "merchant": merchant.public_id,
            "order": draft.public_id,
            "payment": draft.payment_public_id,
        },
    )
    try:
        opened = ports.payments.open(request)
    except TryAgain:
        with ports.sessions.begin() as session:
            idempotency.end_turn(session, draft.turn, now=ports.clock.now())
        raise
    except (Invalid, Declined):
        _abandon(ports, merchant.id, draft)
        raise
    placed = PlacedOrder(
        draft.public_id,
        order_token(ports, merchant.id, draft.public_id),
        opened.reference,
        opened.client_secret,
        draft.amount,
        draft.held_until,
    )
    now = ports.clock.now()
    with ports.sessions.begin() as session:
        run_both(
            session,
            OPENED,
            idempotency.KEEP,
            of_merchant=merchant.id,
            payment=draft.payment_public_id,
            reference=opened.reference,
            secret=opened.client_secret,
            now=now,
            **idempotency.kept(draft.turn, status=201, answer=kept_of(draft)),
        )
    return placed


def kept_of(draft: Draft) -> dict[str, str]:
    """Return what is needed to answer a repeat as the first request was answered."""
    return {"order": draft.public_id, "expires_at": draft.held_until.isoformat()}


def _abandon(ports: Ports, merchant_id: int, draft: Draft) -> None:
    """Give everything back: the gateway will never take this payment."""
    now = ports.clock.now()
    with ports.sessions.begin() as session:
        stock.lock(session, draft.order_id)
        stock.release(session, draft.order_id, now=now)
        session.execute(update(Order).where(Order.id == draft.order_id).values(cancelled_at=now))
        note(
            session,
            merchant_id,
            draft.order_id,
            kind="cancelled",
            now=now,
            detail="gateway_refused",
        )
        idempotency.name_subject(session, draft.turn, None)
        idempotency.end_turn(session, draft.turn, now=now)

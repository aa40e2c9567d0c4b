"""What the gateway says of refunds and disputes, shaped as Stripe shapes it."""

import itertools
import json
from typing import Any

from sqlalchemy import select

from storefront.models import Payment, Refund
from storefront.services.order_requests import PlacedOrder
from storefront.services.payments import Applied, apply_event
from tests.fakes import Bench, signature

_numbers = itertools.count(1)


def refund_body(
    reference: str,
    payment: str,
    minor: int,
    *,
    state: str,
    currency: str = "usd",
    metadata: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Return a Refund object."""
    return {
        "id": reference,
        "object": "refund",
        "amount": minor,
        "charge": "ch_1",
        "currency": currency,
        "failure_reason": "expired_or_canceled_card" if state == "failed" else None,
        "metadata": metadata or {},
        "payment_intent": payment,
        "reason": None,
        "status": state,
    }


def event(type_: str, about: dict[str, Any], *, created: int, account: str = "") -> bytes:
    """Return the body of a message about an object."""
    return json.dumps(
        {
            "id": f"evt_news_{next(_numbers)}",
            "object": "event",
            "type": type_,
            "created": created,
            "livemode": False,
            "data": {"object": about},
            **({"account": account} if account else {}),
        }
    ).encode()


def tell(bench: Bench, type_: str, about: dict[str, Any], *, account: str = "") -> Applied:
    """Let the gateway send one message about an object, through the real reader."""
    created = int(bench.clock.now().timestamp())
    return apply(bench, event(type_, about, created=created, account=account))


def apply(bench: Bench, body: bytes) -> Applied:
    """Take a message in, as the webhook does."""
    message = bench.gateway.read_event(body, signature(body))
    with bench.database.begin() as session:
        return apply_event(
            session, message, body.decode(), kinds=bench.ports.kinds, now=bench.clock.now()
        )


def tell_of_refund(bench: Bench, refund: Refund, state: str, **changes: Any) -> Applied:
    """Let the gateway say what has become of a refund of ours."""
    with bench.database.reads() as session:
        payment = session.scalars(select(Payment).where(Payment.id == refund.payment_id)).one()
    about = refund_body(
        refund.gateway_reference or f"re_fake_{refund.public_id}-{refund.amount_minor}",
        str(payment.gateway_reference),
        refund.amount_minor,
        state=state,
        metadata={"refund": refund.public_id},
    )
    type_ = "refund.failed" if state == "failed" else "refund.updated"
    return tell(bench, type_, about | changes)


def tell_of_dashboard_refund(
    bench: Bench, placed: PlacedOrder, minor: int, *, reference: str = "re_dash", **changes: Any
) -> Applied:
    """Let the gateway say that somebody has refunded a payment in its dashboard."""
    state = changes.pop("state", "succeeded")
    account = changes.pop("account", "")
    about = refund_body(reference, placed.payment_reference, minor, state=state)
    return tell(bench, "refund.created", about | changes, account=account)


def dispute_body(
    payment: str, minor: int, *, state: str, reference: str = "du_1"
) -> dict[str, Any]:
    """Return a Dispute object, due on the last day of March 2026."""
    return {
        "id": reference,
        "object": "dispute",
        "amount": minor,
        "charge": "ch_1",
        "currency": "usd",
        "evidence_details": {"due_by": 1774915199, "has_evidence": False, "past_due": False},
        "metadata": {},
        "payment_intent": payment,
        "reason": "product_not_received",
        "status": state,
    }


def tell_of_dispute(
    bench: Bench, placed: PlacedOrder, minor: int, state: str, **changes: Any
) -> Applied:
    """Let the gateway say how a dispute stands."""
    type_ = "closed" if state in {"won", "lost", "warning_closed"} else "updated"
    account = changes.pop("account", "")
    about = dispute_body(placed.payment_reference, minor, state=state)
    return tell(bench, f"charge.dispute.{type_}", about | changes, account=account)

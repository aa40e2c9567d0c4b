"""R-B2: the messages of one history in any order end in the same state, on both engines."""

import itertools
import random
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from storefront.domain.orders import status
from storefront.models import CreditEntry, Dispute, LedgerEntry, Order, Payment, Refund, Variant
from tests.factories import World, place, world_on
from tests.fakes import Bench, event_body
from tests.storefront.gateway_news import apply, dispute_body, event, refund_body

SEED, SAMPLES = 20, 120
NAMES = ("created", "succeeded", "charge", "refund", "refund_updated", "dispute")
ALL = tuple(itertools.permutations(NAMES))


def sampled() -> list[tuple[str, ...]]:
    """Choose orders so that every pair of messages stands both ways round, next to each other."""
    chosen = random.Random(SEED).sample(ALL, SAMPLES)
    for first, second in itertools.permutations(NAMES, 2):
        rest = [name for name in NAMES if name not in {first, second}]
        chosen.append((first, second, *rest))
    return chosen


def history(bench: Bench, reference: str) -> dict[str, bytes]:
    """Return the six messages about one payment, by name."""
    created = int(bench.clock.now().timestamp())
    waiting = bench.gateway.snapshots[reference]
    paid = replace(waiting, state="succeeded")
    refund = refund_body(f"re_{reference}", reference, 300, state="pending")
    about: dict[str, dict[str, Any]] = {
        "charge": {"id": "ch_1", "object": "charge", "payment_intent": reference},
        "refund": refund,
        "refund_updated": refund | {"status": "succeeded"},
        "dispute": dispute_body(
            reference, 600, state="needs_response", reference=f"du_{reference}"
        ),
    }
    types = {
        "charge": "charge.succeeded",
        "refund": "refund.created",
        "refund_updated": "refund.updated",
        "dispute": "charge.dispute.created",
    }
    messages = {name: event(types[name], about[name], created=created) for name in about}
    for name, snapshot in (("created", waiting), ("succeeded", paid)):
        messages[name] = event_body(
            f"payment_intent.{name}",
            snapshot,
            event_id=f"evt_{name}_{reference}",
            created=created,
        )
    return messages


def state(bench: Bench, public_id: str) -> dict[str, object]:
    """Return all that a history has made of an order."""
    with bench.database.reads() as session:
        order = session.scalars(select(Order).where(Order.public_id == public_id)).one()
        payment = session.scalars(select(Payment).where(Payment.order_id == order.id)).one()
        ledger = session.execute(
            select(LedgerEntry.cause, LedgerEntry.account, LedgerEntry.amount_minor)
            .where(LedgerEntry.order_id == order.id)
            .order_by(LedgerEntry.cause, LedgerEntry.account)
        )
        credit = session.execute(
            select(CreditEntry.model, CreditEntry.cause, CreditEntry.amount_minor)
            .where(CreditEntry.order_id == order.id)
            .order_by(CreditEntry.model, CreditEntry.cause)
        )
        refund = session.scalars(select(Refund).where(Refund.payment_id == payment.id)).one()
        dispute = session.scalars(select(Dispute).where(Dispute.payment_id == payment.id)).one()
        return {
            "order": status(order.facts, bench.clock.now()),
            "payment": (payment.refunded_minor, payment.returned_at is None),
            "ledger": [tuple(row) for row in ledger],
            "credit": [tuple(row) for row in credit],
            "refund": (refund.amount_minor, refund.settled_at is None, refund.failed_at),
            "dispute": (dispute.state, dispute.withdrawn_at is None, dispute.amount_minor),
        }


def play(bench: Bench, world: World, order: tuple[str, ...]) -> dict[str, object]:
    """Sell two units and deliver the history in this order."""
    placed = place(bench, world, quantity=2)
    messages = history(bench, placed.payment_reference)
    for name in order:
        apply(bench, messages[name])
    return state(bench, placed.public_id)


@pytest.mark.parametrize(
    "orders",
    [
        pytest.param(sampled(), id="sampled"),
        pytest.param(ALL, id="all", marks=[pytest.mark.prove, pytest.mark.timeout(1800)]),
    ],
)
def test_every_order_of_messages_ends_in_the_same_state(
    bench: Bench, orders: list[tuple[str, ...]]
) -> None:
    world = world_on(bench, stock=None)
    expected = play(bench, world, NAMES)

    different = [order for order in orders if play(bench, world, order) != expected]

    with bench.database.reads() as session:
        held, sold = session.execute(select(Variant.held, Variant.sold)).one()
        refunds = session.scalar(select(func.count(Refund.id)))
    assert [] == different
    assert (0, 2 * (len(orders) + 1)) == (held, sold)
    assert len(orders) + 1 == refunds
    assert (600, "partially_refunded") == (
        expected["dispute"][2],  # type: ignore[index]
        expected["order"],
    )

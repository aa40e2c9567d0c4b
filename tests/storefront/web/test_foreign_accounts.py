"""R-B11: whatever a message for another account names, it changes nothing of this merchant's."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from storefront.models import Alarm, Dispute, Payment, PaymentEvent, Refund
from storefront.services.alarms import INSTALLATION
from storefront.services.order_requests import PlacedOrder
from storefront.services.refunds import Wish, refund_order
from storefront.worker import run_due
from tests.contents import contents
from tests.factories import World, place, world_on
from tests.fakes import Bench, event_body, signature
from tests.storefront import gateway_news

MINE, RIVALS = "acct_mine", "acct_rival"
FOREIGN = (RIVALS, "acct_of_nobody", "")
KEPT = {"storefront_payment_events", "storefront_payment_payloads"}
CALLED = "storefront_alarms"

INTENTS = {
    "payment_intent.created": "requires_payment_method",
    "payment_intent.requires_action": "requires_action",
    "payment_intent.processing": "processing",
    "payment_intent.payment_failed": "requires_payment_method",
    "payment_intent.canceled": "canceled",
    "payment_intent.succeeded": "succeeded",
}
CHARGES = ("succeeded", "failed", "updated", "refunded")
REFUNDS = {"refund.created": "pending", "refund.updated": "succeeded", "refund.failed": "failed"}
DISPUTES = {
    "created": "needs_response",
    "updated": "under_review",
    "funds_withdrawn": "needs_response",
    "funds_reinstated": "won",
    "closed": "lost",
}


@pytest.fixture
def world(bench: Bench) -> World:
    """Give a merchant with an account of its own."""
    return world_on(bench, stripe_account=MINE)


@pytest.fixture
def rival(bench: Bench) -> World:
    """Give another merchant with another account."""
    return world_on(bench, slug="rival", stripe_account=RIVALS)


def tell(bench: Bench, *bodies: bytes) -> None:
    """Deliver messages, which are always answered with 200."""
    client = bench.client()
    for body in bodies:
        header = {"Stripe-Signature": signature(body)}
        assert 200 == client.post("/webhooks/stripe", data=body, headers=header).status_code


def pay(bench: Bench, placed: PlacedOrder, account: str) -> None:
    """Let an order's own account say that it is paid."""
    snapshot = replace(bench.gateway.snapshots[placed.payment_reference], state="succeeded")
    assert account == snapshot.account
    tell(bench, event_body("payment_intent.succeeded", snapshot, created=1_773_480_413))


def leave_open(bench: Bench, world: World, placed: PlacedOrder) -> None:
    """Leave the order as it is: it waits for its money."""


def paid(bench: Bench, _world: World, placed: PlacedOrder) -> None:
    """Let the order be paid."""
    pay(bench, placed, MINE)


def refunded(bench: Bench, world: World, placed: PlacedOrder) -> None:
    """Let the order be paid, and a part of it go back."""
    paid(bench, world, placed)
    with bench.database.begin() as session:
        wish = Wish(amount_minor=100)
        now = bench.clock.now()
        refund_order(
            session,
            world.merchant.id,
            placed.public_id,
            wish=wish,
            kinds=bench.ports.kinds,
            now=now,
        )
    while run_due(bench.ports):
        pass


def disputed(bench: Bench, world: World, placed: PlacedOrder) -> None:
    """Let the order be paid, and its payment be disputed."""
    paid(bench, world, placed)
    gateway_news.tell_of_dispute(bench, placed, 450, "needs_response", account=MINE)


SITUATIONS = (leave_open, paid, refunded, disputed)


def messages(bench: Bench, placed: PlacedOrder, account: str) -> Iterator[bytes]:
    """Yield every message for an account that names what belongs to an order of another."""
    yield from about_the_payment(bench, placed, account)
    yield from about_charges(placed, account)
    yield from about_refunds(bench, placed, account)
    for name, state in DISPUTES.items():
        for reference in ("du_1", "du_of_theirs"):
            about = gateway_news.dispute_body(
                placed.payment_reference, 450, state=state, reference=reference
            )
            yield message(f"charge.dispute.{name}", about, account)


def about_the_payment(bench: Bench, placed: PlacedOrder, account: str) -> Iterator[bytes]:
    """Name it in the metadata, by its reference, or both."""
    known = bench.gateway.snapshots[placed.payment_reference]
    nameless = {"payment_public_id": None, "merchant_public_id": None}
    for type_, state in INTENTS.items():
        told = replace(known, state=state, account=account)
        for number, naming in enumerate(({}, nameless, {"reference": "pi_of_theirs"})):
            yield event_body(
                type_,
                replace(told, **naming),
                event_id=f"evt_{type_}_{number}",
                created=1_773_480_413,
            )


def about_charges(placed: PlacedOrder, account: str) -> Iterator[bytes]:
    """Name the payment of a charge."""
    for name in CHARGES:
        about = {
            "id": "ch_1",
            "object": "charge",
            "amount": 450,
            "currency": "usd",
            "metadata": {},
            "payment_intent": placed.payment_reference,
        }
        yield message(f"charge.{name}", about, account)


def about_refunds(bench: Bench, placed: PlacedOrder, account: str) -> Iterator[bytes]:
    """Name the payment alone, or a refund of it too: by our name for it and by theirs."""
    with bench.database.reads() as session:
        ours = session.scalars(select(Refund)).first()
    known = {"re_new": {}} if ours is None else {
        "re_new": {"refund": ours.public_id}, str(ours.gateway_reference): {},
    }  # fmt: skip
    for type_, state in REFUNDS.items():
        for reference, names in known.items():
            about = gateway_news.refund_body(
                reference, placed.payment_reference, 100, state=state, metadata=names
            )
            yield message(type_, about, account)


def message(type_: str, about: dict[str, Any], account: str) -> bytes:
    """Return a message of its own about an object."""
    return gateway_news.event(type_, about, created=1_773_480_413, account=account)


@pytest.mark.usefixtures("rival")
@pytest.mark.parametrize("account", FOREIGN)
@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.__name__)
def test_no_message_for_another_account_changes_an_order(
    bench: Bench, world: World, *, situation: Any, account: str
) -> None:
    placed = place(bench, world)
    situation(bench, world, placed)
    before = contents(bench.database)
    sent = list(messages(bench, placed, account))

    tell(bench, *sent)

    after = contents(bench.database)
    kept = len(before["storefront_payment_events"]) + len(sent)
    assert kept == len(after["storefront_payment_events"])
    for table in before.keys() - KEPT - {CALLED}:
        assert before[table] == after[table], table
    with bench.database.reads() as session:
        told = session.scalars(select(PaymentEvent).order_by(PaymentEvent.id)).all()
        mine = select(func.sum(Alarm.count)).where(Alarm.merchant_id == world.merchant.id)
        called = session.scalar(mine) or 0
    assert {(None, None, "ignore")} == {
        (each.merchant_id, each.payment_id, each.step) for each in told[-len(sent) :]
    }
    assert called == (situation is disputed)


@pytest.mark.parametrize("account", FOREIGN)
def test_whoever_owns_the_account_is_told_that_a_foreign_payment_was_named(
    bench: Bench, world: World, rival: World, account: str
) -> None:
    placed = place(bench, world)
    snapshot = replace(bench.gateway.snapshots[placed.payment_reference], account=account)

    tell(bench, event_body("payment_intent.succeeded", snapshot, created=1_773_480_413))

    with bench.database.reads() as session:
        alarms = session.execute(select(Alarm.merchant_id, Alarm.kind, Alarm.count)).all()
    owner = rival.merchant.id if account == RIVALS else INSTALLATION
    assert [(owner, "foreign_payment", 1)] == alarms


def test_a_message_of_the_same_name_at_another_account_is_no_duplicate(
    bench: Bench, world: World
) -> None:
    """Otherwise one merchant could keep another's news away by using up their names."""
    placed = place(bench, world)
    snapshot = replace(bench.gateway.snapshots[placed.payment_reference], state="succeeded")
    theirs = replace(snapshot, account=RIVALS)
    for each in (theirs, snapshot):
        body = event_body(
            "payment_intent.succeeded", each, event_id="evt_same", created=1_773_480_413
        )
        tell(bench, body)

    with bench.database.reads() as session:
        assert session.scalars(select(Payment.succeeded_at)).one() == bench.clock.now()


def test_a_refund_of_their_own_that_bears_our_refunds_name_is_theirs_alone(
    bench: Bench, world: World, rival: World
) -> None:
    placed, theirs = place(bench, world), place(bench, rival)
    refunded(bench, world, placed)
    pay(bench, theirs, RIVALS)
    with bench.database.reads() as session:
        ours = session.scalars(select(Refund)).one()
    about = gateway_news.refund_body(
        str(ours.gateway_reference),
        theirs.payment_reference,
        100,
        state="failed",
        metadata={"refund": ours.public_id},
    )

    tell(bench, message("refund.failed", about, RIVALS))

    with bench.database.reads() as session:
        first, second = session.scalars(select(Refund).order_by(Refund.id)).all()
    assert (world.merchant.id, None) == (first.merchant_id, first.failed_at)
    assert (rival.merchant.id, bench.clock.now()) == (second.merchant_id, second.failed_at)


def test_a_dispute_of_their_own_that_bears_our_disputes_name_is_theirs_alone(
    bench: Bench, world: World, rival: World
) -> None:
    placed, theirs = place(bench, world), place(bench, rival)
    disputed(bench, world, placed)
    pay(bench, theirs, RIVALS)

    gateway_news.tell_of_dispute(bench, theirs, 450, "lost", account=RIVALS)

    with bench.database.reads() as session:
        states = session.execute(select(Dispute.merchant_id, Dispute.state).order_by(Dispute.id))
        told = [tuple(row) for row in states]
    assert [(world.merchant.id, "needs_response"), (rival.merchant.id, "lost")] == told

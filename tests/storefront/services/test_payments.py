"""What a message of the gateway does to an order: each step, once, and never backwards."""

import itertools
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from storefront.db.hot import read_each
from storefront.domain.money import Money
from storefront.domain.orders import OrderStatus, status
from storefront.domain.payments import Snapshot, Step
from storefront.errors import TryAgain
from storefront.models import (
    Alarm,
    Attribution,
    Order,
    OrderEvent,
    Payment,
    PaymentEvent,
    Refund,
    Variant,
)
from storefront.services import sales
from storefront.services.order_requests import Buyer, PlacedOrder
from storefront.services.payments import Applied, apply_event, apply_snapshot
from storefront.services.settling import list_expired_orders, list_silent_payments
from storefront.services.stock_entries import by_program, restock
from storefront.worker import run_due, sweep
from tests.contents import nothing_changes
from tests.factories import World, place, world_on
from tests.fakes import Bench, event_body, signature

STATES = {
    "payment_intent.succeeded": "succeeded",
    "payment_intent.processing": "processing",
    "payment_intent.payment_failed": "requires_payment_method",
    "payment_intent.canceled": "canceled",
}
_numbers = itertools.count(1)


def tell(bench: Bench, reference: str, type_: str, /, **changes: Any) -> Applied:
    """Let the gateway send one message; `changes` are of the PaymentIntent."""
    state = STATES.get(type_, "requires_action")
    snapshot = replace(bench.gateway.snapshots[reference], **{"state": state, **changes})
    return tell_of(bench, snapshot, type_)


def tell_of(bench: Bench, snapshot: Snapshot, type_: str) -> Applied:
    """Apply a message about this snapshot."""
    created = int(bench.clock.now().timestamp())
    body = event_body(type_, snapshot, event_id=f"evt_{next(_numbers)}", created=created)
    event = bench.gateway.read_event(body, signature(body))
    with bench.database.begin() as session:
        return apply_event(
            session, event, body.decode(), kinds=bench.ports.kinds, now=bench.clock.now()
        )


def order_of(bench: Bench, placed: PlacedOrder) -> Order:
    """Return the order as it stands."""
    with bench.database.reads() as session:
        return session.scalars(select(Order).where(Order.public_id == placed.public_id)).one()


def counters(bench: Bench) -> tuple[int, int]:
    """Return how many units are held and sold."""
    with bench.database.reads() as session:
        variant = session.scalars(select(Variant)).one()
    return variant.held, variant.sold


def standing(bench: Bench, placed: PlacedOrder) -> OrderStatus:
    """Return where the order stands now."""
    return status(order_of(bench, placed).facts, bench.clock.now())


STEPS = [
    ("payment_intent.succeeded", Step.SUCCEED, OrderStatus.PAID, (0, 1)),
    ("payment_intent.processing", Step.PROCESS, OrderStatus.PROCESSING, (1, 0)),
    ("payment_intent.payment_failed", Step.FAIL_ATTEMPT, OrderStatus.AWAITING_PAYMENT, (1, 0)),
    ("payment_intent.canceled", Step.CANCEL, OrderStatus.EXPIRED, (0, 0)),
    ("payment_intent.requires_action", Step.IGNORE, OrderStatus.AWAITING_PAYMENT, (1, 0)),
]


@pytest.mark.parametrize(("type_", "step", "standing_", "counted"), STEPS)
def test_each_message_takes_its_step(
    bench: Bench,
    world: World,
    *,
    type_: str,
    step: Step,
    standing_: OrderStatus,
    counted: tuple[int, int],
) -> None:
    placed = place(bench, world)

    applied = tell(bench, placed.payment_reference, type_)

    assert Applied(step) == applied
    assert standing_ == standing(bench, placed)
    assert counted == counters(bench)


def test_a_payment_that_needs_capture_or_is_in_an_unknown_state_wants_a_person(
    bench: Bench, world: World
) -> None:
    for state in ("requires_capture", "of_the_future"):
        placed = place(bench, world)
        snapshot = replace(bench.gateway.snapshots[placed.payment_reference], state=state)
        with bench.database.begin() as session:
            payment_id = session.scalars(
                select(Payment.id).where(Payment.gateway_reference == placed.payment_reference)
            ).one()
            step = apply_snapshot(
                session, payment_id, snapshot, kinds=bench.ports.kinds, now=bench.clock.now()
            )

        order = order_of(bench, placed)
        assert (Step.REVIEW, "unknown_state") == (step, order.review_reason)
        assert order.paid_at is None


def test_a_message_about_an_unknown_state_wants_a_person(bench: Bench, world: World) -> None:
    placed = place(bench, world)

    tell(bench, placed.payment_reference, "payment_intent.blessed", state="requires_blessing")

    order = order_of(bench, placed)
    assert "unknown_state" == order.review_reason
    assert order.paid_at is None


def test_no_order_of_messages_takes_a_paid_order_back(bench: Bench, world: World) -> None:
    """R-B2: in whatever order they come, once money came the order is paid."""
    for number, messages in enumerate(itertools.permutations(STATES)):
        # Each a buyer of their own: many declines of one would look like somebody testing cards.
        buyer = Buyer(email=f"buyer-{number}@buyer.test", name="Ada")
        placed = place(bench, world, buyer=buyer)
        for message in messages:
            tell(bench, placed.payment_reference, message)

        assert standing(bench, placed) is OrderStatus.PAID, messages
        with bench.database.begin() as session:
            variant = session.get_one(Variant, world.variant.id)
            restock(session, variant, 1, hand=by_program(bench.clock.now()))


def test_what_comes_after_the_money_changes_nothing_but_the_record(
    bench: Bench, world: World
) -> None:
    placed = place(bench, world)
    tell(bench, placed.payment_reference, "payment_intent.succeeded")
    before = order_of(bench, placed)
    counted = counters(bench)

    for late in STATES:
        bench.clock.pass_time(minutes=1)
        tell(bench, placed.payment_reference, late)

    after = order_of(bench, placed)
    assert before.facts == after.facts
    assert counted == counters(bench)
    with bench.database.reads() as session:
        assert 5 == session.scalar(select(func.count(PaymentEvent.id)))
        assert ["placed", "paid"] == session.scalars(
            select(OrderEvent.kind).order_by(OrderEvent.id)
        ).all()


def test_a_decline_names_its_code_and_the_next_success_clears_it(
    bench: Bench, world: World
) -> None:
    placed = place(bench, world)
    failed = "payment_intent.payment_failed"
    tell(bench, placed.payment_reference, failed, failure="insufficient_funds")
    with bench.database.reads() as session:
        declined = session.scalars(select(Payment.failure)).one()

    tell(bench, placed.payment_reference, "payment_intent.succeeded")

    with bench.database.reads() as session:
        assert ("insufficient_funds", None) == (
            declined,
            session.scalars(select(Payment.failure)).one(),
        )


MISMATCHES = {
    "amount": {"amount": Money(451, "USD")},
    "currency": {"amount": Money(450, "EUR")},
    "reference": {"reference": "pi_2"},
    "order": {"payment_public_id": "pay_of_another_order"},
}


@pytest.mark.parametrize("part", MISMATCHES)
def test_whatever_does_not_fit_goes_to_a_person_with_an_alarm(
    bench: Bench, world: World, part: str
) -> None:
    for type_ in STATES:
        placed = place(bench, world)

        applied = tell(bench, placed.payment_reference, type_, **MISMATCHES[part])
        again = tell(bench, placed.payment_reference, type_, **MISMATCHES[part])

        assert Applied(Step.REVIEW) == applied == again
        assert part == order_of(bench, placed).review_reason
    with bench.database.reads() as session:
        alarm = session.scalars(select(Alarm)).one()
        notes = session.scalars(select(OrderEvent.kind).order_by(OrderEvent.id)).all()
        credited = session.scalar(select(func.count(Attribution.id)))
    assert (4, 0) == counters(bench)
    assert ("payment_mismatch", 8) == (alarm.kind, alarm.count)
    assert ["placed", "needs_review"] * 4 == notes
    assert 0 == credited


def test_an_order_that_waits_for_a_person_is_left_alone_by_the_sweep(
    bench: Bench, world: World
) -> None:
    placed = place(bench, world)
    tell(bench, placed.payment_reference, "payment_intent.succeeded", amount=Money(1, "USD"))
    bench.clock.pass_time(hours=1)
    sweep(bench.ports)  # which promises to mail the alarm, once

    with nothing_changes(bench.database):
        sweep(bench.ports)

    with bench.database.reads() as session:
        expired = list_expired_orders(session, now=bench.clock.now())
        silent = list_silent_payments(
            session, now=bench.clock.now(), silent_for=bench.ports.settings.reconcile_after
        )
    assert ([], []) == (expired, silent)
    assert {"fetch", "cancel"}.isdisjoint(bench.gateway.calls)


def test_our_own_payment_under_another_merchants_name_wants_a_person(bench: Bench) -> None:
    mine, rival = world_on(bench), world_on(bench, slug="rival")
    placed = place(bench, mine)
    foreign = rival.merchant.public_id

    applied = tell(
        bench, placed.payment_reference, "payment_intent.succeeded", merchant_public_id=foreign
    )

    assert Applied(Step.REVIEW) == applied
    assert standing(bench, placed) is OrderStatus.NEEDS_REVIEW


def test_a_payment_that_has_lost_its_names_is_known_by_its_reference(
    bench: Bench, world: World
) -> None:
    placed = place(bench, world)
    nameless = {"payment_public_id": None, "merchant_public_id": None}

    tell(bench, placed.payment_reference, "payment_intent.succeeded", **nameless)

    assert standing(bench, placed) is OrderStatus.PAID


def test_a_message_that_names_two_orders_pays_neither(bench: Bench, world: World) -> None:
    """The reference is one order's, the names are the other's: the reference says whose money."""
    one, other = place(bench, world), place(bench, world)
    names = bench.gateway.snapshots[other.payment_reference].payment_public_id

    tell(bench, one.payment_reference, "payment_intent.succeeded", payment_public_id=names)

    assert standing(bench, one) is OrderStatus.NEEDS_REVIEW
    assert standing(bench, other) is OrderStatus.AWAITING_PAYMENT


def second_payment(bench: Bench, placed: PlacedOrder) -> Snapshot:
    """Write a second attempt for the order, and return what the gateway says of it."""
    with bench.database.begin() as session:
        order = select(Order.id).where(Order.public_id == placed.public_id).scalar_subquery()
        first = session.scalars(select(Payment).where(Payment.order_id == order)).one()
        columns = [each for each in Payment.__table__.columns if each.name != "id"]
        row = {each.name: getattr(first, each.name) for each in columns}
        facts = dict.fromkeys(("succeeded_at", "charged_at", "cancelled_at"))
        second = {"public_id": "pay_second", "attempt": 2, "gateway_reference": "pi_second"}
        session.execute(insert(Payment).values({**row, **facts, **second}))
    return replace(
        bench.gateway.snapshots[placed.payment_reference],
        reference="pi_second",
        payment_public_id="pay_second",
        state="succeeded",
    )


def test_who_pays_twice_gets_the_second_payment_back(bench: Bench, world: World) -> None:
    placed = place(bench, world)
    tell(bench, placed.payment_reference, "payment_intent.succeeded")
    second = second_payment(bench, placed)

    for _ in range(2):
        tell_of(bench, second, "payment_intent.succeeded")
    while run_due(bench.ports):
        pass

    with bench.database.reads() as session:
        refund, payment = session.execute(
            select(Refund, Payment).join(Payment, Payment.id == Refund.payment_id)
        ).one()
        alarm = session.scalars(select(Alarm)).one()
    assert ("paid_twice", "pay_second", 450) == (
        refund.reason,
        payment.public_id,
        refund.amount_minor,
    )
    assert ("paid_twice", 1) == (alarm.kind, alarm.count)
    assert ["pi_second"] == [each.reference for each in bench.gateway.refunds.values()]
    assert standing(bench, placed) is OrderStatus.PAID
    assert (0, 1) == counters(bench)
    assert ["paid_twice (en)", "receipt (en)"] == sorted(
        message.subject for message in bench.mailbox.sent
    )


def test_money_after_the_hold_is_taken_while_there_is_stock(bench: Bench, world: World) -> None:
    placed = place(bench, world)
    tell(bench, placed.payment_reference, "payment_intent.canceled")
    assert (0, 0) == counters(bench)

    tell(bench, placed.payment_reference, "payment_intent.succeeded")

    order = order_of(bench, placed)
    assert (bench.clock.now(), None, 1001) == (order.paid_at, order.expired_at, order.number)
    assert (0, 1) == counters(bench)


def test_money_after_the_last_unit_is_gone_goes_back_with_an_apology(bench: Bench) -> None:
    world = world_on(bench, stock=1)
    late = place(bench, world)
    tell(bench, late.payment_reference, "payment_intent.canceled")
    tell(bench, place(bench, world).payment_reference, "payment_intent.succeeded")

    tell(bench, late.payment_reference, "payment_intent.succeeded")
    while run_due(bench.ports):
        pass

    assert standing(bench, late) is OrderStatus.CANCELLED
    assert (0, 1) == counters(bench)
    with bench.database.reads() as session:
        refund = session.scalars(select(Refund)).one()
    assert ("sold_out_before_payment", bench.clock.now()) == (refund.reason, refund.sent_at)
    assert {"receipt (en)", "apology (en)"} == {each.subject for each in bench.mailbox.sent}


def test_money_for_a_cancelled_order_goes_back_with_a_letter_that_says_so(bench: Bench) -> None:
    world = world_on(bench, stock=1)
    late = place(bench, world)
    tell(bench, late.payment_reference, "payment_intent.canceled")
    tell(bench, place(bench, world).payment_reference, "payment_intent.succeeded")
    second = second_payment(bench, late)

    tell(bench, late.payment_reference, "payment_intent.succeeded")
    tell_of(bench, second, "payment_intent.succeeded")
    while run_due(bench.ports):
        pass

    assert ["apology (en)", "apology_cancelled (en)", "receipt (en)"] == sorted(
        each.subject for each in bench.mailbox.sent
    )
    assert (0, 1) == counters(bench)


@pytest.mark.parametrize("fact", [Order.cancelled_at, Order.paid_at], ids=["cancelled", "paid"])
def test_an_order_that_ends_beside_its_payment_is_not_sold_as_well(
    bench: Bench, world: World, fact: Any
) -> None:
    placed, now = place(bench, world), bench.clock.now()
    with bench.database.begin() as session:
        ((order,),) = read_each(session, sales.order_asked(order_of(bench, placed).id))
    with bench.database.begin() as session:
        session.execute(update(Order).values({fact: now}))
    with nothing_changes(bench.database), pytest.raises(TryAgain), bench.database.begin() as own:
        sales.mark_paid(own, order, path=(), kinds=bench.ports.kinds, now=now)
    with bench.database.begin() as session:
        session.execute(update(Order).values({fact: None}))


def test_orders_are_numbered_as_they_are_paid(bench: Bench, world: World) -> None:
    """Numbers count a merchant's sales, not its attempts; another merchant counts for itself."""
    rival = world_on(bench, slug="rival")
    first, second, third = place(bench, world), place(bench, world), place(bench, rival)

    for placed in (second, third, first):
        tell(bench, placed.payment_reference, "payment_intent.succeeded")

    assert [1002, 1001, 1001] == [
        order_of(bench, placed).number for placed in (first, second, third)
    ]

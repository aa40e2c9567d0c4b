"""R-B13: after more than five failed payments in ten minutes, a visitor or an e-mail address
places no more orders for a while."""

from typing import Any

from sqlalchemy import select

from storefront.models import Alarm
from storefront.services import visitors
from storefront.services.visitors import Visitor
from tests.contents import nothing_changes
from tests.factories import World, order_json, place, send_event, world_on
from tests.fakes import Bench
from tests.storefront.web.answers import Refusal, refusal

ANA = Visitor("a" * 26, "verified")


def fail(bench: Bench, world: World, count: int, *, visitor: Visitor = ANA) -> None:
    """Let so many payments of one order fail, one after the other."""
    client, placed = bench.client(), place(bench, world, visitor=visitor)
    for _ in range(count):
        answer = send_event(
            client,
            bench,
            placed.payment_reference,
            "payment_intent.payment_failed",
            state="requires_payment_method",
            failure="card_declined",
        )
        assert 200 == answer.status_code


def order(bench: Bench, world: World, *, visitor: Visitor | None = None, **changes: Any) -> Any:
    """Post an order as a program does; without a visitor it is somebody new."""
    if visitor:
        changes["v"] = visitors.make_mark(bench.ports.sign, visitor, world.merchant.public_id)
    key = {"Idempotency-Key": changes.pop("key", "k" * 24)}
    return bench.client().post("/orders", json=order_json(world, **changes), headers=key)


def test_five_failures_are_allowed(bench: Bench, world: World) -> None:
    fail(bench, world, 5)

    assert 201 == order(bench, world, visitor=ANA).status_code


def test_after_a_sixth_the_visitor_waits(bench: Bench, world: World) -> None:
    fail(bench, world, 6)

    with nothing_changes(bench.database):
        answer = order(bench, world, visitor=ANA, email="other@buyer.test")

    assert Refusal(429, "too_many_tries") == refusal(answer)
    assert "600" == answer.headers["Retry-After"]
    bench.clock.pass_time(minutes=10)
    assert 201 == order(bench, world, visitor=ANA).status_code


def test_a_new_visitor_with_the_same_address_waits_too(bench: Bench, world: World) -> None:
    fail(bench, world, 6)

    assert 429 == order(bench, world, email="ADA@buyer.test").status_code


def test_failures_of_several_orders_count_together(bench: Bench, world: World) -> None:
    for _ in range(6):
        fail(bench, world, 1)

    assert 429 == order(bench, world, visitor=ANA).status_code


def test_others_buy_on(bench: Bench, world: World) -> None:
    rival = world_on(bench, slug="florist")
    fail(bench, world, 6)

    assert 201 == order(bench, world, email="ben@buyer.test").status_code
    assert 201 == order(bench, rival, visitor=ANA).status_code


def test_a_message_that_comes_again_counts_once(bench: Bench, world: World) -> None:
    client, placed = bench.client(), place(bench, world, visitor=ANA)
    for _ in range(7):
        send_event(
            client,
            bench,
            placed.payment_reference,
            "payment_intent.payment_failed",
            state="requires_payment_method",
            failure="card_declined",
            event_id="evt_the_same",
        )

    assert 201 == order(bench, world, visitor=ANA).status_code


def test_an_order_that_was_placed_before_is_answered_again(bench: Bench, world: World) -> None:
    """A repeat under the same key places nothing new."""
    first = order(bench, world, visitor=ANA)
    fail(bench, world, 6)
    again = order(bench, world, visitor=ANA)

    assert (201, first.json["public_id"]) == (again.status_code, again.json["public_id"])


def test_a_person_is_called_once(bench: Bench, world: World) -> None:
    fail(bench, world, 8)

    with bench.database.reads() as session:
        alarms = session.execute(select(Alarm.merchant_id, Alarm.kind, Alarm.count)).all()
    assert [(world.merchant.id, "card_testing", 1)] == [tuple(row) for row in alarms]

"""What the payment page says of an order while its money may be on the way."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from storefront.errors import TryAgain
from storefront.models import Job, Order
from storefront.services.settling import QUESTION_SECONDS
from storefront.worker import run_due
from tests.contents import nothing_changes
from tests.factories import World, add_person, pay, place
from tests.fakes import Bench
from tests.storefront.gateway_news import tell_of_dispute
from tests.storefront.sales import sell
from tests.storefront.web.console.conftest import sign_in

NOTHING = "Nothing was charged"


def page_of(bench: Bench, order: Any) -> str:
    return str(bench.client().get(f"/orders/{order.public_id}?t={order.token}").text)


def facts_of(bench: Bench, order: Any) -> dict[str, Any]:
    answer = bench.client().get(
        f"/orders/{order.public_id}?t={order.token}", headers={"Accept": "application/json"}
    )
    return {name: answer.json[name] for name in ("status", "is_settling")}


def ask(bench: Bench, order: Any) -> int:
    answer = bench.client().post(f"/orders/{order.public_id}/question?t={order.token}")
    return int(answer.status_code)


def test_nothing_is_said_of_money_until_the_gateway_has_let_go_of_the_payment(
    bench: Bench, world: World
) -> None:
    order = place(bench, world)
    bench.clock.pass_time(minutes=11)
    before = page_of(bench, order), facts_of(bench, order)
    while run_due(bench.ports):
        pass
    after = page_of(bench, order), facts_of(bench, order)

    assert "The time is up: looking whether you have paid" in before[0]
    assert {"status": "expired", "is_settling": True} == before[1]
    assert NOTHING in after[0]
    assert {"status": "expired", "is_settling": False} == after[1]


def test_a_payment_that_failed_is_still_said_after_a_reload(bench: Bench, world: World) -> None:
    order = place(bench, world)
    before = page_of(bench, order)
    _decline(bench, order)

    sentence = '<p data-part="error-words">The payment did not go through. Nothing was charged.'
    assert (False, True) == (sentence in before, sentence in page_of(bench, order))


def _decline(bench: Bench, order: Any) -> None:
    snapshot = bench.gateway.snapshots[order.payment_reference]
    bench.gateway.snapshots[order.payment_reference] = replace(snapshot, failure="card_declined")
    ask(bench, order)
    run_due(bench.ports)


def test_a_question_finds_money_whose_message_was_lost(bench: Bench, world: World) -> None:
    order = place(bench, world)
    snapshot = bench.gateway.snapshots[order.payment_reference]
    bench.gateway.snapshots[order.payment_reference] = replace(
        snapshot, state="succeeded", charged_at=bench.clock.now()
    )
    status = ask(bench, order)
    run_due(bench.ports)

    with bench.database.reads() as session:
        paid_at = session.scalars(select(Order.paid_at)).one()
    assert (202, bench.clock.now()) == (status, paid_at)


def test_many_questions_in_a_row_are_one(bench: Bench, world: World) -> None:
    order = place(bench, world)
    bench.clock.moment = bench.clock.moment.replace(second=0)
    for _ in range(5):
        ask(bench, order)
    bench.clock.pass_time(seconds=QUESTION_SECONDS)
    ask(bench, order)

    with bench.database.reads() as session:
        names = session.scalars(select(Job.name).where(Job.name == "reconcile_payment")).all()
    assert 2 == len(names)


def test_a_question_about_a_paid_order_does_nothing(bench: Bench, world: World) -> None:
    order = place(bench, world)
    pay(bench.client(), bench, order)

    with nothing_changes(bench.database):
        assert 202 == ask(bench, order)


def test_a_silent_gateway_leaves_the_form_with_what_was_typed_and_its_key(
    bench: Bench, world: World
) -> None:
    bench.gateway.fault = TryAgain("payments_unavailable", retry_after=5)
    client = bench.client()
    form = {
        "placement": world.placement.public_id,
        "in": "page",
        "c": _cart(client, world),
        "email": "ada@buyer.test",
        "name": "Ada",
        "fulfilment": "pickup",
        "store": world.store.public_id,
        "request_key": "a-key-of-more-than-22-random-characters",
    }
    silent = client.post("/orders", data=form)
    bench.gateway.fault = None
    again = client.post("/orders", data=form)

    with bench.database.reads() as session:
        orders = session.scalars(select(Order.id)).all()
    assert (503, "5") == (silent.status_code, silent.headers["Retry-After"])
    assert "Your things are still kept for you" in silent.text
    assert 'value="ada@buyer.test"' in silent.text
    assert form["request_key"] in silent.text
    assert (303, 1) == (again.status_code, len(orders))


def _cart(client: Any, world: World) -> str:
    """Put one unit into a cart and return its token."""
    form = {
        "surface": "page",
        "placement": world.placement.public_id,
        "variant": world.variant.public_id,
        "quantity": "1",
        "action": "buy",
    }
    return str(client.post("/carts", data=form).location.partition("c=")[2].partition("&")[0])


@pytest.mark.parametrize(
    ("states", "is_said", "is_lost"),
    [
        (("needs_response",), True, False),
        (("needs_response", "lost"), True, True),
        (("needs_response", "won"), False, False),
        (("warning_needs_response",), False, False),
    ],
)
def test_money_that_a_bank_has_taken_back_is_said_to_the_buyer_and_to_who_hands_things_over(
    bench: Bench, world: World, states: tuple[str, ...], *, is_said: bool, is_lost: bool
) -> None:
    placed = sell(bench, world)
    for state in states:
        tell_of_dispute(bench, placed, 450, state)
    clerk = "clerk@gelato.test"
    with bench.database.begin() as session:
        add_person(
            session,
            world.merchant,
            email=clerk,
            name="Cleo",
            role="clerk",
            now=bench.clock.now(),
        )
    console = sign_in(bench, clerk).get(f"/console/orders/{placed.public_id}").text

    assert is_said == ("Your bank has taken this payment back" in page_of(bench, placed))
    assert is_lost == ("The dispute is lost" in console)

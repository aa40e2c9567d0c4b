"""The buyer's page of an order: where it is, what it explains, and cancelling in time."""

from typing import Any

from sqlalchemy import delete, select, update

from storefront.models import Job, Member
from storefront.services import cancelling, fulfilment
from storefront.services.fulfilment import Handling, Tracking
from storefront.services.order_requests import Buyer, PlacedOrder
from storefront.worker import run_due
from tests.contents import nothing_changes
from tests.factories import World, place, world_on
from tests.fakes import Bench
from tests.storefront.sales import sell, sell_through_a_share
from tests.storefront.web.answers import PERSON
from tests.storefront.web.console.test_pages import words


def show(bench: Bench, placed: PlacedOrder) -> str:
    answer = bench.client().get(f"/orders/{placed.public_id}?t={placed.token}", headers=PERSON)
    assert answer.status_code == 200
    return words(answer)


def hand(bench: Bench, world: World, placed: PlacedOrder) -> Handling:
    with bench.database.reads() as session:
        owner = session.scalars(select(Member.id).where(Member.email == world.owner_email)).one()
    return Handling(world.merchant.id, placed.public_id, owner)


def cancel(bench: Bench, placed: PlacedOrder, **headers: str) -> Any:
    address = f"/orders/{placed.public_id}/cancellation?t={placed.token}&in=page"
    return bench.client().post(
        address, headers={**PERSON, "Sec-Fetch-Site": "same-origin", **headers}
    )


def test_a_buyer_is_told_how_far_the_receipt_is(bench: Bench, world: World) -> None:
    placed = sell(bench, world)
    assert "Your receipt is on its way To a•••@buyer.test." in show(bench, placed)
    bench.clock.pass_time(hours=1)
    run_due(bench.ports)
    sent = "Your receipt was sent On Mar 14, 2026, to a•••@buyer.test."
    assert sent in show(bench, placed)
    bench.clock.pass_time(days=9)
    assert sent in show(bench, placed)
    with bench.database.begin() as session:
        session.execute(delete(Job))

    assert "receipt" not in show(bench, placed)


def test_a_receipt_that_was_given_up_is_not_promised_any_more(bench: Bench, world: World) -> None:
    placed = sell(bench, world)
    with bench.database.begin() as session:
        session.execute(update(Job).values(given_up_at=bench.clock.now()))

    assert "Your receipt could not be sent" in show(bench, placed)


def test_a_buyer_sees_how_far_a_pick_up_is(bench: Bench, world: World) -> None:
    placed = sell(bench, world)
    assert "Being prepared" in show(bench, placed)
    with bench.database.begin() as session:
        fulfilment.make_ready(session, hand(bench, world, placed), now=bench.clock.now())
    assert "Ready for you" in show(bench, placed)
    assert "It waits for you at Main Street 1 Main St 9-18" in show(bench, placed)
    with bench.database.begin() as session:
        fulfilment.pick_up(session, hand(bench, world, placed), now=bench.clock.now())

    assert "Picked up. Enjoy it!" in show(bench, placed)


def test_a_buyer_follows_a_parcel(bench: Bench, world: World) -> None:
    placed = sell(bench, world, fulfilment="shipping", store=None)
    tracking = Tracking("Snail Post", "SN 1", "https://snail.test/SN1")
    with bench.database.begin() as session:
        fulfilment.ship(
            session, hand(bench, world, placed), tracking=tracking, now=bench.clock.now()
        )

    assert "Sent with Snail Post" in show(bench, placed)
    assert "Follow your parcel" in show(bench, placed)


def test_who_is_sent_the_link_of_an_order_does_not_learn_where_its_buyer_lives(
    bench: Bench, world: World
) -> None:
    address = {"line1": "9 Back Lane", "line2": "", "postcode": "02906", "city": "Providence"}
    buyer = Buyer("ada@buyer.test", "Ada", address={**address, "country": "US"})
    placed = sell(bench, world, fulfilment="shipping", store=None, buyer=buyer)
    shown = show(bench, placed)

    assert "We pack it and send it to you 02906 Providence" in shown
    assert "a•••@buyer.test" in shown
    assert "Back Lane" not in shown
    assert "ada@" not in shown


def test_an_address_that_takes_no_mail_is_shown_as_it_was_typed(bench: Bench, world: World) -> None:
    placed = sell(bench, world)
    with bench.database.begin() as session:
        session.execute(update(Job).values(given_up_at=bench.clock.now()))

    assert "ada@buyer.test takes no mail from us" in show(bench, placed)


def test_a_buyer_cancels_and_the_money_is_on_its_way(bench: Bench, world: World) -> None:
    placed = sell(bench, world)
    assert "You can cancel until" in show(bench, placed)
    answer = cancel(bench, placed)

    assert answer.status_code == 303
    assert answer.location.startswith(f"/orders/{placed.public_id}?t={placed.token}")
    assert "$4.50 is on its way back to you" in show(bench, placed)


def test_a_buyer_who_is_too_late_is_told_so_and_keeps_the_order(bench: Bench, world: World) -> None:
    placed = sell(bench, world)
    with bench.database.begin() as session:
        cancelling.set_cancel_time(session, world.merchant.id, 0)

    with nothing_changes(bench.database):
        answer = cancel(bench, placed)
    assert answer.status_code == 409
    assert "The time to cancel is over." in words(answer)
    assert "Changed your mind?" not in show(bench, placed)


def test_a_program_is_told_the_code(bench: Bench, world: World) -> None:
    placed = place(bench, world)

    with nothing_changes(bench.database):
        answer = cancel(bench, placed, Accept="application/json")
    assert (409, "order_not_paid") == (answer.status_code, answer.json["code"])


def test_another_orders_token_cancels_nothing(bench: Bench, world: World) -> None:
    placed, other = sell(bench, world), sell(bench, world)
    stranger = sell(bench, world_on(bench, slug="florist"))

    for token in (other.token, stranger.token, "nonsense"):
        with nothing_changes(bench.database):
            address = f"/orders/{placed.public_id}/cancellation?t={token}"
            assert 404 == bench.client().post(address, headers=PERSON).status_code


def test_a_buyer_is_told_what_led_here_and_nobody_is_named(bench: Bench, world: World) -> None:
    told = show(bench, sell_through_a_share(bench, world))

    assert "You came through a link that somebody shared: Cone post, on Blog." in told


def test_a_direct_order_came_through_nothing(bench: Bench, world: World) -> None:
    assert "You came through" not in show(bench, sell(bench, world))

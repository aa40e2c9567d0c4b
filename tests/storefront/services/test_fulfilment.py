"""Handing over and cancelling: what is written, who is told, and what is refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from storefront import worker
from storefront.domain.orders import OrderStatus, status
from storefront.errors import Conflict, Invalid, NotFound, TryAgain
from storefront.models import (
    Job,
    Member,
    Order,
    OrderContact,
    OrderEvent,
    OrderNote,
    Payment,
    Refund,
    Shipment,
    Variant,
)
from storefront.services import cancelling, fulfilment, order_notes
from storefront.services.fulfilment import Handling, Tracking
from storefront.services.refunds import Wish, refund_order
from tests.contents import nothing_changes
from tests.factories import World, pay, place, world_on
from tests.fakes import Bench
from tests.storefront.sales import sell

ADDRESS = {"line1": "5 Side St", "postcode": "10001", "city": "Springfield", "country": "US"}
PARCEL = Tracking("Snail Post", "SN 123", "https://snail.test/SN123")


def handling(bench: Bench, world: World, order: str) -> Handling:
    with bench.database.reads() as session:
        member_id = session.scalars(
            select(Member.id).where(Member.email == world.owner_email)
        ).one()
    return Handling(world.merchant.id, order, member_id)


def order_of(bench: Bench, public_id: str) -> Order:
    with bench.database.reads() as session:
        return session.scalars(select(Order).where(Order.public_id == public_id)).one()


def history(bench: Bench, public_id: str) -> list[tuple[str, str, bool]]:
    """Return (kind, detail, whether a member did it) of an order."""
    with bench.database.reads() as session:
        rows = session.execute(
            select(OrderEvent.kind, OrderEvent.detail, OrderEvent.member_id)
            .join(Order, Order.id == OrderEvent.order_id)
            .where(Order.public_id == public_id)
            .order_by(OrderEvent.id)
        )
        return [(kind, detail, member is not None) for kind, detail, member in rows]


def do(bench: Bench, step: Callable[..., Any], hand: Handling, **values: Any) -> None:
    with bench.database.begin() as session:
        step(session, hand, now=bench.clock.now(), **values)


def ship(bench: Bench, hand: Handling) -> None:
    do(bench, fulfilment.ship, hand, tracking=PARCEL)


def sold(bench: Bench, world: World, **changes: Any) -> Handling:
    return handling(bench, world, sell(bench, world, **changes).public_id)


def parcel(bench: Bench, world: World) -> Handling:
    return sold(bench, world, fulfilment="shipping", store=None)


def run_jobs(bench: Bench) -> None:
    while worker.run_due(bench.ports):
        pass


def letters(bench: Bench) -> list[str]:
    return [message.subject.partition(" ")[0] for message in bench.mailbox.sent]


def test_an_order_is_made_ready_picked_up_and_given_back(bench: Bench, world: World) -> None:
    hand = sold(bench, world)
    do(bench, fulfilment.make_ready, hand)
    do(bench, fulfilment.pick_up, hand)
    do(bench, fulfilment.undo_pick_up, hand)

    assert [("ready", "", True), ("picked_up", "", True), ("pick_up_undone", "", True)] == history(
        bench, hand.order
    )[-3:]
    assert order_of(bench, hand.order).picked_up_at is None


def test_the_buyer_is_told_once_that_things_are_ready(bench: Bench, world: World) -> None:
    hand = sold(bench, world)
    do(bench, fulfilment.make_ready, hand)
    run_jobs(bench)

    assert ["receipt", "ready"] == letters(bench)


def test_a_shipped_order_can_be_followed_and_the_buyer_is_told(bench: Bench, world: World) -> None:
    hand = parcel(bench, world)
    ship(bench, hand)
    run_jobs(bench)

    with bench.database.reads() as session:
        row = session.scalars(select(Shipment)).one()
    assert ("Snail Post", "SN 123", "https://snail.test/SN123") == (
        row.carrier, row.tracking_number, row.tracking_url,
    )  # fmt: skip
    assert ["receipt", "shipped"] == letters(bench)


def correct(bench: Bench, hand: Handling, **changes: str) -> None:
    do(bench, fulfilment.correct_tracking, hand, tracking=replace(PARCEL, **changes))


def test_a_tracking_number_is_corrected_and_each_correction_is_told(
    bench: Bench, world: World
) -> None:
    hand = parcel(bench, world)
    ship(bench, hand)
    for number in ("SN 124", "SN 125"):
        correct(bench, hand, number=number)
        run_jobs(bench)

    with bench.database.reads() as session:
        row = session.scalars(select(Shipment)).one()
    mails = bench.mailbox.sent[-2:]
    assert ("Snail Post", "SN 125") == (row.carrier, row.tracking_number)
    assert [("tracking_corrected", "", True)] * 2 == history(bench, hand.order)[-2:]
    assert ["tracking", "tracking"] == letters(bench)[-2:]
    assert len({mail.message_id for mail in mails}) == 2


def test_the_same_number_again_is_no_correction(bench: Bench, world: World) -> None:
    hand = parcel(bench, world)
    ship(bench, hand)

    with nothing_changes(bench.database):
        correct(bench, hand)


def test_only_what_is_on_its_way_can_be_followed(bench: Bench, world: World) -> None:
    hand = parcel(bench, world)
    theirs = parcel(bench, world_on(bench, slug="florist"))
    ship(bench, theirs)

    with nothing_changes(bench.database), pytest.raises(Conflict) as refused:
        correct(bench, hand, number="SN 9")
    assert refused.value.code == "not_shipped"
    with nothing_changes(bench.database), pytest.raises(NotFound):
        correct(bench, replace(theirs, merchant_id=world.merchant.id), number="SN 9")


@pytest.mark.parametrize(
    ("step", "code"),
    [
        (fulfilment.make_ready, "already_picked_up"),
        (fulfilment.pick_up, "already_picked_up"),
    ],
)
def test_what_is_picked_up_stays_so(
    bench: Bench, world: World, step: Callable[..., Any], code: str
) -> None:
    hand = sold(bench, world)
    do(bench, fulfilment.pick_up, hand)

    with nothing_changes(bench.database), pytest.raises(Conflict) as refused:
        do(bench, step, hand)
    assert code == refused.value.code


def test_an_unpaid_order_is_not_handed_over(bench: Bench, world: World) -> None:
    hand = handling(bench, world, place(bench, world).public_id)

    with nothing_changes(bench.database), pytest.raises(Conflict) as refused:
        do(bench, fulfilment.pick_up, hand)
    assert refused.value.code == "order_not_paid"


def test_only_what_was_picked_up_can_be_undone(bench: Bench, world: World) -> None:
    hand = sold(bench, world)

    with nothing_changes(bench.database), pytest.raises(Conflict) as refused:
        do(bench, fulfilment.undo_pick_up, hand)
    assert refused.value.code == "not_picked_up"


def test_an_order_of_another_merchant_is_not_there(bench: Bench, world: World) -> None:
    theirs = sold(bench, world_on(bench, slug="florist"))
    hand = Handling(world.merchant.id, theirs.order, theirs.member_id)

    for step in (fulfilment.pick_up, fulfilment.make_ready, fulfilment.undo_pick_up):
        with nothing_changes(bench.database), pytest.raises(NotFound):
            do(bench, step, hand)
    with nothing_changes(bench.database), pytest.raises(NotFound):
        cancelling.cancel_order(bench.ports, hand)


def test_a_cancelled_paid_order_gives_back_money_and_stock(bench: Bench, world: World) -> None:
    hand = sold(bench, world, lines=((world.variant.public_id, 2),))
    cancelling.cancel_order(bench.ports, hand)
    run_jobs(bench)

    with bench.database.reads() as session:
        refund = session.scalars(select(Refund)).one()
        sold_units = session.scalars(select(Variant.sold)).one()
    order = order_of(bench, hand.order)
    assert (900, "order_cancelled", 0) == (refund.amount_minor, refund.reason, sold_units)
    assert OrderStatus.CANCELLED == status(order.facts, bench.clock.now())
    assert [("cancelled", "by_shop", True), ("refunded", "order_cancelled", True)] == history(
        bench, hand.order
    )[-2:]
    assert ["receipt", "cancelled"] == letters(bench)


def test_what_was_refunded_in_part_gives_back_the_rest(bench: Bench, world: World) -> None:
    hand = sold(bench, world, lines=((world.variant.public_id, 2),))
    with bench.database.begin() as session:
        refund_order(
            session,
            world.merchant.id,
            hand.order,
            wish=Wish(amount_minor=100),
            kinds=bench.ports.kinds,
            now=bench.clock.now(),
        )
    cancelling.cancel_order(bench.ports, hand)

    with bench.database.reads() as session:
        assert [100, 800] == list(session.scalars(select(Refund.amount_minor).order_by(Refund.id)))


def test_a_cancelled_unpaid_order_frees_its_hold_and_its_payment(
    bench: Bench, world: World
) -> None:
    hand = handling(bench, world, place(bench, world).public_id)
    cancelling.cancel_order(bench.ports, hand)

    with bench.database.reads() as session:
        held = session.scalars(select(Variant.held)).one()
        cancelled_at = session.scalars(select(Payment.cancelled_at)).one()
    assert (0, bench.clock.now()) == (held, cancelled_at)
    assert bench.gateway.calls[-1] == "cancel"
    assert OrderStatus.CANCELLED == status(order_of(bench, hand.order).facts, bench.clock.now())


def test_an_unpaid_order_stays_while_the_gateway_is_silent(bench: Bench, world: World) -> None:
    hand = handling(bench, world, place(bench, world).public_id)
    bench.gateway.fault = TryAgain("payments_unavailable", retry_after=1)

    with nothing_changes(bench.database), pytest.raises(TryAgain):
        cancelling.cancel_order(bench.ports, hand)


def test_money_that_was_faster_than_cancelling_is_taken_in(bench: Bench, world: World) -> None:
    placed = place(bench, world)
    hand = handling(bench, world, placed.public_id)
    snapshot = bench.gateway.snapshots[placed.payment_reference]
    bench.gateway.snapshots[placed.payment_reference] = replace(snapshot, state="succeeded")

    with pytest.raises(Conflict) as refused:
        cancelling.cancel_order(bench.ports, hand)
    assert refused.value.code == "already_paid"
    assert OrderStatus.PAID == status(order_of(bench, hand.order).facts, bench.clock.now())


def test_money_that_comes_after_cancelling_goes_back(bench: Bench, world: World) -> None:
    placed = place(bench, world)
    cancelling.cancel_order(bench.ports, handling(bench, world, placed.public_id))
    pay(bench.client(), bench, placed)

    with bench.database.reads() as session:
        assert ["cancelled_before_payment"] == list(session.scalars(select(Refund.reason)))


def test_what_was_not_paid_in_time_is_not_cancelled_again(bench: Bench, world: World) -> None:
    hand = handling(bench, world, place(bench, world).public_id)
    bench.clock.pass_time(minutes=11)
    run_jobs(bench)

    with nothing_changes(bench.database), pytest.raises(Conflict) as refused:
        cancelling.cancel_order(bench.ports, hand)
    assert refused.value.code == "order_expired"


def cancel_as_buyer(bench: Bench, hand: Handling) -> None:
    with bench.database.begin() as session:
        cancelling.cancel_for_buyer(
            session, hand.merchant_id, hand.order, kinds=bench.ports.kinds, now=bench.clock.now()
        )


def test_a_buyer_cancels_in_time(bench: Bench, world: World) -> None:
    hand = sold(bench, world)
    bench.clock.pass_time(minutes=59)
    cancel_as_buyer(bench, hand)
    run_jobs(bench)

    assert ("cancelled", "by_buyer", False) in history(bench, hand.order)
    assert ["receipt", "cancelled"] == letters(bench)


@pytest.mark.parametrize(
    ("prepare", "code"),
    [
        (lambda bench, _: bench.clock.pass_time(minutes=60), "cancel_time_over"),
        (lambda bench, hand: do(bench, fulfilment.make_ready, hand), "already_ready"),
        (lambda bench, hand: do(bench, fulfilment.pick_up, hand), "already_picked_up"),
        (cancel_as_buyer, "already_cancelled"),
    ],
)
def test_a_buyer_who_comes_too_late_is_told_why(
    bench: Bench, world: World, prepare: Callable[..., None], code: str
) -> None:
    hand = sold(bench, world)
    prepare(bench, hand)

    with nothing_changes(bench.database), pytest.raises(Conflict) as refused:
        cancel_as_buyer(bench, hand)
    assert code == refused.value.code


def test_a_merchant_sets_how_long_buyers_may_cancel(bench: Bench, world: World) -> None:
    hand = sold(bench, world)
    with bench.database.begin() as session:
        cancelling.set_cancel_time(session, world.merchant.id, 0)

    with nothing_changes(bench.database), pytest.raises(Conflict) as refused:
        cancel_as_buyer(bench, hand)
    assert refused.value.code == "cancel_time_over"


def test_words_to_the_buyer_are_sent_and_lie_in_a_row_that_can_go(
    bench: Bench, world: World
) -> None:
    hand = sold(bench, world)
    do(bench, order_notes.write_to_buyer, hand, words="Your cone is melting.")
    run_jobs(bench)

    assert ["receipt", "order_note"] == letters(bench)
    assert ("written_to_buyer", "", True) in history(bench, hand.order)
    with bench.database.reads() as session:
        assert ["Your cone is melting."] == list(session.scalars(select(OrderNote.words)))


def test_erased_words_are_not_sent(bench: Bench, world: World) -> None:
    hand = sold(bench, world)
    do(bench, order_notes.write_to_buyer, hand, words="Your cone is melting.")
    with bench.database.begin() as session:
        session.delete(session.scalars(select(OrderNote)).one())
    run_jobs(bench)

    assert ["receipt"] == letters(bench)


def test_a_note_for_colleagues_goes_to_nobody(bench: Bench, world: World) -> None:
    hand = sold(bench, world)
    do(bench, order_notes.note_for_colleagues, hand, words="Knows the owner.")
    run_jobs(bench)

    assert ["receipt"] == letters(bench)
    assert ("noted", "", True) in history(bench, hand.order)


def test_nothing_is_written_to_a_buyer_whose_address_is_gone(bench: Bench, world: World) -> None:
    hand = sold(bench, world)
    with bench.database.begin() as session:
        session.delete(session.scalars(select(OrderContact)).one())

    with nothing_changes(bench.database), pytest.raises(Conflict) as refused:
        do(bench, order_notes.write_to_buyer, hand, words="Hello?")
    assert refused.value.code == "buyer_erased"


def test_no_words_are_no_note(bench: Bench, world: World) -> None:
    hand = sold(bench, world)

    with nothing_changes(bench.database), pytest.raises(Invalid):
        do(bench, order_notes.write_to_buyer, hand, words="")


def test_each_promise_to_tell_the_buyer_is_made_once(bench: Bench, world: World) -> None:
    hand = parcel(bench, world)
    ship(bench, hand)
    with pytest.raises(Conflict):
        ship(bench, hand)

    with bench.database.reads() as session:
        named = select(Job.name).where(Job.name == "send_shipped")
        assert ["send_shipped"] == list(session.scalars(named))


def test_the_time_to_cancel_counts_from_paying(bench: Bench, world: World) -> None:
    placed = place(bench, world)
    bench.clock.pass_time(minutes=9)
    pay(bench.client(), bench, placed)
    bench.clock.pass_time(minutes=55)
    hand = handling(bench, world, placed.public_id)
    cancel_as_buyer(bench, hand)

    order = order_of(bench, hand.order)
    assert order.cancelled_at is not None
    assert timedelta(minutes=64) == order.cancelled_at - order.placed_at

"""Placing an order, and what happens to it when the gateway or the buyer does not go on."""

from dataclasses import replace
from typing import Never

import pytest
from sqlalchemy import func, select, update

from storefront.domain.orders import HoldTerms
from storefront.errors import Conflict, Declined, Invalid, NotFound, StorefrontError, TryAgain
from storefront.models import (
    IdempotentRequest,
    Job,
    LineItem,
    Order,
    OrderContact,
    OrderEvent,
    Payment,
    Placement,
    Store,
    Variant,
)
from storefront.ports import Opened, OpenRequest
from storefront.services import catalog
from storefront.services.checkout import place_order
from storefront.services.hold_extending import extend_hold
from storefront.services.idempotency import LEASE
from storefront.services.order_requests import Buyer, PlacedOrder, PlaceOrder
from storefront.worker import run_due, sweep
from tests.contents import nothing_changes
from tests.factories import World, an_order, order_json, pay, place, world_on
from tests.fakes import Bench


def refused(bench: Bench, command: PlaceOrder) -> StorefrontError:
    """Return how an order is refused, which must change nothing and ask nobody."""
    calls = list(bench.gateway.calls)
    with nothing_changes(bench.database), pytest.raises(StorefrontError) as refusal:
        place_order(bench.ports, command)
    assert calls == bench.gateway.calls
    return refusal.value


def held(bench: Bench) -> int:
    """Return how many units are held in all."""
    with bench.database.reads() as session:
        return session.scalar(select(func.sum(Variant.held))) or 0


def test_an_order_is_written_with_all_that_belongs_to_it(bench: Bench, world: World) -> None:
    address = {"line1": "1 Canal St", "city": "New York", "country": "US"}
    buyer = Buyer("ada@buyer.test", "Ada", phone="123", note="Ring", address=address)

    placed = place(bench, world, quantity=3, buyer=buyer, fulfilment="shipping", store=None)

    with bench.database.reads() as session:
        order = session.scalars(select(Order)).one()
        line = session.scalars(select(LineItem)).one()
        contact = session.scalars(select(OrderContact)).one()
        payment = session.scalars(select(Payment)).one()
        job = session.scalars(select(Job)).one()
        history = session.scalars(select(OrderEvent.kind)).all()
    assert ("shipping", None, 1350) == (order.fulfilment, order.store_id, order.total_minor)
    assert (3, 450, 1350) == (line.quantity, line.unit_minor, line.total_minor)
    assert ("Pistachio cone", "Regular", "gelato-cone") == (
        line.title, line.variant_name, line.sku,
    )  # fmt: skip
    assert ("ada@buyer.test", address, "Ring") == (contact.email, contact.address, contact.note)
    assert (1350, placed.payment_reference) == (payment.amount_minor, payment.gateway_reference)
    assert ("expire_order", order.held_until) == (job.name, job.run_at)
    assert ["placed"] == history
    assert 3 == held(bench)


def test_nothing_personal_is_sent_to_the_gateway(bench: Bench, world: World) -> None:
    placed = place(bench, world)

    asked = bench.gateway.opened[placed.payment_reference]

    assert {"merchant", "order", "payment"} == set(asked.metadata)
    assert f"{world.merchant.name} {placed.public_id}" == asked.description
    assert "buyer.test" not in repr(asked)


def test_the_address_of_a_pick_up_is_its_store(bench: Bench, world: World) -> None:
    place(bench, world)

    with bench.database.reads() as session:
        order = session.scalars(select(Order)).one()
        contact = session.scalars(select(OrderContact)).one()
    assert (world.store.id, {}) == (order.store_id, contact.address)


def test_what_cannot_be_ordered_is_refused_before_anything_is_written(bench: Bench) -> None:
    world, rival = world_on(bench), world_on(bench, slug="rival")
    with bench.database.begin() as session:
        closed = Store(
            merchant_id=world.merchant.id, public_id="sto_closed", name="x", address="x",
            hours="x", position=1, closed_at=bench.clock.now(),
        )  # fmt: skip
        session.add(closed)
    order = an_order(world)
    variant = world.variant.public_id
    cases: list[tuple[dict[str, object], type[StorefrontError], str]] = [
        ({"placement": "plc_0000000000000000"}, NotFound, "not_found"),
        ({"lines": ()}, Invalid, "cart_empty"),
        ({"lines": tuple((f"var_{n}", 1) for n in range(21))}, Invalid, "cart_full"),
        ({"lines": ((variant, 0),)}, Invalid, "invalid_quantity"),
        ({"lines": ((variant, 100),)}, Invalid, "invalid_quantity"),
        ({"lines": ((variant, 11),)}, Conflict, "too_few_left"),
        ({"lines": ((variant, 1), ("var_x", 1))}, Conflict, "sold_out"),
        ({"lines": ((rival.variant.public_id, 1),)}, Conflict, "sold_out"),
        ({"store": None}, Invalid, "unknown_store"),
        ({"store": rival.store.public_id}, Invalid, "unknown_store"),
        ({"store": "sto_closed"}, Invalid, "unknown_store"),
    ]

    for changes, kind, code in cases:
        refusal = refused(bench, replace(order, **changes))  # type: ignore[arg-type]
        assert (kind, code) == (type(refusal), refusal.code), changes


def test_a_retired_placement_sells_no_more(bench: Bench, world: World) -> None:
    with bench.database.begin() as session:
        session.execute(update(Placement).values(retired_at=bench.clock.now()))

    assert isinstance(refused(bench, an_order(world)), NotFound)


def test_all_lines_are_taken_or_none(bench: Bench, world: World) -> None:
    with bench.database.begin() as session:
        rare = catalog.add_variant(
            session, world.merchant, world.product,
            name="Large", sku="large", price_minor=700, stock=0,
        )  # fmt: skip
    lines = ((world.variant.public_id, 1), (rare.public_id, 1))

    refusal = refused(bench, an_order(world, lines=lines))

    assert ("sold_out", rare.public_id) == (refusal.code, refusal.field)


class PriceRise:
    """A reader of prices whose merchant raises them right after it has read."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def begin(self) -> object:
        with self._bench.database.begin() as session:
            session.execute(update(Variant).values(price_minor=500))
        return self._bench.database.begin()


def test_a_price_that_rises_while_the_buyer_pays_is_never_charged(
    bench: Bench, world: World
) -> None:
    hurried = replace(bench.ports, sessions=PriceRise(bench))  # type: ignore[arg-type]

    with pytest.raises(Conflict) as refusal:
        place_order(hurried, an_order(world))

    assert ("price_changed", world.variant.public_id) == (refusal.value.code, refusal.value.field)
    assert 0 == held(bench)
    assert [] == bench.gateway.calls


def test_after_a_silent_gateway_the_same_key_opens_the_same_payment(
    bench: Bench, world: World
) -> None:
    command = an_order(world, quantity=2)
    bench.gateway.fault = TryAgain("payments_unavailable")
    for _ in range(2):
        with pytest.raises(TryAgain):
            place_order(bench.ports, command)
    bench.gateway.fault = None

    placed = place_order(bench.ports, command)

    with bench.database.reads() as session:
        payment = session.scalars(select(Payment)).one()
        order = session.scalars(select(Order)).one()
    assert [payment.public_id] == [each.key for each in bench.gateway.opened.values()]
    assert (order.public_id, payment.gateway_reference) == (
        placed.public_id,
        placed.payment_reference,
    )
    assert 2 == held(bench)


def test_taking_over_from_one_who_is_only_slow_makes_nothing_twice(
    bench: Bench, world: World
) -> None:
    """The lease has ended while the gateway was still being asked: both end with one answer."""
    command = an_order(world)
    gateway_open = bench.gateway.open
    overtaking: list[PlacedOrder] = []

    def be_overtaken(request: OpenRequest) -> Opened:
        bench.gateway.open = gateway_open  # type: ignore[method-assign]
        bench.clock.moment += LEASE
        overtaking.append(place_order(bench.ports, command))
        return gateway_open(request)

    bench.gateway.open = be_overtaken  # type: ignore[method-assign]

    placed = place_order(bench.ports, command)

    with bench.database.reads() as session:
        payment = session.scalars(select(Payment)).one()
    repeated = place_order(bench.ports, command)
    assert (overtaking, placed) == ([placed], replace(repeated, is_replay=False))
    assert [payment.gateway_reference] == list(bench.gateway.opened)
    assert 1 == held(bench)


def test_a_crash_between_the_gateway_and_our_own_row_charges_nobody_twice(
    bench: Bench, world: World
) -> None:
    """R-B8: the gateway has answered, we died before writing it down; the repeat finds it."""
    command = an_order(world)
    gateway_open = bench.gateway.open

    def die(request: object) -> None:
        gateway_open(request)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    bench.gateway.open = die  # type: ignore[method-assign, assignment]
    with pytest.raises(KeyboardInterrupt):
        place_order(bench.ports, command)
    del bench.gateway.open  # type: ignore[method-assign]
    bench.clock.moment += LEASE

    placed = place_order(bench.ports, command)

    assert [placed.payment_reference] == list(bench.gateway.opened)
    assert 1 == held(bench)


def test_after_the_hold_has_ended_the_same_key_starts_nothing(bench: Bench, world: World) -> None:
    command = an_order(world)
    bench.gateway.fault = TryAgain("payments_unavailable")
    with pytest.raises(TryAgain):
        place_order(bench.ports, command)
    bench.gateway.fault = None
    bench.clock.pass_time(minutes=10)

    assert "hold_over" == refused(bench, command).code


@pytest.mark.parametrize("fault", [Invalid("amount_out_of_range", field="amount"), Declined()])
def test_what_the_gateway_refuses_for_good_gives_everything_back(
    bench: Bench, world: World, fault: StorefrontError
) -> None:
    command = an_order(world, quantity=4)
    bench.gateway.fault = fault
    with pytest.raises(type(fault)):
        place_order(bench.ports, command)
    bench.gateway.fault = None

    with bench.database.reads() as session:
        order = session.scalars(select(Order)).one()
        stored = session.scalars(select(IdempotentRequest)).one()
    assert bench.clock.now() == order.cancelled_at
    assert (None, None) == (stored.answer, stored.subject)
    assert 0 == held(bench)
    assert place_order(bench.ports, command).public_id != order.public_id


def extend(bench: Bench, world: World, placed: PlacedOrder) -> float:
    """Extend a hold, and return how many minutes it ends after the order was placed."""
    settings = bench.ports.settings
    with bench.database.begin() as session:
        end = extend_hold(
            session,
            world.merchant.id,
            placed.public_id,
            terms=HoldTerms(settings.hold_time, settings.hold_longest),
            now=bench.clock.now(),
        )
        placed_at = session.scalars(select(Order.placed_at)).one()
    return (end - placed_at).total_seconds() / 60


def test_a_hold_lasts_ten_minutes_after_the_last_activity_and_thirty_in_all(
    bench: Bench, world: World
) -> None:
    placed = place(bench, world)
    ends = []
    for _ in range(4):
        bench.clock.pass_time(minutes=7)
        ends.append(extend(bench, world, placed))
    bench.clock.pass_time(minutes=2)

    with nothing_changes(bench.database), pytest.raises(Conflict) as refusal:
        extend(bench, world, placed)

    assert [17, 24, 30, 30] == ends
    assert "hold_over" == refusal.value.code


def test_a_hold_that_was_extended_outlives_its_first_job(bench: Bench, world: World) -> None:
    placed = place(bench, world)
    bench.clock.pass_time(minutes=9)
    extend(bench, world, placed)
    bench.clock.pass_time(minutes=1)

    run_due(bench.ports)
    kept = held(bench)
    bench.clock.pass_time(minutes=9)
    sweep(bench.ports)

    assert (1, 0) == (kept, held(bench))


def test_nobody_extends_the_hold_of_an_order_they_do_not_know(bench: Bench) -> None:
    world, rival = world_on(bench), world_on(bench, slug="rival")
    placed = place(bench, world)

    with nothing_changes(bench.database), pytest.raises(NotFound):
        extend(bench, rival, placed)


class NoWriting:
    """Sessions that must not be opened."""

    def begin(self) -> Never:
        pytest.fail("a write transaction was opened")


@pytest.mark.parametrize(("is_paid", "code"), [(True, "sold_out"), (False, "all_held")])
def test_what_is_gone_is_refused_from_a_look_without_writing(
    bench: Bench, *, is_paid: bool, code: str
) -> None:
    world = world_on(bench, stock=1)
    first = place(bench, world)
    if is_paid:
        pay(bench.client(), bench, first)

    with pytest.raises(Conflict) as refusal:
        place_order(replace(bench.ports, sessions=NoWriting()), an_order(world))  # type: ignore[arg-type]

    assert code == refusal.value.code


def test_who_holds_the_last_unit_may_ask_again(bench: Bench) -> None:
    """The same key is answered before anybody looks whether something is left."""
    world = world_on(bench, stock=1)
    order = an_order(world)
    first = place_order(bench.ports, order)

    again = place_order(bench.ports, order)

    assert replace(first, is_replay=True) == again


def test_another_order_under_a_used_key_is_a_mismatch_even_where_nothing_is_left(
    bench: Bench,
) -> None:
    order = an_order(world_on(bench, stock=1))
    place_order(bench.ports, order)

    assert "idempotency_mismatch" == refused(bench, replace(order, body_hash="other")).code


def test_a_hold_that_has_ended_refuses_nobody(bench: Bench) -> None:
    world = world_on(bench, stock=1)
    place(bench, world)
    bench.clock.pass_time(minutes=11)

    place(bench, world)

    assert 1 == held(bench)


def test_a_repeat_says_what_was_said_first_to_the_letter(bench: Bench, world: World) -> None:
    """R-A11: one body, though the hold was extended and the variant is off the shelf by now."""
    client, order = bench.client(), order_json(world)
    headers = {"Idempotency-Key": "k" * 24}
    first = client.post("/orders", json=order, headers=headers)
    bench.clock.pass_time(minutes=5)
    terms = HoldTerms(bench.ports.settings.hold_time, bench.ports.settings.hold_longest)
    with bench.database.begin() as session:
        extended = extend_hold(
            session,
            world.merchant.id,
            first.json["public_id"],
            terms=terms,
            now=bench.clock.now(),
        )
        session.execute(update(Variant).values(withdrawn_at=bench.clock.now()))

    again = client.post("/orders", json=order, headers=headers)

    assert (201, "true") == (again.status_code, again.headers["Idempotent-Replayed"])
    assert first.data == again.data
    assert extended.isoformat() > first.json["expires_at"]


def test_a_try_that_the_gateway_left_hanging_goes_on_though_the_variant_is_withdrawn(
    bench: Bench, world: World
) -> None:
    order = an_order(world)
    bench.gateway.fault = TryAgain("payments_unavailable")
    with pytest.raises(TryAgain):
        place_order(bench.ports, order)
    bench.gateway.fault = None
    with bench.database.begin() as session:
        session.execute(update(Variant).values(withdrawn_at=bench.clock.now()))

    placed = place_order(bench.ports, order)

    assert 450 == placed.amount.minor
    assert 1 == held(bench)

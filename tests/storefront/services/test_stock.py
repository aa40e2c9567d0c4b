"""Units of stock: held, let go, sold, and taken again, each by a conditional update."""

import pytest
from sqlalchemy import select, update

from storefront.errors import Conflict
from storefront.models import LineItem, Order, Variant
from storefront.services import stock
from storefront.services.order_requests import PlacedOrder
from storefront.services.stock import Wanted
from tests.contents import nothing_changes
from tests.factories import World, place, world_on
from tests.fakes import Bench


def counters(bench: Bench, world: World) -> tuple[int, int]:
    """Return how many units are held and sold."""
    with bench.database.reads() as session:
        variant = session.get_one(Variant, world.variant.id)
    return variant.held, variant.sold


def order_id(bench: Bench, placed: PlacedOrder) -> int:
    """Return the key of an order."""
    with bench.database.reads() as session:
        return session.scalars(select(Order.id).where(Order.public_id == placed.public_id)).one()


def refused(bench: Bench, wanted: Wanted) -> Conflict:
    """Return how a hold is refused, which must change nothing."""
    with (
        nothing_changes(bench.database),
        pytest.raises(Conflict) as refusal,
        bench.database.begin() as session,
    ):
        stock.hold(session, [wanted], now=bench.clock.now())
    return refusal.value


def test_a_hold_needs_units_a_price_and_a_variant_on_sale(bench: Bench) -> None:
    world = world_on(bench, stock=5)
    place(bench, world, quantity=3)
    variant = world.variant.id

    refusals = [
        refused(bench, Wanted(variant, 3, 450)),
        refused(bench, Wanted(variant, 6, 450)),
        refused(bench, Wanted(variant, 1, 449)),
    ]
    with bench.database.begin() as session:
        session.execute(update(Variant).values(withdrawn_at=bench.clock.now()))
    refusals.append(refused(bench, Wanted(variant, 1, 450)))

    assert ["too_few_left", "too_few_left", "price_changed", "sold_out"] == [
        refusal.code for refusal in refusals
    ]
    assert {world.variant.public_id} == {refusal.field for refusal in refusals}


def test_unlimited_stock_is_counted_and_never_refused(bench: Bench) -> None:
    world = world_on(bench, stock=None)

    for _ in range(3):
        place(bench, world, quantity=99)

    assert (297, 0) == counters(bench, world)


def test_a_hold_that_has_ended_makes_room_at_once(bench: Bench) -> None:
    """Housekeeping may come late; the next buyer need not wait for it."""
    world = world_on(bench, stock=2)
    place(bench, world, quantity=2)
    bench.clock.pass_time(minutes=10)

    place(bench, world, quantity=1)

    assert (1, 0) == counters(bench, world)


def test_a_hold_a_moment_before_its_end_makes_no_room(bench: Bench) -> None:
    world = world_on(bench, stock=1)
    place(bench, world)
    bench.clock.pass_time(minutes=9, seconds=59)

    refusal = refused(bench, Wanted(world.variant.id, 1, 450))

    assert ("all_held", 2) == (refusal.code, refusal.retry_after)


def test_a_hold_is_kept_while_the_bank_decides(bench: Bench) -> None:
    world = world_on(bench, stock=1)
    placed = place(bench, world)
    with bench.database.begin() as session:
        session.execute(
            update(Order)
            .where(Order.public_id == placed.public_id)
            .values(processing_at=bench.clock.now())
        )
    bench.clock.pass_time(days=1)

    assert "all_held" == refused(bench, Wanted(world.variant.id, 1, 450)).code


def test_letting_go_twice_gives_back_once(bench: Bench, world: World) -> None:
    order = order_id(bench, place(bench, world, quantity=4))
    place(bench, world, quantity=2)

    for _ in range(2):
        with bench.database.begin() as session:
            stock.lock(session, order)
            stock.release(session, order, now=bench.clock.now())

    assert (2, 0) == counters(bench, world)


def test_what_was_let_go_is_taken_again_for_money_that_came_late(
    bench: Bench, world: World
) -> None:
    """Nothing else of the order is touched here, so the books are set right at the end."""
    order = order_id(bench, place(bench, world, quantity=4))
    with bench.database.begin() as session:
        stock.release(session, order, now=bench.clock.now())
        assert stock.sell(session, order, now=bench.clock.now())
        line = session.scalars(select(LineItem)).one()
        variant = session.scalars(select(Variant)).one()
        assert (bench.clock.now(), None) == (line.sold_at, line.released_at)
        assert (0, 4) == (variant.held, variant.sold)
        session.rollback()


def test_late_money_takes_all_lines_again_or_none(bench: Bench) -> None:
    world = world_on(bench, stock=4)
    order = order_id(bench, place(bench, world, quantity=4))
    with bench.database.begin() as session:
        stock.release(session, order, now=bench.clock.now())
    place(bench, world, quantity=1)

    with nothing_changes(bench.database), bench.database.begin() as session:
        assert not stock.sell(session, order, now=bench.clock.now())


def test_late_money_buys_at_its_own_price_even_what_is_no_longer_shown(bench: Bench) -> None:
    world = world_on(bench, stock=1)
    order = order_id(bench, place(bench, world))
    with bench.database.begin() as session:
        stock.release(session, order, now=bench.clock.now())
        session.execute(update(Variant).values(price_minor=9, withdrawn_at=bench.clock.now()))

    with bench.database.begin() as session:
        assert stock.sell(session, order, now=bench.clock.now())
        session.rollback()

"""Stock as a merchant changes it: every change is an entry, and none sells what is not there."""

import threading
from typing import Any

import pytest
from sqlalchemy import select

from storefront.errors import Conflict, Invalid, StorefrontError
from storefront.models import Alarm, StockEntry, Variant
from storefront.services import stock, stock_entries
from storefront.services.stock import Wanted
from storefront.services.stock_entries import Hand
from storefront.services.variants import VariantDetails, edit_variant
from tests.contents import nothing_changes
from tests.factories import World, pay, place, world_on
from tests.fakes import Bench


def variant_of(bench: Bench, world: World) -> Variant:
    """Return the world's variant as it is now."""
    with bench.database.reads() as session:
        return session.get_one(Variant, world.variant.id)


def change(bench: Bench, world: World, name: str, *args: Any, **values: Any) -> None:
    """Change the stock of the world's variant by hand."""
    hand = values.pop("hand", None) or stock_entries.by_program(bench.clock.now())
    with bench.database.begin() as session:
        variant = session.get_one(Variant, world.variant.id)
        getattr(stock_entries, name)(session, variant, *args, hand=hand, **values)


def refused(bench: Bench, world: World, name: str, *args: Any, **values: Any) -> StorefrontError:
    """Return how a change is refused, which must leave everything as it was."""
    with nothing_changes(bench.database), pytest.raises((Conflict, Invalid)) as refusal:
        change(bench, world, name, *args, **values)
    return refusal.value


def entries(bench: Bench, world: World) -> list[tuple[str, int]]:
    """Return reason and units of every entry of the world's variant."""
    with bench.database.reads() as session:
        rows = session.execute(
            select(StockEntry.reason, StockEntry.units)
            .where(StockEntry.variant_id == world.variant.id)
            .order_by(StockEntry.id)
        )
        return [(reason, units) for reason, units in rows]


def alarms(bench: Bench) -> int:
    """Return how often somebody was told that stock is low."""
    with bench.database.reads() as session:
        return session.scalar(select(Alarm.count).where(Alarm.kind == "low_stock")) or 0


def alarm_at(bench: Bench, world: World, low_stock: int | None) -> None:
    """Ask to be told when so few are unsold."""
    with bench.database.begin() as session:
        variant = session.get_one(Variant, world.variant.id)
        details = VariantDetails(variant.name, variant.sku, variant.price_minor, low_stock)
        edit_variant(session, variant, details, version=variant.version, now=bench.clock.now())


def test_restocking_adds_units_and_says_who_did_it(bench: Bench) -> None:
    world = world_on(bench, stock=2)

    change(bench, world, "restock", 5)

    assert 7 == variant_of(bench, world).stock
    assert [("opening", 2), ("restocked", 5)] == entries(bench, world)


def test_the_same_form_sent_twice_counts_once(bench: Bench) -> None:
    world = world_on(bench, stock=2)
    hand = Hand(None, "the-same-form", bench.clock.now())

    change(bench, world, "restock", 5, hand=hand)
    with nothing_changes(bench.database):
        change(bench, world, "restock", 5, hand=hand)

    assert 7 == variant_of(bench, world).stock


@pytest.mark.parametrize("units", [0, -3, 1_000_001])
def test_restocking_takes_a_sensible_number(bench: Bench, units: int) -> None:
    world = world_on(bench)

    assert "invalid_units" == refused(bench, world, "restock", units).code


def test_what_has_no_limit_cannot_be_restocked(bench: Bench) -> None:
    world = world_on(bench, stock=None)

    assert "no_stock_limit" == refused(bench, world, "restock", 5).code


def test_a_count_books_the_difference_to_what_was_seen(bench: Bench) -> None:
    """Two were sold between looking and sending: they stay sold."""
    world = world_on(bench, stock=10)
    pay(bench.client(), bench, place(bench, world, quantity=2))

    change(bench, world, "count", 7, seen=10, reason="damaged")

    variant = variant_of(bench, world)
    assert (7, 2) == (variant.stock, variant.sold)
    assert ("damaged", -3) == entries(bench, world)[-1]


def test_a_count_that_is_right_is_entered_too(bench: Bench) -> None:
    world = world_on(bench, stock=10)

    change(bench, world, "count", 10, seen=10, reason="counted")

    assert ("counted", 0) == entries(bench, world)[-1]


def test_a_count_below_what_open_orders_hold_is_refused(bench: Bench) -> None:
    world = world_on(bench, stock=10)
    place(bench, world, quantity=4)

    refusal = refused(bench, world, "count", 3, seen=10, reason="lost")

    assert ("count_below_open", 4) == (refusal.code, refusal.data["left"])


def test_a_count_needs_a_known_reason(bench: Bench) -> None:
    world = world_on(bench)

    assert "unknown_reason" == refused(bench, world, "count", 3, seen=10, reason="bored").code


def test_a_limit_is_set_beside_what_is_held_and_sold_and_taken_away_again(bench: Bench) -> None:
    world = world_on(bench, stock=None)
    place(bench, world, quantity=3)

    change(bench, world, "limit", 5)
    with_limit = variant_of(bench, world)
    change(bench, world, "unlimit")

    assert (8, 5) == (with_limit.stock, (with_limit.stock or 0) - with_limit.held)
    assert variant_of(bench, world).stock is None
    assert [("limited", 8), ("unlimited", -8)] == entries(bench, world)


def test_one_alarm_tells_of_each_crossing(bench: Bench) -> None:
    world, client = world_on(bench, stock=6), bench.client()
    alarm_at(bench, world, 3)

    told = [alarms(bench)]
    for quantity in (2, 1, 1):
        pay(client, bench, place(bench, world, quantity=quantity))
        told.append(alarms(bench))
    change(bench, world, "restock", 10)
    is_calm = variant_of(bench, world).low_at is None
    pay(client, bench, place(bench, world, quantity=9))
    told.append(alarms(bench))

    assert is_calm
    assert [0, 0, 1, 1, 2] == told


def test_an_alarm_that_is_wanted_no_more_is_over(bench: Bench) -> None:
    world = world_on(bench, stock=2)
    alarm_at(bench, world, 3)
    was_low = variant_of(bench, world).low_at

    alarm_at(bench, world, None)

    assert bench.clock.now() == was_low
    assert variant_of(bench, world).low_at is None


def test_restocking_and_holding_side_by_side_never_oversells(bench: Bench) -> None:
    """Six count one away while six hold one: whoever is late is told so, on both engines."""
    world = world_on(bench, stock=6)
    now, outcomes = bench.clock.now(), []
    start = threading.Barrier(12)

    def act(number: int) -> None:
        start.wait()
        try:
            if number % 2:
                change(bench, world, "count", 0, seen=1, reason="lost")
            else:
                with bench.database.begin() as session:
                    stock.hold(session, [Wanted(world.variant.id, 1, 450)], now=now)
        except Conflict as refusal:
            outcomes.append(refusal.code)
        else:
            outcomes.append("done")

    threads = [threading.Thread(target=act, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    variant = variant_of(bench, world)
    with bench.database.begin() as session:
        session.get_one(Variant, world.variant.id).held = 0  # no order stands behind these holds

    assert 12 == len(outcomes)
    assert 6 == outcomes.count("done")
    assert variant.stock == variant.held
    assert {"done", "count_below_open", "sold_out", "all_held"} >= set(outcomes)

"""The lowest price of the last 30 days, before a reduction, from prices that were written down."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from storefront.domain.offers import Kind
from storefront.models import Offer, Variant, VariantPrice
from storefront.services import offer_life, price_history
from storefront.worker import run_due
from tests.factories import World, running_offer
from tests.fakes import Bench


def set_price(bench: Bench, world: World, minor: int) -> None:
    with bench.database.begin() as session:
        session.execute(
            update(Variant).where(Variant.id == world.variant.id).values(price_minor=minor)
        )
        price_history.note_prices(
            session, world.merchant.id, [world.variant.id], since=bench.clock.now()
        )


def lowest(bench: Bench, world: World, moment: datetime) -> int | None:
    with bench.database.reads() as session:
        found = price_history.lowest_before(session, [world.variant.id], moment)
    return found[world.variant.id].minor if found else None


def history(bench: Bench, world: World) -> list[tuple[int, datetime]]:
    with bench.database.reads() as session:
        rows = session.scalars(
            select(VariantPrice)
            .where(VariantPrice.variant_id == world.variant.id)
            .order_by(VariantPrice.id)
        )
        return [(row.price_minor, row.since) for row in rows]


def day(number: int) -> datetime:
    return datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC) + timedelta(days=number)


def prices(bench: Bench, world: World, *by_day: tuple[int, int]) -> None:
    for number, minor in by_day:
        bench.clock.moment = day(number)
        set_price(bench, world, minor)


def test_the_lowest_price_of_thirty_days_is_the_lowest_that_held_in_them(
    bench: Bench, world: World
) -> None:
    prices(bench, world, (0, 500), (10, 420), (12, 480))

    assert 420 == lowest(bench, world, day(13))
    assert 420 == lowest(bench, world, day(41))
    assert 480 == lowest(bench, world, day(43))


def test_the_price_with_which_the_thirty_days_began_counts_too(bench: Bench, world: World) -> None:
    prices(bench, world, (0, 400), (20, 500))

    assert 400 == lowest(bench, world, day(49))
    assert 500 == lowest(bench, world, day(51))


def test_a_reduction_itself_is_not_among_the_prices_before_it(bench: Bench, world: World) -> None:
    prices(bench, world, (5, 400))

    assert 450 == lowest(bench, world, day(5))


def test_a_variant_without_a_history_has_no_lowest_price(bench: Bench, world: World) -> None:
    assert lowest(bench, world, day(-1)) is None


def test_an_offer_is_a_price_from_its_start_to_its_end(bench: Bench, world: World) -> None:
    bench.clock.pass_time(days=1)
    offer = running_offer(bench, world, ends="2026-03-20")
    bench.clock.pass_time(days=20)
    run_due(bench.ports)

    assert [(450, day(0)), (360, day(1)), (450, offer.ends_at)] == history(bench, world)


def test_a_pause_and_a_hand_that_ends_it_are_written_down(bench: Bench, world: World) -> None:
    offer = running_offer(bench, world)
    for act in (offer_life.pause, offer_life.resume, offer_life.end):
        bench.clock.pass_time(days=1)
        with bench.database.begin() as session:
            act(session, session.get_one(Offer, offer.id), now=bench.clock.now())

    assert [450, 360, 450, 360, 450] == [minor for minor, _ in history(bench, world)]


def test_an_offer_that_is_not_for_everybody_is_nobodys_price(bench: Bench, world: World) -> None:
    closed: list[dict[str, Any]] = [
        {"kind": Kind.CODE, "code": "SECRET"},
        {"has_link": True},
        {"placement": world.placement.public_id},
        {"is_first_order_only": True},
    ]
    for changes in closed:
        running_offer(bench, world, **changes)

    assert {world.variant.price_minor} == {minor for minor, _ in history(bench, world)}


def test_a_price_that_stays_is_written_down_once(bench: Bench, world: World) -> None:
    prices(bench, world, (0, 450), (1, 450), (2, 450))

    assert [(450, day(0))] == history(bench, world)

"""The report's numbers against the rows themselves, counted by plain SQL of another make."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from storefront.db.types import UtcDateTime
from storefront.domain.money import Money
from storefront.domain.periods import Period
from storefront.models import Interaction, Merchant, PlacementTally
from storefront.services import catalog, tallies
from storefront.services.refunds import Wish, refund_order
from storefront.services.reporting.report import Report, get_report
from storefront.services.reporting.report_acts import By
from storefront.services.reporting.shop import get_shop
from tests.factories import World, place, world_on
from tests.fakes import Bench
from tests.storefront.gateway_news import tell_of_dispute
from tests.storefront.sales import ANA, BEN, act, open_link, sell, sell_through_a_share

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31), "America/New_York")

GROSS = "SELECT sum(total_minor) FROM storefront_orders WHERE {mine} AND {paid_at}"
PAID = "SELECT count(*) FROM storefront_orders WHERE {mine} AND {paid_at}"
PLACED = "SELECT count(*) FROM storefront_orders WHERE {mine} AND {placed_at}"
REFUNDED = (
    "SELECT sum(amount_minor) FROM storefront_refunds"
    " WHERE {mine} AND failed_at IS NULL AND {booked_at}"
)
DISPUTED = (
    "SELECT sum(amount_minor) FROM storefront_disputes"
    " WHERE {mine} AND won_at IS NULL AND {withdrawn_at}"
)
VIEWS = (
    "SELECT count(*) FROM storefront_interactions WHERE {mine} AND kind = 'view' AND {occurred_at}"
)


def ask(bench: Bench, world: World, period: Period = MARCH, by: By = By.CHANNEL) -> Report:
    with bench.database.reads() as session:
        return get_report(session, get_shop(session, world.merchant.id), period, by=by)


def count(bench: Bench, world: World, query: str, period: Period = MARCH) -> int:
    """Run one of the queries above over a period that is cut by hand."""
    columns = ("paid_at", "placed_at", "booked_at", "withdrawn_at", "occurred_at")
    cuts = {name: f"{name} >= :start AND {name} < :over" for name in columns}
    with bench.database.reads() as session:
        dialect = session.get_bind().dialect
        start, over = (
            UtcDateTime().bind_processor(dialect)(moment) if dialect.name == "sqlite" else moment  # type: ignore[misc]
            for moment in (period.starts_at, period.ends_at)
        )
        statement = text(query.format(mine="merchant_id = :merchant", **cuts))
        values = {"merchant": world.merchant.id, "start": start, "over": over}
        return int(session.execute(statement, values).scalar() or 0)


def refund(bench: Bench, world: World, order: str, minor: int) -> None:
    with bench.database.begin() as session:
        refund_order(
            session,
            world.merchant.id,
            order,
            wish=Wish(amount_minor=minor),
            kinds=bench.ports.kinds,
            now=bench.clock.now(),
        )


def a_busy_month(bench: Bench, world: World) -> None:
    """Sell in several ways, give some back, let one be disputed, and leave one unpaid."""
    rival = world_on(bench, slug="florist")
    sell(bench, rival)
    for visitor in (ANA, BEN):
        act(bench, world, "view", visitor)
    sell(bench, world, visitor=ANA, lines=((world.variant.public_id, 2),))
    shared = sell_through_a_share(bench, world)
    refund(bench, world, shared.public_id, 123)
    bench.clock.pass_time(days=1)
    disputed = sell(bench, world)
    tell_of_dispute(bench, disputed, 450, "needs_response")
    place(bench, world)


def test_every_figure_equals_the_rows(bench: Bench, world: World) -> None:
    a_busy_month(bench, world)
    now = ask(bench, world).now

    expected = {
        "gross": count(bench, world, GROSS),
        "refunded": count(bench, world, REFUNDED),
        "disputed": count(bench, world, DISPUTED),
        "orders": count(bench, world, PAID),
        "checkouts": count(bench, world, PLACED),
        "views": count(bench, world, VIEWS),
    }
    assert expected == {
        "gross": now.gross.minor,
        "refunded": now.refunded.minor,
        "disputed": now.disputed.minor,
        "orders": now.orders,
        "checkouts": now.checkouts,
        "views": now.views,
    }
    assert 1800 - 123 - 450 == now.net.minor
    assert (3, 4) == (now.orders, now.checkouts)


@pytest.mark.parametrize("by", By)
def test_rows_add_up_to_the_whole_under_both_models(bench: Bench, world: World, by: By) -> None:
    a_busy_month(bench, world)
    report = ask(bench, world, by=by)

    for column in ("net", "net_linear"):
        assert report.now.net.minor == sum(getattr(row, column).minor for row in report.rows)
    assert report.now.orders == sum(row.orders for row in report.rows)
    assert report.now.orders * 10_000 == sum(row.orders_linear for row in report.rows)
    assert report.now.checkouts == sum(row.checkouts for row in report.rows)
    assert report.now.net.minor == sum(bar.net.minor for bar in report.bars)
    assert report.now.orders == sum(bar.orders for bar in report.bars)


def test_two_touches_share_under_linear_and_the_last_takes_all(bench: Bench, world: World) -> None:
    with bench.database.begin() as session:
        channel = catalog.get_or_add_channel(session, world.merchant.id, "chirp", name="Chirp")
        other = catalog.add_placement(
            session,
            channel,
            [world.product],
            name="Chirp post",
            post_url="https://blog.test/chirp",
            now=bench.clock.now(),
        )
    act(bench, world, "view", ANA)
    bench.clock.pass_time(minutes=1)
    elsewhere = World(**{**vars(world), "placement": other})
    act(bench, elsewhere, "view", ANA)
    sell(bench, elsewhere, visitor=ANA)
    rows = {row.name.text: row for row in ask(bench, world).rows}

    assert {"Blog": (0, 5_000, 0, 225), "Chirp": (1, 5_000, 450, 225)} == {
        name: (row.orders, row.orders_linear, row.net.minor, row.net_linear.minor)
        for name, row in rows.items()
    }


def test_a_sale_belongs_to_the_share_that_brought_it(bench: Bench, world: World) -> None:
    sell_through_a_share(bench, world)
    sell(bench, world)
    rows = ask(bench, world, by=By.SHARE).rows

    assert {("row", "Cone post", 1, 1), ("direct", "", 0, 1)} == {
        (row.name.kind, row.name.text, row.views, row.orders) for row in rows
    }


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 3, 8, 4, 59, 59, tzinfo=UTC), 7),
        (datetime(2026, 3, 8, 5, 0, 0, tzinfo=UTC), 8),
        (datetime(2026, 3, 9, 3, 59, 59, tzinfo=UTC), 8),
        (datetime(2026, 3, 9, 4, 0, 0, tzinfo=UTC), 9),
    ],
)
def test_a_sale_lies_on_the_merchants_day_when_clocks_change(
    bench: Bench, world: World, moment: datetime, day: int
) -> None:
    bench.clock.moment = moment
    act(bench, world, "view", ANA)
    sell(bench, world, visitor=ANA)
    found = {
        each: ask(bench, world, Period(date(2026, 3, each), date(2026, 3, each), MARCH.zone)).now
        for each in (7, 8, 9)
    }

    assert [day] == [each for each, figures in found.items() if figures.orders]
    assert [day] == [each for each, figures in found.items() if figures.views]
    assert [day] == [
        bar.step.first.day for bar in ask(bench, world).bars if bar.net == Money(450, "USD")
    ]


def test_a_period_stands_against_the_one_before(bench: Bench, world: World) -> None:
    bench.clock.moment = datetime(2026, 2, 10, 12, tzinfo=UTC)
    sold = sell(bench, world)
    bench.clock.moment = datetime(2026, 3, 10, 12, tzinfo=UTC)
    sell(bench, world, lines=((world.variant.public_id, 2),))
    refund(bench, world, sold.public_id, 50)
    report = ask(bench, world)

    assert (850, 450) == (report.now.net.minor, report.before.net.minor)
    assert [(850, 450)] == [(row.net.minor, row.before.minor) for row in report.rows]


def test_nothing_is_divided_by_nothing(bench: Bench, world: World) -> None:
    figures = ask(bench, world).now

    assert (None, None, 0) == (figures.average, figures.conversion, figures.net.minor)


def test_an_average_is_rounded_half_up(bench: Bench, world: World) -> None:
    sell(bench, world)
    with bench.database.begin() as session:
        odd = catalog.add_variant(
            session, world.merchant, world.product, name="Odd", sku="odd", price_minor=451, stock=5
        )
    sell(bench, world, lines=((odd.public_id, 1),))

    assert Money(451, "USD") == ask(bench, world).now.average


def tally_all(
    bench: Bench, world: World, zone: str = MARCH.zone, batch: int = tallies.BATCH
) -> None:
    now = bench.clock.now()
    while tallies.count_some(bench.ports, world.merchant.id, zone, now=now, batch=batch):
        pass


def tallied(bench: Bench) -> int:
    with bench.database.reads() as session:
        return int(session.scalar(select(func.sum(PlacementTally.count))) or 0)


def recorded(bench: Bench) -> int:
    with bench.database.reads() as session:
        return int(session.scalar(select(func.count(Interaction.id))) or 0)


def test_what_is_counted_and_what_came_since_are_the_rows(bench: Bench, world: World) -> None:
    a_busy_month(bench, world)
    expected = [ask(bench, world, by=by) for by in By]
    bench.clock.pass_time(minutes=10)
    tally_all(bench, world)
    assert expected == [ask(bench, world, by=by) for by in By]
    act(bench, world, "view", ANA)

    assert tallied(bench) < recorded(bench)
    assert expected[0].now.views + 1 == ask(bench, world).now.views
    assert count(bench, world, VIEWS) == ask(bench, world).now.views


def test_each_act_is_counted_once_however_often_somebody_counts(bench: Bench, world: World) -> None:
    act(bench, world, "view", ANA)
    bench.clock.pass_time(minutes=10)
    for _ in range(3):
        tally_all(bench, world)
    act(bench, world, "view", BEN)
    bench.clock.pass_time(minutes=10)
    tally_all(bench, world)
    tally_all(bench, world)

    assert recorded(bench) == tallied(bench) == 2


def test_what_was_just_recorded_waits_until_nothing_can_come_before_it(
    bench: Bench, world: World
) -> None:
    act(bench, world, "view", ANA)
    tally_all(bench, world)

    assert tallied(bench) == 0
    assert ask(bench, world).now.views == 1


def test_in_another_zone_everything_is_counted_anew(bench: Bench, world: World) -> None:
    bench.clock.moment = datetime(2026, 3, 8, 4, 30, tzinfo=UTC)  # the seventh in New York
    act(bench, world, "view", ANA)
    bench.clock.pass_time(days=2)
    tally_all(bench, world)
    with bench.database.begin() as session:
        session.execute(update(Merchant).values(zone="UTC"))
    eighth = Period(date(2026, 3, 8), date(2026, 3, 8), "UTC")
    assert ask(bench, world, eighth).now.views == 1
    tally_all(bench, world, "UTC")

    assert ask(bench, world, eighth).now.views == 1
    assert tallied(bench) == 1


def test_a_batch_never_splits_a_moment(bench: Bench, world: World) -> None:
    for _ in range(5):
        act(bench, world, "view", ANA)
    bench.clock.pass_time(seconds=1)
    for _ in range(3):
        act(bench, world, "view", BEN)
    bench.clock.pass_time(minutes=10)
    tally_all(bench, world, batch=2)

    assert tallied(bench) == 8


def test_shares_open_as_often_as_they_were_opened(bench: Bench, world: World) -> None:
    shared = act(bench, world, "share", ANA)
    assert shared.share_token
    for _ in range(2):
        open_link(bench, shared.share_token, BEN)
    found: Any = {row.name.kind: row.views for row in ask(bench, world, by=By.SHARE).rows}

    assert {"row": 2} == found

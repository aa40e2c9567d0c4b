"""What the console shows: figures that add up, lists that find, and one merchant at a time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select, update

from storefront.domain.money import Money
from storefront.domain.orders import OrderStatus, status
from storefront.errors import NotFound
from storefront.models import Job, Order, Variant
from storefront.services import alarms, catalog, jobs
from storefront.services.order_requests import Buyer
from storefront.services.reporting.attention import attention
from storefront.services.reporting.dossier import get_dossier
from storefront.services.reporting.glance import Period, day_starts, glance
from storefront.services.reporting.order_search import OrderSearch, status_at
from storefront.services.reporting.orders import OrderList, list_orders
from storefront.services.reporting.pages import cut
from storefront.services.reporting.placements import get_placement_report, list_placements
from storefront.services.reporting.products import list_products
from storefront.services.reporting.shares import list_shares
from storefront.services.reporting.shop import get_shop
from storefront.services.views import MerchantView
from tests.factories import World, an_order, place, world_on
from tests.fakes import Bench
from tests.storefront.sales import ANA, BEN, act, open_link, sell, sell_through_a_share


def shop_of(bench: Bench, world: World) -> MerchantView:
    with bench.database.reads() as session:
        return get_shop(session, world.merchant.id)


def orders_of(
    bench: Bench, world: World, words: str = "", *, page: int = 1, size: int = 25, **sought: Any
) -> OrderList:
    search = OrderSearch(words=words, **sought)
    with bench.database.reads() as session:
        return list_orders(
            session, world.merchant.id, search, now=bench.clock.now(), page=page, size=size
        )


def buyer(name: str) -> Buyer:
    return Buyer(email=f"{name.lower()}@buyer.test", name=name)


@pytest.mark.parametrize(
    ("total", "page", "expected"),
    [
        (0, 1, (1, 1, 0)),
        (10, 1, (1, 1, 0)),
        (11, 2, (2, 2, 10)),
        (11, 3, (2, 2, 10)),
        (11, 0, (1, 2, 0)),
    ],
)
def test_a_page_beyond_a_list_becomes_its_nearest(
    total: int, page: int, expected: tuple[int, int, int]
) -> None:
    found = cut(total, page, size=10)

    assert expected == (found.page, found.pages, found.offset)


def test_days_begin_at_the_merchants_midnight_even_when_clocks_change() -> None:
    starts = day_starts(datetime(2026, 3, 9, 3, 30, tzinfo=UTC), "America/New_York", 2)

    assert (
        datetime(2026, 3, 7, 5, tzinfo=UTC),
        datetime(2026, 3, 8, 5, tzinfo=UTC),
    ) == starts


def test_a_day_of_23_hours_is_one_day() -> None:
    starts = day_starts(datetime(2026, 3, 9, 12, tzinfo=UTC), "America/New_York", 2)

    assert timedelta(hours=23) == starts[1] - starts[0]


def test_a_glance_counts_paid_orders_by_the_merchants_days(bench: Bench, world: World) -> None:
    sell(bench, world)
    bench.clock.pass_time(days=2)
    sell(bench, world, lines=((world.variant.public_id, 2),))
    place(bench, world)
    with bench.database.reads() as session:
        seen = glance(session, shop_of(bench, world), now=bench.clock.now())

    assert [day.orders for day in seen.days] == [0, 0, 0, 0, 1, 0, 1]
    assert Period(0, 1, Money(900, "USD")) == seen.today
    assert Period(0, 2, Money(1350, "USD")) == seen.week


def test_a_visitor_who_comes_twice_is_one_visitor(bench: Bench, world: World) -> None:
    act(bench, world, "view", ANA)
    act(bench, world, "view", ANA)
    bench.clock.pass_time(days=1)
    act(bench, world, "view", BEN)
    act(bench, world, "view", ANA)
    with bench.database.reads() as session:
        seen = glance(session, shop_of(bench, world), now=bench.clock.now())

    assert (seen.today.visitors, seen.week.visitors) == (2, 2)


def test_conversion_is_told_in_parts_of_ten_thousand() -> None:
    nothing = Money(0, "USD")

    assert (
        Period(3, 1, nothing).conversion,
        Period(0, 1, nothing).conversion,
        Period(1, 2, nothing).conversion,
    ) == (3333, None, None)


def test_another_merchants_sales_are_in_none_of_the_figures(bench: Bench, world: World) -> None:
    rival = world_on(bench, slug="florist")
    sold = sell_through_a_share(bench, rival)
    shop = shop_of(bench, world)
    with bench.database.reads() as session:
        seen = glance(session, shop, now=bench.clock.now())
        placements = list_placements(session, shop)
        shares = list_shares(session, shop)
        found = orders_of(bench, world)
        with pytest.raises(NotFound):
            get_dossier(
                session,
                world.merchant.id,
                sold.public_id,
                settings=bench.ports.settings,
                now=bench.clock.now(),
            )
        with pytest.raises(NotFound):
            get_placement_report(session, shop, rival.placement.public_id)

    assert Period(0, 0, Money(0, "USD")) == seen.week
    assert [world.placement.public_id] == [row.public_id for row in placements.rows]
    assert (found.rows, shares.rows, shares.total) == ((), (), 0)


def test_the_database_derives_the_status_as_the_rules_do(bench: Bench, world: World) -> None:
    """Every combination of facts, with the hold running and over."""
    place(bench, world)
    now = bench.clock.now()
    facts = ("processing_at", "paid_at", "expired_at", "cancelled_at", "needs_review_at")
    for happened in product((None, now), repeat=len(facts)):
        for held_until in (now, now + timedelta(minutes=1)):
            values = dict(zip(facts, happened, strict=True))
            with bench.database.begin() as session:
                session.execute(update(Order).values(held_until=held_until, **values))
                computed = session.execute(select(status_at(now))).scalar_one()
                order = session.scalars(select(Order)).one()

            assert status(order.facts, now) == computed
    with bench.database.begin() as session:  # as it was, so that the books hold
        session.execute(update(Order).values(held_until=now, **dict.fromkeys(facts)))


@pytest.mark.parametrize("query", ["1002", "#1002", "# 1002", "BEA", "bea@buyer", "bea@buyer.test"])
def test_an_order_is_found_by_number_name_or_address(
    bench: Bench, world: World, query: str
) -> None:
    for name in ("Ada", "Bea", "Cem"):
        sell(bench, world, buyer=buyer(name))

    assert [row.name for row in orders_of(bench, world, query).rows] == ["Bea"]


def test_an_order_is_found_by_its_public_id(bench: Bench, world: World) -> None:
    wanted, _ = place(bench, world), place(bench, world)

    assert [wanted.public_id] == [
        row.public_id for row in orders_of(bench, world, wanted.public_id).rows
    ]


@pytest.mark.parametrize("query", ["%", "_", "99999999999", "ord_", "'; --", "\\"])
def test_an_odd_search_finds_nothing_and_breaks_nothing(
    bench: Bench, world: World, query: str
) -> None:
    sell(bench, world)

    assert (orders_of(bench, world, query).all, orders_of(bench, world, query).rows) == (0, ())


def test_orders_are_counted_by_status_and_listed_newest_first(bench: Bench, world: World) -> None:
    sell(bench, world, buyer=buyer("Ada"))
    bench.clock.pass_time(minutes=1)
    sell(bench, world, buyer=buyer("Bea"))
    bench.clock.pass_time(minutes=1)
    place(bench, world, buyer=buyer("Cem"))

    everything = orders_of(bench, world)
    paid = orders_of(bench, world, status=OrderStatus.PAID, size=1, page=2)

    assert [row.name for row in everything.rows] == ["Cem", "Bea", "Ada"]
    assert everything.counts == {OrderStatus.PAID: 2, OrderStatus.AWAITING_PAYMENT: 1}
    assert ([row.name for row in paid.rows], paid.slice.page, paid.slice.pages) == (["Ada"], 2, 2)


def test_an_order_in_a_list_says_what_produced_it(bench: Bench, world: World) -> None:
    sell(bench, world)
    sell_through_a_share(bench, world, lines=((world.variant.public_id, 3),))

    assert [(row.origin, row.units) for row in orders_of(bench, world).rows] == [
        ("open", 3),
        (None, 1),
    ]


def test_placements_and_direct_sales_together_are_all_sales(bench: Bench, world: World) -> None:
    act(bench, world, "view", ANA)
    sell_through_a_share(bench, world)
    sell(bench, world)
    sell(bench, world)
    with bench.database.reads() as session:
        found = list_placements(session, shop_of(bench, world))
    row = found.rows[0]

    assert row.acts == {"view": 1, "click": 1, "like": 0, "comment": 0, "share": 1, "open": 1}
    assert (1, Money(450, "USD")) == (row.brought.orders, row.brought.money)
    assert (2, Money(900, "USD")) == (found.direct.orders, found.direct.money)


def test_an_unpaid_order_brings_nothing(bench: Bench, world: World) -> None:
    act(bench, world, "view", ANA)
    place(bench, world, visitor=ANA)
    with bench.database.reads() as session:
        found = list_placements(session, shop_of(bench, world))

    assert (found.rows[0].brought.orders, found.direct.orders) == (0, 0)


def test_a_placement_names_what_it_shows(bench: Bench, world: World) -> None:
    with bench.database.reads() as session:
        report = get_placement_report(session, shop_of(bench, world), world.placement.public_id)

    assert (
        report.products,
        report.row.channel,
        report.row.is_retired,
    ) == (((world.product.public_id, "Pistachio cone"),), "Blog", False)


def test_shares_are_listed_by_what_they_brought(bench: Bench, world: World) -> None:
    idle = act(bench, world, "share", BEN)
    opened = act(bench, world, "share", BEN)
    assert opened.share_token is not None
    open_link(bench, opened.share_token, replace(ANA, key="x" * 26))
    sell_through_a_share(bench, world)
    with bench.database.reads() as session:
        found = list_shares(session, shop_of(bench, world), limit=2)

    assert idle.share_token is not None
    assert [
        (row.visitor, row.opens, row.brought.orders, row.brought.money.minor) for row in found.rows
    ] == [("000ana", 1, 1, 450), ("000ben", 1, 0, 0)]
    assert found.total == 3


def test_products_tell_what_is_left_held_and_sold(bench: Bench, world: World) -> None:
    sell(bench, world, lines=((world.variant.public_id, 2),))
    place(bench, world, lines=((world.variant.public_id, 3),))
    with bench.database.reads() as session:
        found = list_products(session, world.merchant.id, bench.ports.settings)
    variant = found.rows[0].variants[0]

    assert (variant.stock, variant.left, variant.held, variant.sold) == (10, 5, 3, 2)


def test_withdrawn_things_are_not_listed(bench: Bench, world: World) -> None:
    now = bench.clock.now()
    with bench.database.begin() as session:
        gone = catalog.add_product(session, world.merchant, name="Gone", description="", now=now)
        gone.withdrawn_at = now
        session.execute(update(Variant).values(withdrawn_at=now))
    with bench.database.reads() as session:
        found = list_products(session, world.merchant.id, bench.ports.settings)

    assert [(row.name, row.variants) for row in found.rows] == [("Pistachio cone", ())]


def test_a_job_that_was_given_up_names_its_order(bench: Bench, world: World) -> None:
    sold = sell(bench, world)
    now = bench.clock.now()
    with bench.database.begin() as session:
        order_id = session.scalars(select(Order.id)).one()
        session.execute(
            update(Job).where(Job.name == "send_receipt").values(given_up_at=now, last_fault="x")
        )
        jobs.add(session, "tidy", {}, merchant_id=world.merchant.id, now=now)
        session.execute(update(Job).where(Job.name == "tidy").values(given_up_at=now))
        alarms.raise_alarm(session, world.merchant.id, "paid_twice", now=now)
    with bench.database.reads() as session:
        waiting = attention(session, world.merchant.id)

    assert order_id
    assert {("send_receipt", sold.public_id, 1001), ("tidy", None, None)} == {
        (job.name, job.order, job.number) for job in waiting.given_up.rows
    }
    assert ([row.kind for row in waiting.alarms], waiting.is_calm) == (["paid_twice"], False)


def test_an_order_that_needs_review_waits_for_a_person(bench: Bench, world: World) -> None:
    place(bench, world)
    with bench.database.reads() as session:
        before = attention(session, world.merchant.id)
    with bench.database.begin() as session:
        session.execute(update(Order).values(needs_review_at=bench.clock.now()))
    with bench.database.reads() as session:
        after = attention(session, world.merchant.id)

    assert (before.is_calm, before.reviews) == (True, 0)
    assert (after.is_calm, after.reviews) == (False, 1)


def test_a_dossier_holds_words_history_and_money(bench: Bench, world: World) -> None:
    command = an_order(world)
    wishes = replace(command.buyer, phone="+1 401", note="Keep it cold")
    sold = sell(bench, world, buyer=wishes, visitor=BEN)
    with bench.database.reads() as session:
        dossier = get_dossier(
            session,
            world.merchant.id,
            sold.public_id,
            settings=bench.ports.settings,
            now=bench.clock.now(),
        )

    assert (dossier.visitor, dossier.phone, dossier.note) == ("000ben", "+1 401", "Keep it cold")
    assert [each.kind for each in dossier.history] == ["placed", "paid"]
    assert [(Money(450, "USD"), sold.payment_reference, True)] == [
        (each.amount, each.reference, each.succeeded_at is not None) for each in dossier.payments
    ]

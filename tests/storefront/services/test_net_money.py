"""The console's figures against plain SQL: after any run of sales, refunds and disputes they name
what the shop has kept, wherever they are shown."""

import random

import pytest
from sqlalchemy import text

from storefront.domain.money import Money
from storefront.models import Refund
from storefront.services.order_requests import PlacedOrder
from storefront.services.placements import get_placement
from storefront.services.refunds import Wish, refund_order
from storefront.services.reporting.glance import glance
from storefront.services.reporting.placements import get_placement_report, list_placements
from storefront.services.reporting.shares import list_shares
from storefront.services.views import MerchantView
from tests.factories import World, world_on
from tests.fakes import Bench
from tests.storefront.gateway_news import tell_of_dispute, tell_of_refund
from tests.storefront.sales import ANA, act, open_link, sell, sell_through_a_share

ROUNDS = 12
WITHDRAWN = """
    SELECT coalesce(sum(d.amount_minor), 0) FROM storefront_disputes d
    JOIN storefront_payments p ON p.id = d.payment_id
    WHERE p.order_id = o.id AND d.withdrawn_at IS NOT NULL AND d.won_at IS NULL
"""
KEPT = f"""
    SELECT coalesce(sum(o.total_minor - o.refunded_minor - ({WITHDRAWN})), 0)
    FROM storefront_orders o WHERE o.merchant_id = :merchant AND o.paid_at IS NOT NULL
"""  # noqa: S608 - made of constants
THROUGH_SHARES = f"""{KEPT} AND EXISTS (
    SELECT 1 FROM storefront_attributions a
    JOIN storefront_interactions i ON i.id = a.interaction_id
    WHERE a.order_id = o.id AND a.model = 'last_touch' AND i.share_id IS NOT NULL)
"""  # noqa: S608 - as above
DIRECT = f"""{KEPT} AND EXISTS (
    SELECT 1 FROM storefront_attributions a
    WHERE a.order_id = o.id AND a.model = 'last_touch' AND a.interaction_id IS NULL)
"""  # noqa: S608 - as above
IN_THE_LEDGER = """
    SELECT coalesce(sum(l.amount_minor), 0) FROM storefront_ledger_entries l
    WHERE l.merchant_id = :merchant AND l.account = 'gateway'
"""


def minor(bench: Bench, world: World, sql: str) -> int:
    """Return what a statement about the merchant says."""
    with bench.database.reads() as session:
        return int(session.execute(text(sql), {"merchant": world.merchant.id}).scalar_one())


def shop_of(bench: Bench, world: World) -> MerchantView:
    """Return the merchant as views see it."""
    with bench.database.reads() as session:
        return get_placement(session, world.placement.public_id).merchant


def refund(bench: Bench, world: World, placed: PlacedOrder, amount: int) -> Refund:
    """Give a part of an order back."""
    with bench.database.begin() as session:
        return refund_order(
            session,
            world.merchant.id,
            placed.public_id,
            wish=Wish(amount_minor=amount),
            kinds=bench.ports.kinds,
            now=bench.clock.now(),
        )


def live_through(bench: Bench, world: World, chance: random.Random) -> None:
    """Sell directly and through shares; give back, fail to, be disputed; win and lose."""
    for _ in range(ROUNDS):
        sells = chance.choice((sell, sell_through_a_share))
        placed = sells(bench, world, quantity=2)
        for fate in chance.sample(("refund", "failed", "won", "lost", "open"), k=2):
            if fate == "refund":
                refund(bench, world, placed, chance.randint(1, 300))
            elif fate == "failed":
                tell_of_refund(bench, refund(bench, world, placed, 50), "failed")
            else:
                tell_of_dispute(
                    bench, placed, 100, "needs_response", id=f"du_{placed.public_id}_{fate}"
                )
                if fate != "open":
                    tell_of_dispute(bench, placed, 100, fate, id=f"du_{placed.public_id}_{fate}")
        bench.clock.pass_time(hours=chance.randint(1, 9))


@pytest.mark.parametrize("seed", [1, 2])
def test_every_figure_is_what_sql_says(bench: Bench, seed: int) -> None:
    world, rival = world_on(bench, stock=None), world_on(bench, slug="rival")
    live_through(bench, world, random.Random(seed))
    sell(bench, rival)
    shop = shop_of(bench, world)

    with bench.database.reads() as session:
        week = glance(session, shop, now=bench.clock.now()).week
        spots = list_placements(session, shop)
        spot = get_placement_report(session, shop, world.placement.public_id).row
        shares = list_shares(session, shop, limit=1000)

    kept = minor(bench, world, KEPT)
    assert (ROUNDS, kept) == (week.orders, week.money.minor)
    assert kept == minor(bench, world, IN_THE_LEDGER)
    assert minor(bench, world, DIRECT) == spots.direct.money.minor
    assert kept == spots.direct.money.minor + sum(row.brought.money.minor for row in spots.rows)
    assert ROUNDS == spots.direct.orders + sum(row.brought.orders for row in spots.rows)
    assert spot.brought == spots.rows[0].brought
    assert minor(bench, world, THROUGH_SHARES) == sum(
        row.brought.money.minor for row in shares.rows
    )


def test_money_that_goes_back_counts_on_the_day_on_which_it_goes(
    bench: Bench, world: World
) -> None:
    placed = sell(bench, world, quantity=2)
    bench.clock.pass_time(days=2)
    refund(bench, world, placed, 300)

    with bench.database.reads() as session:
        seen = glance(session, shop_of(bench, world), now=bench.clock.now())

    assert [0, 0, 0, 0, 900, 0, -300] == [day.money.minor for day in seen.days]
    assert (Money(600, "USD"), 1) == (seen.week.money, seen.week.orders)


def test_an_order_that_went_back_whole_is_still_an_order(bench: Bench, world: World) -> None:
    placed = sell_through_a_share(bench, world)
    refund(bench, world, placed, 450)

    with bench.database.reads() as session:
        shop = shop_of(bench, world)
        [row] = list_shares(session, shop).rows
        [spot] = list_placements(session, shop).rows

    assert (1, 0) == (row.brought.orders, row.brought.money.minor)
    assert row.brought == spot.brought


def test_the_share_that_brought_most_net_comes_first(bench: Bench, world: World) -> None:
    refunded = sell_through_a_share(bench, world, quantity=3)
    sell_through_a_share(bench, world, quantity=2)
    refund(bench, world, refunded, 1000)

    with bench.database.reads() as session:
        rows = list_shares(session, shop_of(bench, world)).rows

    assert [900, 350] == [row.brought.money.minor for row in rows]


def test_an_interaction_that_led_to_two_sales_has_the_money_of_both(
    bench: Bench, world: World
) -> None:
    shared = act(bench, world, "share", ANA)
    assert shared.share_token is not None
    reader = open_link(bench, shared.share_token, ANA)
    first, _ = (sell(bench, world, visitor=reader) for _ in range(2))
    refund(bench, world, first, 100)

    with bench.database.reads() as session:
        rows = list_shares(session, shop_of(bench, world)).rows

    assert [(2, 800)] == [(row.brought.orders, row.brought.money.minor) for row in rows]

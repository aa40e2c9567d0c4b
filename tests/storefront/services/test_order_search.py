"""Finding orders: every filter, every sort, and an export that is what the list shows."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select, update

from storefront.domain.fulfilment import GIFT, PICKUP, Stage, stage
from storefront.models import Campaign, Member, Order, OrderContact
from storefront.services import cancelling, catalog, fulfilment
from storefront.services.fulfilment import Handling
from storefront.services.order_requests import Buyer
from storefront.services.reporting.order_search import OrderSearch, Sort, stage_now
from storefront.services.reporting.orders import every_order, list_orders, order_choices
from tests.factories import World, place, world_on
from tests.fakes import Bench
from tests.storefront.sales import sell


def names(bench: Bench, world: World, **sought: Any) -> list[str]:
    """Return the buyers of what is found, in the list's order; an export must say the same."""
    search, now = OrderSearch(**sought), bench.clock.now()
    with bench.database.reads() as session:
        found = list_orders(session, world.merchant.id, search, now=now)
        exported = list(every_order(session, world.merchant.id, search, now=now))
    assert list(found.rows) == exported
    return [row.name for row in found.rows]


def buy(bench: Bench, world: World, name: str, **changes: Any) -> Handling:
    buyer = Buyer(email=f"{name.lower()}@buyer.test", name=name)
    placed = sell(bench, world, buyer=buyer, **changes)
    with bench.database.reads() as session:
        member_id = session.scalars(
            select(Member.id).where(Member.email == world.owner_email)
        ).one()
    return Handling(world.merchant.id, placed.public_id, member_id)


@pytest.mark.parametrize("words", ["pistachio", "GELATO-CONE", "regular", "bea@", "#1002", "1002"])
def test_an_order_is_found_by_what_was_bought_and_by_whom(
    bench: Bench, world: World, words: str
) -> None:
    other = world_on(bench, slug="florist")
    buy(bench, other, "Cal")
    with bench.database.begin() as session:
        product = catalog.add_product(
            session, world.merchant, name="Lemon ice", description="", now=bench.clock.now()
        )
        ice = catalog.add_variant(
            session, world.merchant, product, name="Cup", sku="ice", price_minor=300, stock=5
        )
    buy(bench, world, "Ada", lines=((ice.public_id, 1),))
    buy(bench, world, "Bea")

    assert ["Bea"] == names(bench, world, words=words)


def test_orders_are_narrowed_by_how_far_they_have_come(bench: Bench, world: World) -> None:
    hands = {name: buy(bench, world, name) for name in ("Ada", "Bea", "Cal", "Dan")}
    now = bench.clock.now()
    with bench.database.begin() as session:
        fulfilment.make_ready(session, hands["Bea"], now=now)
        fulfilment.pick_up(session, hands["Cal"], now=now)
    cancelling.cancel_order(bench.ports, hands["Dan"])

    assert {"preparing": ["Ada"], "ready": ["Bea"], "picked_up": ["Cal"], "none": ["Dan"]} == {
        each.value: names(bench, world, stage=each) for each in Stage if each != Stage.SHIPPED
    }


def test_orders_are_narrowed_to_a_placement_and_a_campaign(bench: Bench, world: World) -> None:
    with bench.database.begin() as session:
        campaign = catalog.add_campaign(session, world.merchant.id, "Spring")
        channel = catalog.get_or_add_channel(session, world.merchant.id, "blog", name="Blog")
        spring = catalog.add_placement(
            session,
            channel,
            [world.product],
            name="Spring post",
            post_url="https://blog.test/spring",
            campaign=campaign,
            now=bench.clock.now(),
        )
    buy(bench, world, "Ada")
    buy(bench, world, "Bea", placement=spring.public_id)
    with bench.database.reads() as session:
        named = session.scalars(select(Campaign.public_id)).one()
        choices = order_choices(session, world.merchant.id)

    assert ["Bea"] == names(bench, world, placement=spring.public_id)
    assert ["Bea"] == names(bench, world, campaign=named)
    assert [] == names(bench, world, campaign="cmp_of_somebody_else")
    assert (("Cone post", "Spring post"), ("Spring",)) == (
        tuple(name for _, name in choices.placements),
        tuple(name for _, name in choices.campaigns),
    )


def test_days_are_half_open(bench: Bench, world: World) -> None:
    buy(bench, world, "Ada")
    start = bench.clock.now()
    bench.clock.pass_time(days=1)
    buy(bench, world, "Bea")

    assert ["Ada"] == names(bench, world, since=start, until=start + timedelta(days=1))
    assert ["Bea"] == names(bench, world, since=start + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (Sort.NEWEST, ["Cal", "Bea", "Ada"]),
        (Sort.OLDEST, ["Ada", "Bea", "Cal"]),
        (Sort.LARGEST, ["Bea", "Cal", "Ada"]),
        (Sort.SMALLEST, ["Ada", "Cal", "Bea"]),
    ],
)
def test_orders_are_sorted(bench: Bench, world: World, sort: Sort, expected: list[str]) -> None:
    for name, quantity in (("Ada", 1), ("Bea", 3), ("Cal", 2)):
        buy(bench, world, name, lines=((world.variant.public_id, quantity),))
        bench.clock.pass_time(seconds=1)

    assert expected == names(bench, world, sort=sort)


def test_pages_neither_repeat_nor_leave_out_equals(bench: Bench, world: World) -> None:
    for name in ("Ada", "Bea", "Cal"):
        buy(bench, world, name)
    with bench.database.reads() as session:
        pages = [
            list_orders(session, world.merchant.id, now=bench.clock.now(), page=page, size=1)
            for page in (1, 2, 3)
        ]

    assert ["Cal", "Bea", "Ada"] == [row.name for page in pages for row in page.rows]


def test_nothing_is_disputed_until_somebody_does(bench: Bench, world: World) -> None:
    buy(bench, world, "Ada")

    assert [] == names(bench, world, is_disputed=True)


def test_an_erased_buyer_still_stands_in_the_list(bench: Bench, world: World) -> None:
    buy(bench, world, "Ada")
    with bench.database.begin() as session:
        session.delete(session.scalars(select(OrderContact)).one())

    assert [""] == names(bench, world)


def test_the_database_computes_the_stage_as_the_rule_does(bench: Bench, world: World) -> None:
    """Every mixture of facts that an order can have, written straight into one row."""
    placed = place(bench, world)
    facts = ("paid_at", "cancelled_at", "needs_review_at", "ready_at", "picked_up_at", "shipped_at")
    mine = Order.public_id == placed.public_id
    mixtures = list(product((None, bench.clock.now()), repeat=len(facts)))
    untouched = mixtures[0]
    with bench.database.begin() as session:
        for way, mixture, refunded in product((PICKUP, GIFT), [*mixtures[1:], untouched], (450, 0)):
            values = {**dict(zip(facts, mixture, strict=True)), "fulfilment": way}
            session.execute(update(Order).where(mine).values(**values, refunded_minor=refunded))
            session.expire_all()
            order, computed = session.execute(select(Order, stage_now()).where(mine)).one()
            assert stage(order.facts).value == computed

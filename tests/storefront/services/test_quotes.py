"""What an order costs: its way to the buyer decides about delivery and tax, and rows keep them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from storefront.errors import Conflict, Invalid, NotFound, StorefrontError
from storefront.models import LineItem, Order, Payment, ShippingRate, TaxRate
from storefront.services import delivery, taxes
from storefront.services.checkout import place_order
from storefront.services.delivery import ShippingWish
from storefront.services.order_requests import Buyer
from storefront.services.taxes import TaxWish
from tests import factories
from tests.factories import World, an_order, place
from tests.fakes import Bench

US_5 = ShippingWish("US", "Ground", amount_minor=500, free_from_minor=4000)
RI_7 = TaxWish("US", "RI", "Sales tax", 70_000)


def settle(bench: Bench, world: World, *wishes: ShippingWish | TaxWish, **home: Any) -> None:
    with bench.database.begin() as session:
        factories.settle(session, world, *wishes, **home)


def ship_to(country: str, region: str = "", **changes: Any) -> dict[str, Any]:
    """Return what makes an order one that is sent to a place."""
    address = {
        "line1": "1 High St", "line2": "", "postcode": "1000", "city": "Town",
        "region": region, "country": country,
    }  # fmt: skip
    buyer = Buyer(email="ada@buyer.test", name="Ada", address=address)
    return {"buyer": buyer, "fulfilment": "shipping", "store": None, **changes}


def only_order(bench: Bench) -> Order:
    with bench.database.reads() as session:
        return session.scalars(select(Order)).one()


def only_line(bench: Bench) -> LineItem:
    with bench.database.reads() as session:
        return session.scalars(select(LineItem)).one()


def test_an_order_keeps_shipping_and_tax_beside_its_goods(bench: Bench, world: World) -> None:
    settle(bench, world, US_5, RI_7, prices_include_tax=False)

    placed = place(bench, world, quantity=2, **ship_to("US", "Rhode Island"))

    order, line = only_order(bench), only_line(bench)
    assert (900, 0, 500, 98, 35) == (
        order.goods_minor, order.discount_minor, order.shipping_minor,
        order.tax_minor, order.shipping_tax_minor,
    )  # fmt: skip
    assert (450, 63, 70_000, 963) == (
        line.unit_minor, line.tax_minor, line.tax_ppm, line.total_minor,
    )  # fmt: skip
    assert ("Ground", "Sales tax", False) == (
        order.shipping_name, order.tax_name, order.is_tax_included,
    )  # fmt: skip
    assert 1498 == order.total_minor == placed.amount.minor


def test_prices_that_include_tax_are_the_same_everywhere(bench: Bench, world: World) -> None:
    vat = TaxWish("PT", "", "IVA", 230_000)
    settle(bench, world, ShippingWish("*", "Post", 500), vat, prices_include_tax=True)

    home = place(bench, world, **ship_to("PT"))
    away = place(bench, world, **ship_to("JP"))

    with bench.database.reads() as session:
        taxed = session.execute(select(Order.tax_minor, Order.tax_name).order_by(Order.id)).all()
    assert [(177, "IVA"), (0, "")] == [tuple(row) for row in taxed]
    assert home.amount == away.amount


def test_a_pick_up_is_taxed_where_the_merchant_is(bench: Bench, world: World) -> None:
    settle(bench, world, RI_7, prices_include_tax=False, country="US", region="RI")

    place(bench, world)

    assert (32, 0, 482) == (
        only_order(bench).tax_minor, only_order(bench).shipping_minor,
        only_order(bench).total_minor,
    )  # fmt: skip


def test_shipping_may_be_free_of_tax(bench: Bench, world: World) -> None:
    settle(bench, world, US_5, replace(RI_7, covers_shipping=False), prices_include_tax=False)

    place(bench, world, **ship_to("US", "RI"))

    assert (32, 0) == (only_order(bench).tax_minor, only_order(bench).shipping_tax_minor)


def test_shipping_is_free_from_the_merchants_amount_on(bench: Bench, world: World) -> None:
    settle(bench, world, US_5)

    place(bench, world, quantity=9, **ship_to("US"))

    assert (4050, 0) == (only_order(bench).goods_minor, only_order(bench).shipping_minor)


def test_a_country_has_its_own_rate_before_that_of_everywhere_else(
    bench: Bench, world: World
) -> None:
    settle(bench, world, US_5, ShippingWish("*", "Air mail", 2000))

    place(bench, world, **ship_to("US"))
    place(bench, world, **ship_to("NZ"))

    with bench.database.reads() as session:
        assert [500, 2000] == session.scalars(select(Order.shipping_minor).order_by(Order.id)).all()


def test_a_region_without_a_rate_has_its_countrys(bench: Bench, world: World) -> None:
    rest = TaxWish("US", "", "Tax", 10_000)
    settle(bench, world, US_5, RI_7, rest, prices_include_tax=False)

    place(bench, world, **ship_to("US", "Texas"))

    assert (10_000, 5) == (only_line(bench).tax_ppm, only_line(bench).tax_minor)


@pytest.mark.parametrize(
    ("rates", "place_", "field", "code"),
    [
        ([US_5], ("PT", ""), "address_country", "not_delivered_there"),
        ([], ("US", ""), "fulfilment", "no_delivery"),
        ([US_5, RI_7], ("US", ""), "address_region", "region_needed"),
        ([US_5, RI_7], ("US", "Rhod Island"), "address_region", "region_needed"),
    ],
)
def test_what_cannot_be_sent_or_taxed_is_refused_before_anything_is_written(
    bench: Bench,
    world: World,
    rates: list[ShippingWish | TaxWish],
    place_: tuple[str, str],
    field: str,
    code: str,
) -> None:
    settle(bench, world, *rates)

    with pytest.raises(Invalid) as refused:
        place(bench, world, **ship_to(*place_))

    assert (code, field) == (refused.value.code, refused.value.field)
    with bench.database.reads() as session:
        assert [] == session.scalars(select(Order)).all()
    assert {} == bench.gateway.opened


def test_a_total_that_is_not_the_one_that_was_shown_is_refused(bench: Bench, world: World) -> None:
    settle(bench, world, RI_7, prices_include_tax=False, country="US", region="RI")

    with pytest.raises(Conflict) as refused:
        place(bench, world, seen_total=450)
    placed = place(bench, world, seen_total=482)

    assert "price_changed" == refused.value.code
    assert 482 == placed.amount.minor
    with bench.database.reads() as session:
        assert 1 == len(session.scalars(select(Payment)).all())


def test_a_repeated_order_is_answered_though_the_price_has_changed(
    bench: Bench, world: World
) -> None:
    command = an_order(world, seen_total=450)
    first = place_order(bench.ports, command)
    settle(bench, world, RI_7, prices_include_tax=False, country="US", region="RI")

    again = place_order(bench.ports, command)

    assert (first.public_id, 450, True) == (again.public_id, again.amount.minor, again.is_replay)


def test_an_order_keeps_its_rates_when_they_are_changed(bench: Bench, world: World) -> None:
    settle(bench, world, US_5)
    place(bench, world, **ship_to("US"))
    with bench.database.begin() as session:
        rate = delivery.list_shipping_rates(session, world.merchant.id)[0]
        delivery.change_shipping_rate(
            session, world.merchant.id, rate.public_id,
            wish=replace(US_5, amount_minor=900), currency="USD", now=bench.clock.now(),
        )  # fmt: skip

    place(bench, world, **ship_to("US"))

    with bench.database.reads() as session:
        assert [500, 900] == session.scalars(select(Order.shipping_minor).order_by(Order.id)).all()
        assert [500, 0, 900] == sorted(
            session.scalars(select(ShippingRate.amount_minor)).all(), key=[500, 0, 900].index
        )


WRONG: list[tuple[Callable[[Any, int, Any], object], type[StorefrontError], str]] = [
    (
        lambda s, m, now: delivery.add_shipping_rate(
            s, m, replace(US_5, amount_minor=-1), currency="USD", now=now
        ),
        Invalid,
        "invalid_price",
    ),
    (
        lambda s, m, now: delivery.add_shipping_rate(
            s, m, replace(US_5, free_from_minor=0), currency="USD", now=now
        ),
        Invalid,
        "invalid_price",
    ),
    (
        lambda s, m, now: delivery.add_shipping_rate(s, m, US_5, currency="USD", now=now),
        Conflict,
        "rate_taken",
    ),
    (
        lambda s, m, now: delivery.retire_shipping_rate(s, m, "shp_none", now=now),
        NotFound,
        "not_found",
    ),
    (
        lambda s, m, now: taxes.add_tax_rate(s, m, replace(RI_7, rate_ppm=1_000_001), now=now),
        Invalid,
        "invalid_rate",
    ),
    (
        lambda s, m, now: taxes.add_tax_rate(s, m, replace(RI_7, region="Ontario"), now=now),
        Invalid,
        "unknown_region",
    ),
    (
        lambda s, m, now: taxes.add_tax_rate(s, m, replace(RI_7, region="Rhode Island"), now=now),
        Conflict,
        "rate_taken",
    ),
    (lambda s, m, now: taxes.retire_tax_rate(s, m, "tax_none", now=now), NotFound, "not_found"),
]


@pytest.mark.parametrize(("wrong", "kind", "code"), WRONG)
def test_a_rate_that_cannot_be_is_refused(
    bench: Bench,
    world: World,
    wrong: Callable[[Any, int, Any], object],
    kind: type[StorefrontError],
    code: str,
) -> None:
    settle(bench, world, US_5, RI_7)

    with pytest.raises(kind) as refused, bench.database.begin() as session:
        wrong(session, world.merchant.id, bench.clock.now())

    assert code == refused.value.code
    with bench.database.reads() as session:
        assert [500] == [
            rate.amount_minor for rate in delivery.list_shipping_rates(session, world.merchant.id)
        ]
        assert [70_000] == session.scalars(select(TaxRate.rate_ppm)).all()


def test_another_merchants_rates_are_out_of_reach(bench: Bench, world: World) -> None:
    settle(bench, world, US_5)
    with bench.database.begin() as session:
        rate = delivery.list_shipping_rates(session, world.merchant.id)[0].public_id

    with pytest.raises(NotFound), bench.database.begin() as session:
        delivery.retire_shipping_rate(session, world.merchant.id + 1, rate, now=bench.clock.now())

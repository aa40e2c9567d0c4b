"""Money that goes back comes from the parts that the order kept: list price, discount, tax,
shipping and its tax; and a refund that fails puts each of them back."""

import random
from typing import Any

import pytest
from sqlalchemy import func, select, update

from storefront.domain.offers import Benefit, Scope
from storefront.errors import Conflict, Invalid
from storefront.models import LedgerEntry, LineItem, Order, Refund, RefundLine, Variant
from storefront.services import catalog
from storefront.services.delivery import ShippingWish
from storefront.services.order_requests import Buyer, PlacedOrder
from storefront.services.refund_news import fail
from storefront.services.refunds import Wish, refund_order
from storefront.services.taxes import TaxWish
from storefront.worker import run_due
from tests.contents import nothing_changes
from tests.factories import World, running_offer, settle, world_on
from tests.fakes import Bench
from tests.storefront.sales import sell

RATES = (ShippingWish("US", "Ground", 500), TaxWish("US", "RI", "Sales tax", 70_000))
ADDRESS = {"line1": "1 High St", "city": "Town", "region": "RI", "country": "US"}
SHIPPED: dict[str, Any] = {
    "fulfilment": "shipping",
    "store": None,
    "buyer": Buyer("ada@buyer.test", "Ada", address=ADDRESS),
}


@pytest.fixture(params=[False, True], ids=["tax beside", "tax within"])
def is_included(request: pytest.FixtureRequest) -> bool:
    """Run the test with tax beside the prices, and with tax in them."""
    return bool(request.param)


def a_world(bench: Bench, *, is_included: bool = False) -> World:
    world = world_on(bench, stock=None)
    with bench.database.begin() as session:
        settle(session, world, *RATES, prices_include_tax=is_included)
    return world


def sell_off(bench: Bench, world: World, *, off: int, **changes: Any) -> PlacedOrder:
    """Sell each unit at a list price that is higher by `off`, with an offer of as much off it."""
    with bench.database.begin() as session:
        session.execute(update(Variant).values(price_minor=Variant.price_minor + off))
    running_offer(bench, world, benefit=Benefit.AMOUNT, rate_ppm=0, value_minor=off)
    return sell(bench, world, **SHIPPED, **changes)


def give_back(bench: Bench, world: World, placed: PlacedOrder, **wish: Any) -> Refund:
    with bench.database.begin() as session:
        return refund_order(
            session, world.merchant.id, placed.public_id,
            wish=Wish(**wish), kinds=bench.ports.kinds, now=bench.clock.now(),
        )  # fmt: skip


def let_fail(bench: Bench, refund: Refund) -> None:
    with bench.database.begin() as session:
        fail(
            session,
            refund.id,
            "expired_or_canceled_card",
            kinds=bench.ports.kinds,
            now=bench.clock.now(),
        )


def balances(bench: Bench) -> dict[str, int]:
    with bench.database.reads() as session:
        sums = select(LedgerEntry.account, func.sum(LedgerEntry.amount_minor))
        return {account: int(total) for account, total in session.execute(sums.group_by("account"))}


def line_of(bench: Bench, refund: Refund) -> tuple[int, int, int]:
    """Return what a refund took from its one line: amount, discount, tax."""
    with bench.database.reads() as session:
        row = session.scalars(select(RefundLine).where(RefundLine.refund_id == refund.id)).one()
        return row.amount_minor, row.discount_minor, row.tax_minor


def test_a_sale_books_tax_and_shipping_by_themselves(bench: Bench) -> None:
    sell(bench, a_world(bench), quantity=2, **SHIPPED)

    assert {"gateway": 1498, "sales": -900, "shipping": -500, "tax": -98} == balances(bench)


def test_tax_in_the_price_is_booked_out_of_it(bench: Bench) -> None:
    sell(bench, a_world(bench, is_included=True), quantity=2, **SHIPPED)

    # 900 holds 59 of tax, 500 holds 33.
    assert {"gateway": 1400, "sales": -841, "shipping": -467, "tax": -92} == balances(bench)


def test_a_unit_goes_back_with_its_discount_and_its_tax(bench: Bench) -> None:
    world = a_world(bench)
    placed = sell_off(bench, world, off=50, quantity=3)

    refund = give_back(bench, world, placed, lines={0: 1})

    # Three for 1500, 150 off, 95 of tax (94.5): a third of each, rounded down.
    assert (450 + 31, 50, 31) == line_of(bench, refund)
    assert (481, 31, 0) == (refund.amount_minor, refund.tax_minor, refund.shipping_minor)
    with bench.database.reads() as session:
        line = session.scalars(select(LineItem)).one()
    assert (481, 50, 31, 1) == (
        line.refunded_minor, line.refunded_discount_minor, line.refunded_tax_minor,
        line.refunded_quantity,
    )  # fmt: skip


def test_the_shipping_goes_back_with_its_tax_when_it_is_asked_for(bench: Bench) -> None:
    world = a_world(bench)
    placed = sell(bench, world, quantity=2, **SHIPPED)

    refund = give_back(bench, world, placed, lines={0: 1}, with_shipping=True)

    assert (450 + 31 + 535, 31 + 35, 500, 35) == (
        refund.amount_minor, refund.tax_minor, refund.shipping_minor, refund.shipping_tax_minor,
    )  # fmt: skip
    assert {"gateway": 482, "sales": -450, "tax": -32} == {
        account: total for account, total in balances(bench).items() if total
    }


def test_a_whole_refund_may_leave_the_shipping(bench: Bench, is_included: bool) -> None:
    world = a_world(bench, is_included=is_included)
    placed = sell(bench, world, quantity=2, **SHIPPED)

    first = give_back(bench, world, placed, with_shipping=False)
    with nothing_changes(bench.database), pytest.raises(Conflict) as refused:
        give_back(bench, world, placed, with_shipping=False)
    rest = give_back(bench, world, placed)

    assert "already_refunded" == refused.value.code
    shipping = 500 if is_included else 535
    assert (placed.amount.minor - shipping, shipping) == (first.amount_minor, rest.amount_minor)
    assert {0} == set(balances(bench).values())


def test_a_refund_that_fails_puts_every_part_back(bench: Bench, is_included: bool) -> None:
    world = a_world(bench, is_included=is_included)
    placed = sell_off(bench, world, off=50, quantity=3)
    before = balances(bench)

    let_fail(bench, give_back(bench, world, placed, lines={0: 2}, with_shipping=True))

    assert before == balances(bench)
    with bench.database.reads() as session:
        line, order = session.scalars(select(LineItem)).one(), session.scalars(select(Order)).one()
    assert [0] * 8 == [
        line.refunded_minor, line.refunded_discount_minor, line.refunded_tax_minor,
        line.refunded_quantity, order.refunded_minor, order.refunded_tax_minor,
        order.shipping_refunded_minor, order.shipping_tax_refunded_minor,
    ]  # fmt: skip


def test_any_run_of_refunds_and_failures_ends_with_what_was_paid(
    bench: Bench,
    is_included: bool,
) -> None:
    """The audit that every test ends with checks each part against its order."""
    world, chance = a_world(bench, is_included=is_included), random.Random(11)
    with bench.database.begin() as session:
        other = catalog.add_variant(
            session, world.merchant, world.product,
            name="Large", sku="large", price_minor=799, stock=None,
        )  # fmt: skip
    lines = ((world.variant.public_id, 7), (other.public_id, 5))
    placed = sell_off(bench, world, off=33, lines=lines)
    kept = 0
    for _ in range(12):
        try:
            refund = give_back(bench, world, placed, **a_wish(chance))
        except Conflict:
            continue
        if chance.random() < 0.4:
            let_fail(bench, refund)
        else:
            kept += refund.amount_minor
    rest = give_back(bench, world, placed)

    assert 0 < kept < placed.amount.minor
    assert placed.amount.minor == kept + rest.amount_minor
    assert {0} == set(balances(bench).values())
    with bench.database.reads() as session:
        order = session.scalars(select(Order)).one()
    assert (order.total_minor, order.tax_minor) == (order.refunded_minor, order.refunded_tax_minor)


def a_wish(chance: random.Random) -> dict[str, Any]:
    """Return what a merchant may give back next: units, or an amount."""
    if chance.random() < 0.5:
        return {"lines": {chance.randrange(2): 1}, "with_shipping": chance.random() < 0.2}
    return {"amount_minor": chance.randrange(1, 400), "is_restocked": False}


def test_three_decimals_go_back_in_what_the_gateway_gives(bench: Bench) -> None:
    """A third of 29.000 dinars is 9.666; cards are paid in tens of the last decimal."""
    world = world_on(bench, slug="kiosk", currency="KWD", price_minor=10_000, stock=None)
    running_offer(
        bench, world, scope=Scope.ORDER, benefit=Benefit.AMOUNT, rate_ppm=0, value_minor=1000,
        products=(),
    )  # fmt: skip
    placed = sell(bench, world, quantity=3)
    unit = give_back(bench, world, placed, lines={0: 1})
    with nothing_changes(bench.database), pytest.raises(Invalid) as refusal:
        give_back(bench, world, placed, amount_minor=15)
    rest = give_back(bench, world, placed)

    assert ("amount_not_chargeable", "amount") == (refusal.value.code, refusal.value.field)
    assert [9_660, 19_340] == [unit.amount_minor, rest.amount_minor]
    while run_due(bench.ports):
        pass
    assert [9_660, 19_340] == [each.amount.minor for each in bench.gateway.refunds.values()]

"""Many members at one order and at one shelf: of handing over and cancelling one happens, and what
is counted away while others buy is never sold."""

from collections import Counter

import pytest

from storefront.models import Order, OrderEvent, Refund, StockEntry, Variant
from tests.races import heats
from tests.races.clients import count_codes
from tests.races.conftest import Figure
from tests.races.market import Market, wait_until
from tests.races.sizes import Size

ORDERS = 6
UNITS = 30

SIZES = (
    pytest.param(Size(attempts=100, clients=16), id="100x16"),
    pytest.param(
        Size(attempts=1_000, clients=64),
        id="1000x64",
        marks=[pytest.mark.prove, pytest.mark.timeout(1800)],
    ),
)


def test_an_order_is_handed_over_or_cancelled_and_never_both(
    market: Market, figure: Figure
) -> None:
    size = Size(attempts=24, clients=16)
    for placed in market.place(*[market.add_variant(stock=ORDERS)] * ORDERS):
        answers = heats.one_order(market, placed, size)
        codes = count_codes(answers)
        figure(answers)
        assert codes.pop("303") == 1
        assert sum(codes.values()) == size.attempts - 1
        assert set(codes) in ({"already_picked_up"}, {"already_cancelled"})

    wait_until(lambda: market.count(Refund, sent_at=None) == 0, "all refunds were sent")
    cancelled = [order for order in market.rows(Order) if order.cancelled_at]
    done = Counter(event.kind for event in market.rows(OrderEvent))
    assert not [order for order in cancelled if order.picked_up_at]
    assert ORDERS == done["picked_up"] + done["cancelled"]
    assert len(cancelled) == done["cancelled"] == market.count(Refund)


@pytest.mark.parametrize("size", SIZES)
def test_what_is_counted_away_while_others_buy_is_never_sold(
    market: Market, size: Size, figure: Figure
) -> None:
    variant = market.add_variant(stock=UNITS)

    answers = heats.one_shelf(market, variant, size)

    figure(answers)
    done = Counter(answer.status for answer in answers)
    [row] = market.rows(Variant, public_id=variant)
    assert UNITS == done[201] + done[303]
    assert {201: done[201], 303: done[303], 409: size.attempts - UNITS} == dict(done)
    assert (UNITS - done[303], done[201]) == (row.stock, row.held)
    assert row.stock == sum(entry.units for entry in market.rows(StockEntry, variant_id=row.id))

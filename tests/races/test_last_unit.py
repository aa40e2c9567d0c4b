"""The last unit, and the last hundred: what is held and sold never exceeds what there is."""

import itertools
import random

import pytest

from storefront.models import Order
from tests.races.clients import count_codes, race
from tests.races.conftest import Figure
from tests.races.heats import many_buyers
from tests.races.market import Market, wait_until
from tests.races.sizes import PROOF, VARIATION, Size

LATE = 16
SIZES = (
    pytest.param(VARIATION, id="120x16"),
    pytest.param(PROOF.quarter, id="2500x64", marks=[pytest.mark.prove, pytest.mark.timeout(1800)]),
)


def test_the_last_unit_is_sold_to_one_buyer_only(
    market: Market, size: Size, figure: Figure
) -> None:
    variant = market.add_variant(stock=1)

    answers = many_buyers(market, variant, size.quarter)

    figure(answers)
    assert {"201": 1, "all_held": size.quarter.attempts - 1} == count_codes(answers)
    assert market.counters(variant) == (1, 0)

    market.pay([answer.json for answer in answers if answer.status == 201])
    wait_until(lambda: market.counters(variant) == (0, 1), "the unit is sold")
    late = many_buyers(market, variant, Size(LATE, LATE))

    assert count_codes(late) == {"sold_out": LATE}
    assert market.count(Order) == 1


def test_a_hundred_units_are_held_by_a_hundred_buyers(
    market: Market, size: Size, figure: Figure
) -> None:
    variant = market.add_variant(stock=100)

    answers = many_buyers(market, variant, size)

    figure(answers)
    assert {"201": 100, "all_held": size.attempts - 100} == count_codes(answers)
    assert market.counters(variant) == (100, 0)
    assert market.count(Order) == 100


@pytest.mark.parametrize("size", SIZES)
def test_two_hot_things_bought_in_both_orders_never_lock_each_other_out(
    market: Market, size: Size
) -> None:
    """Half of the buyers name them one way round, half the other, while earlier ones pay."""
    stock = size.attempts // 5
    first, second = market.add_variant(stock=stock), market.add_variant(stock=stock)
    both_ways = itertools.cycle([(first, second), (second, first)])
    paying = race([market.order(*next(both_ways)) for _ in range(stock // 2)], clients=size.clients)
    requests = [market.confirm(answer.json) for answer in paying]
    requests += [market.order(*next(both_ways)) for _ in range(size.attempts - stock)]
    random.Random(7).shuffle(requests)

    answers = race(requests, clients=size.clients)

    told = [
        answer
        for request, answer in zip(requests, answers, strict=True)
        if request.path == "/orders"
    ]
    left = stock - stock // 2
    assert {"201": left, "all_held": len(told) - left} == count_codes(told)
    wait_until(lambda: market.counters(first) == (left, stock // 2), "the payments are in")
    assert (left, stock // 2) == market.counters(second)

"""R-A4 and R-A5: an offer's quota and each buyer's limit, wanted by many at one moment; and hot
offers on hot things, bought in both orders."""

import itertools
import random

import pytest

from storefront.models import Order
from tests.races.clients import count_codes, race
from tests.races.conftest import Figure
from tests.races.heats import one_buyer, one_offer
from tests.races.market import Market, wait_until
from tests.races.sizes import EVERY_DAY, Size

QUOTA = 100
LIMIT = 3
LATE = 16
EACH_TIME = (
    pytest.param(EVERY_DAY.quarter, id="250x16"),
    pytest.param(
        Size(attempts=5_000, clients=64),
        id="5000x64",
        marks=[pytest.mark.prove, pytest.mark.timeout(1800)],
    ),
)


@pytest.mark.parametrize("size", EACH_TIME)
def test_an_offer_of_a_hundred_has_a_hundred_buyers_and_nobody_else_is_charged(
    market: Market, size: Size, figure: Figure
) -> None:
    variant = market.add_variant(stock=None)
    offer = market.add_offer(variant, quota=QUOTA)

    answers = one_offer(market, variant, offer, size)

    figure(answers)
    assert {"201": QUOTA, "offer_gone": size.attempts - QUOTA} == count_codes(answers)
    assert {360} == {answer.json["amount_minor"] for answer in answers if answer.status == 201}
    assert (QUOTA, 0) == market.uses(offer)
    assert QUOTA == market.count(Order) == len(market.payments_at_the_gateway())

    market.pay([answer.json for answer in answers if answer.status == 201])
    wait_until(lambda: market.uses(offer) == (0, QUOTA), "all of them have paid")
    late = one_offer(market, variant, offer, Size(LATE, LATE))

    assert {"offer_gone": LATE} == count_codes(late)
    assert QUOTA == market.count(Order)


@pytest.mark.parametrize("size", EACH_TIME)
def test_one_buyer_has_as_many_orders_as_the_limit_says(
    market: Market, size: Size, figure: Figure
) -> None:
    variant = market.add_variant(stock=None)
    offer = market.add_offer(variant, per_buyer_limit=LIMIT)

    answers = one_buyer(market, variant, offer, size)

    figure(answers)
    assert {"201": LIMIT, "limit_reached": size.attempts - LIMIT} == count_codes(answers)
    assert (LIMIT, 0) == market.uses(offer)
    assert LIMIT == market.count(Order)


def test_hot_offers_on_hot_things_in_both_orders_never_lock_each_other_out(
    market: Market,
) -> None:
    """Half of the buyers name the things one way round, half the other, while earlier ones pay."""
    size = EVERY_DAY.quarter
    quota = size.attempts // 5
    first, second = market.add_variant(stock=None), market.add_variant(stock=quota)
    offers = [market.add_offer(each, quota=quota) for each in (second, first)]
    seen = [offer.public_id for offer in offers]
    both_ways = itertools.cycle([(first, second), (second, first)])
    early = [market.order(*next(both_ways), seen_offers=seen) for _ in range(quota // 2)]
    paying = race(early, clients=size.clients)
    requests = [market.confirm(answer.json) for answer in paying]
    requests += [
        market.order(*next(both_ways), seen_offers=seen[:: random.Random(turn).choice([1, -1])])
        for turn in range(size.attempts - quota)
    ]
    random.Random(7).shuffle(requests)

    answers = race(requests, clients=size.clients)

    told = count_codes(
        answer
        for request, answer in zip(requests, answers, strict=True)
        if request.path == "/orders"
    )
    left = quota - quota // 2
    assert left == told.pop("201")
    assert told.keys() <= {"offer_gone", "all_held", "sold_out"}
    for offer in offers:
        wait_until(lambda each=offer: market.uses(each) == (left, quota // 2), "they have paid")

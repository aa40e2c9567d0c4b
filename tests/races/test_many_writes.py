"""Many small writes from many clients: nobody is ever told that the database is locked."""

import random
from collections.abc import Callable

from storefront.models import Interaction, Order
from tests.races.clients import count_codes, percentiles, race
from tests.races.market import Market
from tests.races.sizes import Size

ORDERS_IN_A_HUNDRED = 10


def test_nobody_meets_a_locked_database(
    market: Market, size: Size, record_property: Callable[[str, object], None]
) -> None:
    variant = market.add_variant(stock=None)
    orders = size.attempts * ORDERS_IN_A_HUNDRED // 100
    requests = [market.order(variant) for _ in range(orders)]
    requests += [market.interaction("view") for _ in range(size.attempts - orders)]
    random.Random(11).shuffle(requests)

    answers = race(requests, clients=size.clients)

    record_property("figure", f"{size}: {percentiles(answers)}")
    assert {"201": size.attempts} == count_codes(answers)
    assert orders == market.count(Order)
    assert size.attempts - orders == market.count(Interaction)

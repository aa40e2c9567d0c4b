"""Order numbers count each merchant's sales, whoever pays at the same moment."""

import random
from collections.abc import Sequence

from tests.races.clients import count_codes, race
from tests.races.conftest import OpenMarket
from tests.races.market import Market
from tests.races.sizes import Size

FIRST = 1001
MERCHANTS = 2
ATTEMPTS_PER_ORDER = 5


def test_numbers_have_no_gap_and_no_twin_under_payments_at_once(
    open_market: OpenMarket, size: Size
) -> None:
    orders = size.attempts // MERCHANTS // ATTEMPTS_PER_ORDER
    markets = [open_market() for _ in range(MERCHANTS)]
    events = [event for market in markets for event in _events(market, orders)]
    random.Random(3).shuffle(events)

    answers = race(events, clients=size.clients)

    assert count_codes(answers) == {"200": len(events)}
    for market in markets:
        assert _numbers(market) == list(range(FIRST, FIRST + orders))


def _events(market: Market, orders: int) -> Sequence:
    placed = market.place(*[market.add_variant(stock=None)] * orders)
    return [market.news(each) for each in placed]


def _numbers(market: Market) -> list[int]:
    return sorted(order.number or 0 for order in market.orders())

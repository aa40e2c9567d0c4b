"""Order numbers count each merchant's sales, whoever pays at the same moment."""

import pytest

from tests.races.clients import count_codes
from tests.races.conftest import Figure, OpenMarket
from tests.races.heats import many_payments
from tests.races.market import Market
from tests.races.sizes import SIZES, Size

FIRST = 1001
MERCHANTS = 2
ATTEMPTS_PER_ORDER = 10


@pytest.mark.parametrize("size", [pytest.param(Size(400, 16), id="400x16"), SIZES[1]])
def test_numbers_have_no_gap_and_no_twin_under_payments_at_once(
    open_market: OpenMarket, size: Size, figure: Figure
) -> None:
    orders = size.attempts // MERCHANTS // ATTEMPTS_PER_ORDER
    markets = [open_market() for _ in range(MERCHANTS)]

    answers = many_payments(markets, orders=orders, clients=size.clients)

    figure(answers)
    assert count_codes(answers) == {"200": MERCHANTS * orders}
    for market in markets:
        assert _numbers(market) == list(range(FIRST, FIRST + orders))


def _numbers(market: Market) -> list[int]:
    return sorted(order.number or 0 for order in market.orders())

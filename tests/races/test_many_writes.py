"""Many small writes from many clients: nobody is ever told that the database is locked."""

import pytest

from storefront.models import Interaction, Order
from tests.races.clients import count_codes
from tests.races.conftest import Figure
from tests.races.heats import many_writes
from tests.races.market import Market
from tests.races.sizes import VARIATIONS, Size


@pytest.mark.parametrize("size", VARIATIONS)
def test_nobody_meets_a_locked_database(market: Market, size: Size, figure: Figure) -> None:
    answers = many_writes(market, size)

    figure(answers)
    assert count_codes(answers) == {"201": size.attempts}
    looks = market.count(Interaction, kind="view")  # and a worker may have made the post's link
    assert market.count(Order) + looks == size.attempts

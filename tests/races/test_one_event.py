"""The gateway's messages many times at once: each moves its order once."""

from collections import Counter

import pytest

from storefront.models import Attribution, Job, OrderEvent, PaymentEvent
from tests.races.clients import Answer
from tests.races.conftest import Figure
from tests.races.heats import one_event_each
from tests.races.market import Market

AT_ONCE = 50
MODELS = 2
FIRST = 1001


@pytest.fixture(
    params=[
        pytest.param(20, id="20x50"),
        pytest.param(200, id="200x50", marks=[pytest.mark.prove, pytest.mark.timeout(1800)]),
    ]
)
def orders(request: pytest.FixtureRequest) -> int:
    """Give the number of orders whose event comes fifty times at once."""
    number: int = request.param
    return number


def test_one_event_fifty_times_at_once_has_one_effect(
    quiet_market: Market, orders: int, figure: Figure
) -> None:
    answers = one_event_each(quiet_market, orders=orders, at_once=AT_ONCE)

    figure(answers)
    first, again = '{"received":true}', '{"duplicate":true,"received":true}'
    bodies = [_plain(answer) for answer in answers]
    assert {200} == {answer.status for answer in answers}
    for turn in range(orders):
        told = Counter(bodies[turn * AT_ONCE : (turn + 1) * AT_ONCE])
        assert {first: 1, again: AT_ONCE - 1} == told
    _assert_each_paid_once(quiet_market, orders)
    assert orders == quiet_market.count(PaymentEvent)


def _plain(answer: Answer) -> str:
    return "".join(answer.body.split())


def _assert_each_paid_once(market: Market, orders: int) -> None:
    numbers = sorted(order.number or 0 for order in market.orders())
    assert list(range(FIRST, FIRST + orders)) == numbers
    assert orders == market.count(Job, name="send_receipt")
    assert orders == market.count(OrderEvent, kind="paid")
    assert orders * MODELS == market.count(Attribution)

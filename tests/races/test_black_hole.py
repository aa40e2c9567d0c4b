"""R-B7: the gateway's API is a black hole while its messages come in: each is answered without a
word to the gateway, and what has to be asked of it is done when it is back."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest

from storefront.models import Job, OrderEvent, Refund
from tests.races.clients import percentiles, race
from tests.races.fault_lines import let_the_line_recover, switch, tally
from tests.races.market import Market, wait_until

OVER = 11 * 60
ORDERS = (
    pytest.param(10, id="30-messages"),
    pytest.param(400, id="1200-messages", marks=[pytest.mark.prove, pytest.mark.timeout(1800)]),
)
BUYERS_AT_THE_HOLE = 2


@pytest.mark.parametrize("each", ORDERS)
def test_no_message_waits_for_a_gateway_that_is_a_black_hole(
    quiet_market: Market, record_property: Callable[[str, object], None], each: int
) -> None:
    """Sales, sales whose stock is gone and whose money must go back, and payments called off."""
    market, shop = quiet_market, quiet_market.shop
    last = [market.add_variant(stock=1) for _ in range(each)]
    late = market.place(*last)
    market.pay(late)
    shop.pass_time(OVER)
    market.place(*last)  # the next buyers take what the late ones had held
    sold, dropped = (market.place(*[market.add_variant(stock=each)] * each) for _ in range(2))
    market.pay(sold)
    news = [market.news(order) for order in late + sold]
    news += [market.news(order, "canceled") for order in dropped]
    switch(shop, api=[{"kind": "hang", "seconds": 80, "path": "/v1/*"}])
    before = tally(shop)["hang"]
    orders = [market.order(market.add_variant(stock=1)) for _ in range(BUYERS_AT_THE_HOLE)]
    buyers = threading.Thread(target=race, args=(orders,), kwargs={"clients": len(orders)})
    buyers.start()
    wait_until(lambda: tally(shop)["hang"] == before + len(orders), "buyers hang")

    answers = race(news, clients=4)
    asked = tally(shop)["hang"] - before - len(orders)
    switch(shop)
    buyers.join()
    let_the_line_recover(market)

    record_property("figure", f"{len(answers)} messages, {percentiles(answers)}")
    assert Counter(answer.status for answer in answers) == {200: 3 * each}
    assert asked == 0
    assert market.count(OrderEvent, kind="paid") == each
    assert market.count(Refund, sent_at=None) == each
    shop.start_worker()
    wait_until(lambda: market.count(Refund, sent_at=None) == 0, "the money is sent back")
    wait_until(lambda: not market.has_due_jobs("send_receipt"), "the receipts are sent")
    assert market.count(Job, name="send_receipt") == each

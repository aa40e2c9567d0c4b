"""A buyer meets each fault of the gateway's: what they are told, how soon, and how it ends."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from storefront.models import Order, Payment
from tests.engines import Databases
from tests.races.clients import Answer, Request, ask, race
from tests.races.fault_lines import (
    gateway_books,
    let_the_line_recover,
    paid,
    shop_books,
    switch,
    tally,
)
from tests.races.market import Market, wait_until
from tests.races.servers import Shop, running_shop

pytestmark = pytest.mark.races

CREATE = {"path": "/v1/payment_intents", "method": "POST"}
LONGEST_ANSWER = 10.0
PATIENCE = 60
WEB_WORKERS = 2
BUYERS = 20
_slugs = iter(range(1, 1_000))


@pytest.fixture(scope="module")
def shop(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Run a shop of its own, whose gateway may be spoiled."""
    folder = tmp_path_factory.mktemp("fault-journeys")
    with databases.fresh("sqlite") as url, running_shop(url, folder) as shop:
        yield shop


@pytest.fixture
def market(shop: Shop) -> Iterator[Market]:
    """Give a merchant; afterwards all is well again, and both sides' books agree."""
    before = _silences(shop)
    yield Market(shop, slug=f"journey-{next(_slugs)}")
    switch(shop)
    if _silences(shop) > before:
        let_the_line_recover(Market(shop, slug=f"afterwards-{next(_slugs)}"))
    assert [] == shop.findings()
    assert gateway_books(shop) == shop_books(shop)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "hang", "seconds": 80},
        {"kind": "slow", "seconds": 30},
        {"kind": "error"},
        {"kind": "limit", "seconds": 2},
    ],
    ids=lambda fault: fault["kind"],
)
def test_a_buyer_is_asked_to_come_back_and_buys_with_the_same_key(
    market: Market, fault: dict[str, Any]
) -> None:
    """503 and Retry-After within ten seconds; the hold is kept and there is one order."""
    variant = market.add_variant(stock=1)
    request = market.order(variant)
    switch(market.shop, api=[{**fault, **CREATE}])

    refused = ask(request)
    held = market.counters(variant)
    switch(market.shop)
    placed = _come_back(request)
    market.pay([placed.json])
    wait_until(lambda: paid(market) == 1, "the order is paid")

    assert (503, "payments_unavailable") == (refused.status, refused.json["code"])
    assert int(refused.headers["retry-after"]) > 0
    assert LONGEST_ANSWER >= refused.seconds
    assert (1, 0) == held
    assert (201, 1, 1) == (placed.status, market.count(Order), market.count(Payment))


def test_after_a_silence_buyers_are_told_at_once_and_wait_no_more(market: Market) -> None:
    """Each web worker is kept waiting once, and then again by one buyer in five seconds only."""
    variant = market.add_variant(stock=None)
    before = tally(market.shop)["hang"]
    switch(market.shop, api=[{"kind": "hang", "seconds": 80, **CREATE}])

    first = race([market.order(variant) for _ in range(WEB_WORKERS * 2)], clients=WEB_WORKERS * 2)
    waited = tally(market.shop)["hang"] - before
    later = race([market.order(variant) for _ in range(BUYERS)], clients=2)
    waited_later = tally(market.shop)["hang"] - before - waited

    told = {(answer.status, answer.code) for answer in first + later}
    assert {(503, "payments_unavailable")} == told
    assert 0 < waited <= len(first)
    assert waited_later < BUYERS / 2


def test_an_answer_that_is_a_little_slow_is_waited_for(market: Market) -> None:
    variant = market.add_variant(stock=1)
    switch(market.shop, api=[{"kind": "slow", "seconds": 3, **CREATE}])

    placed = ask(market.order(variant))

    assert 201 == placed.status
    market.pay([placed.json])
    wait_until(lambda: paid(market) == 1, "the order is paid")


def test_messages_are_taken_in_while_the_gateway_is_a_black_hole(market: Market) -> None:
    """Store first, work later: no message waits for the gateway, and no buyer's page does."""
    orders = 12
    variant = market.add_variant(stock=orders)
    placed = market.place(*[variant] * orders)
    news = [market.news(each) for each in placed]
    switch(market.shop, api=[{"kind": "hang", "seconds": 80, "path": "/v1/*"}])
    late = threading.Thread(target=ask, args=(market.order(market.add_variant(stock=1)),))
    late.start()

    answers = race(news, clients=4)

    switch(market.shop)
    late.join()
    market.pay(placed)
    assert {200} == {answer.status for answer in answers}
    assert orders == paid(market)
    assert max(answer.seconds for answer in answers) < LONGEST_ANSWER / 2


def test_an_order_that_nobody_pays_ends_though_the_gateway_was_away(market: Market) -> None:
    variant = market.add_variant(stock=1)
    [placed] = market.place(variant)
    switch(market.shop, api=[{"kind": "error", "path": "/v1/payment_intents/*/cancel"}])
    before = tally(market.shop)["error"]
    market.shop.pass_time(market.shop.settings.hold_time.total_seconds() + 1)
    wait_until(lambda: tally(market.shop)["error"] > before, "the gateway was asked in vain")
    still_held = market.counters(variant)

    switch(market.shop)
    market.shop.pass_time(3600)
    market.shop.start_worker()
    wait_until(lambda: market.counters(variant) == (0, 0), "the stock is back")

    assert (1, 0) == still_held
    [intent] = market.payments_at_the_gateway()
    assert (placed["payment_reference"], "canceled") == (intent["id"], intent["status"])


def _silences(shop: Shop) -> int:
    """Count the answers that were slow or did not come."""
    counted = tally(shop)
    return counted["hang"] + counted["slow"]


def _come_back(request: Request) -> Answer:
    """Ask again as often as the shop tells a buyer to come back, for a minute."""
    deadline = time.monotonic() + PATIENCE
    while (answer := ask(request)).status == 503 and time.monotonic() < deadline:
        time.sleep(int(answer.headers["retry-after"]))
    return answer

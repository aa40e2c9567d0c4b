"""Sales go on while the gateway's messages are lost, doubled, late and out of order: every order
that was paid is completed once, and the gateway's books and ours agree to the cent."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from storefront.models import Dispute, Job, OrderEvent, Payment, Refund
from tests.engines import ENGINES, Databases
from tests.races import fault_lines
from tests.races.clients import Answer, Request, ask, race
from tests.races.fault_lines import (
    decide,
    dispute,
    fail_refund,
    flush,
    gateway_books,
    let_pollers_look,
    shop_books,
    switch,
)
from tests.races.market import Market, wait_until
from tests.races.servers import Shop, running_shop

CLIENTS = 8
SIZES = (
    pytest.param(12, id="12-orders"),
    pytest.param(400, id="400-orders", marks=[pytest.mark.prove, pytest.mark.timeout(1800)]),
)
WEBHOOK_FAULTS = {
    "all-lost": {"lose": 1},
    "30-percent-lost": {"lose": 0.3},
    "doubled": {"duplicate": 1, "copies": 4},
    "reordered": {"reorder": 1, "reorder_seconds": 2},
    "everything": {
        "lose": 0.2,
        "duplicate": 0.5,
        "copies": 3,
        "reorder": 0.5,
        "reorder_seconds": 2,
        "delay": 0.2,
        "delay_seconds": 3,
    },
}
EVERY_DAY = ("all-lost", "everything")
_slugs = iter(range(1, 1_000))


@pytest.fixture(scope="module", params=ENGINES)
def faulty_shop(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """Run a shop of its own: the faults and the clock of these tests are no other test's."""
    folder = tmp_path_factory.mktemp(f"faulty-{request.param}")
    with (
        databases.fresh(request.param) as url,
        running_shop(url, folder, reconcile_after_minutes=4) as shop,
    ):
        yield shop


@pytest.fixture
def market(faulty_shop: Shop) -> Iterator[Market]:
    """Give a merchant; afterwards all is well again, and both sides' books agree."""
    yield Market(faulty_shop, slug=f"faulty-{next(_slugs)}")
    switch(faulty_shop)
    assert 0 == flush(faulty_shop)
    assert [] == faulty_shop.findings()
    assert [] == faulty_shop.complaints()
    assert gateway_books(faulty_shop) == shop_books(faulty_shop)


@pytest.fixture(params=SIZES)
def orders(request: pytest.FixtureRequest) -> int:
    """Give the number of orders that are placed and paid while things go wrong."""
    number: int = request.param
    return number


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param(faults, id=name, marks=[] if name in EVERY_DAY else [pytest.mark.prove])
        for name, faults in WEBHOOK_FAULTS.items()
    ],
)
def test_every_paid_order_is_completed_once_whatever_becomes_of_the_messages(
    market: Market, orders: int, faults: dict[str, Any]
) -> None:
    switch(market.shop, webhooks=faults, seed=20)
    variant = market.add_variant(stock=orders)

    market.pay(market.place(*[variant] * orders))

    let_pollers_look(market, orders=orders)
    assert 0 == flush(market.shop)
    assert (0, orders) == market.counters(variant)
    assert orders == market.count(OrderEvent, kind="paid")
    assert orders == market.count(Job, name="send_receipt")
    assert orders == market.count(Payment) - market.count(Payment, succeeded_at=None)


def test_messages_that_come_after_the_hold_has_ended_change_nothing_any_more(
    market: Market, orders: int
) -> None:
    switch(market.shop, webhooks={"delay": 1, "delay_seconds": 3600})
    variant = market.add_variant(stock=orders)
    placed = market.place(*[variant] * orders)
    market.pay(placed)

    market.shop.pass_time(market.shop.settings.hold_time.total_seconds() + 1)
    wait_until(lambda: fault_lines.paid(market) == orders, "every ended hold was asked about")
    assert 0 == flush(market.shop)

    assert (0, orders) == market.counters(variant)
    assert orders == market.count(OrderEvent, kind="paid")
    assert 0 == market.count(OrderEvent, kind="expired")


def test_an_api_that_fails_now_and_then_loses_no_sale(market: Market, orders: int) -> None:
    """Buyers who are told to come back come back with the same key, and buy once."""
    variant = market.add_variant(stock=orders)
    requests = [market.order(variant) for _ in range(orders)]
    switch(
        market.shop,
        api=[
            {"kind": "error", "path": "/v1/payment_intents", "method": "POST", "chance": 0.3},
            {"kind": "limit", "path": "/v1/payment_intents", "method": "POST", "chance": 0.2},
            {
                "kind": "hang",
                "path": "/v1/payment_intents",
                "method": "POST",
                "seconds": 0,
                "chance": 0.2,
                "after_work": True,
            },
        ],
        seed=4,
    )
    answers = _buy(requests)
    switch(market.shop)
    answers |= _buy([each for each in requests if answers[_key(each)].status != 201])

    assert {201} == {answer.status for answer in answers.values()}
    market.pay([answer.json for answer in answers.values()])
    let_pollers_look(market, orders=orders)
    assert orders == market.count(Payment)
    assert (0, orders) == market.counters(variant)


def _buy(requests: list[Request]) -> dict[str, Answer]:
    answers = race(requests, clients=CLIENTS)
    told = {(answer.status, "retry-after" in answer.headers) for answer in answers}
    assert told <= {(201, False), (503, True), (409, True)}
    return {_key(each): answer for each, answer in zip(requests, answers, strict=True)}


def _key(request: Request) -> str:
    return request.headers["Idempotency-Key"]


def test_all_faults_in_turn_while_sales_go_on(market: Market, orders: int) -> None:
    """The levers are pulled one after the other while buyers buy and pay; then all is counted."""
    variant = market.add_variant(stock=orders)
    requests = [market.order(variant) for _ in range(orders)]
    done = threading.Event()
    levers = threading.Thread(target=_pull, args=(market.shop, done))
    levers.start()
    try:
        answers = _buy(requests)
    finally:
        done.set()
        levers.join()
    switch(market.shop, webhooks={"lose": 0.5, "duplicate": 0.5}, seed=9)
    answers |= _buy([each for each in requests if answers[_key(each)].status != 201])
    market.pay([answer.json for answer in answers.values()])

    let_pollers_look(market, orders=orders)
    assert (0, orders) == market.counters(variant)
    assert orders == market.count(OrderEvent, kind="paid")


def _pull(shop: Shop, done: threading.Event) -> None:
    create = {"path": "/v1/payment_intents", "method": "POST"}
    levers: tuple[dict[str, Any], ...] = (
        {"webhooks": {"lose": 1}},
        {"api": [{"kind": "error", **create}]},
        {"webhooks": {"duplicate": 1, "copies": 3}},
        {"api": [{"kind": "hang", "seconds": 0, "after_work": True, **create}]},
        {"webhooks": {"reorder": 1}},
        {"api": [{"kind": "slow", "seconds": 0.3}]},
        {"api": [{"kind": "limit", **create}]},
    )
    while not done.is_set():
        for lever in levers:
            switch(shop, **lever)
            done.wait(0.15)


def test_refunds_go_out_once_though_their_answers_are_lost_and_some_fail_later(
    market: Market, orders: int
) -> None:
    """Half of the orders are refunded; of every other refund the bank thinks better."""
    variant = market.add_variant(stock=orders)
    placed = market.place(*[variant] * orders)
    market.pay(placed)
    wait_until(lambda: fault_lines.paid(market) == orders, "all orders are paid")
    create = {"path": "/v1/refunds", "method": "POST"}
    switch(
        market.shop,
        webhooks={"duplicate": 0.5, "copies": 2, "reorder": 0.5, "reorder_seconds": 0.5},
        api=[
            {"kind": "hang", "seconds": 0, "after_work": True, "chance": 0.4, **create},
            {"kind": "error", "chance": 0.2, **create},
        ],
        seed=6,
    )

    refunded = placed[::2]
    answers = race([market.refund(each) for each in refunded], clients=CLIENTS)
    switch(market.shop)
    market.shop.pass_time(600)
    wait_until(lambda: market.count(Refund, sent_at=None) == 0, "all refunds were sent")
    failing = [str(refund.gateway_reference) for refund in market.rows(Refund)[::2]]
    for reference in failing:
        fail_refund(market.shop, reference)
    assert 0 == flush(market.shop)

    assert {201} == {answer.status for answer in answers}
    assert len(refunded) == market.count(Refund)
    assert len(failing) == market.count(Refund) - market.count(Refund, failed_at=None)


def test_disputes_are_opened_won_and_lost_while_sales_go_on(market: Market, orders: int) -> None:
    """Messages come twice, late and out of order; a third each is won, lost and left open."""
    variant = market.add_variant(stock=2 * orders)
    placed = market.place(*[variant] * orders)
    market.pay(placed)
    wait_until(lambda: fault_lines.paid(market) == orders, "all orders are paid")
    switch(
        market.shop,
        webhooks={"duplicate": 0.5, "copies": 3, "reorder": 0.7, "reorder_seconds": 0.5},
        seed=12,
    )
    done = threading.Event()
    selling = threading.Thread(target=_sell_until, args=(market, variant, done))
    selling.start()
    try:
        opened = [dispute(market.shop, each) for each in placed]
        won, lost = opened[::3], opened[1::3]
        for verdict, references in (("won", won), ("lost", lost)):
            for reference in references:
                decide(market.shop, reference, verdict)
        refused = race([market.refund(each) for each in placed], clients=CLIENTS)
    finally:
        done.set()
        selling.join()
    assert 0 == flush(market.shop)

    assert orders == market.count(Dispute)
    assert len(won) == market.count(Dispute) - market.count(Dispute, won_at=None)
    assert len(lost) == market.count(Dispute) - market.count(Dispute, lost_at=None)
    assert {answer.code for answer in refused} <= {"201", "payment_disputed"}
    wait_until(lambda: market.count(Refund, sent_at=None, failed_at=None) == 0, "refunds are sent")
    assert 0 == flush(market.shop)


def test_refunds_and_disputes_come_right_though_no_message_about_them_arrives(
    market: Market, orders: int
) -> None:
    """A third each is refunded and sent back by the bank, disputed and lost, disputed and won."""
    variant = market.add_variant(stock=orders)
    placed = market.place(*[variant] * orders)
    market.pay(placed)
    wait_until(lambda: fault_lines.paid(market) == orders, "all orders are paid")
    switch(market.shop, webhooks={"lose": 1})

    failing, lost, won = placed[::3], placed[1::3], placed[2::3]
    _refund_in_vain(market, failing)
    _dispute_and_decide(market, {"lost": lost, "won": won})
    market.shop.pass_time(660)
    market.shop.start_worker()  # a worker begins with a sweep

    wait_until(lambda: _ends(market) == (len(failing), len(lost), len(won)), "all was asked for")
    assert gateway_books(market.shop) == shop_books(market.shop)


def test_late_messages_and_two_that_ask_at_once_do_everything_once(
    market: Market, orders: int
) -> None:
    variant = market.add_variant(stock=orders)
    placed = market.place(*[variant] * orders)
    market.pay(placed)
    wait_until(lambda: fault_lines.paid(market) == orders, "all orders are paid")
    switch(market.shop, webhooks={"delay": 1, "delay_seconds": 3600, "duplicate": 0.5})

    failing, lost, won = placed[::3], placed[1::3], placed[2::3]
    _refund_in_vain(market, failing)
    _dispute_and_decide(market, {"lost": lost, "won": won})
    market.shop.pass_time(660)
    market.shop.start_worker()
    assert 0 == flush(market.shop)

    ends = (len(failing), len(lost), len(won))
    wait_until(lambda: _ends(market) == ends, "all was told or asked for")
    told = {kind: market.count(OrderEvent, kind=kind) for kind in ENDS}
    assert dict(zip(ENDS, ends, strict=True)) == told
    assert len(failing) == market.count(OrderEvent, kind="refunded")
    assert len(lost) + len(won) == market.count(OrderEvent, kind="dispute")


ENDS = ("refund_failed", "dispute_lost", "dispute_won")


def _ends(market: Market) -> tuple[int, ...]:
    return tuple(market.count(OrderEvent, kind=kind) for kind in ENDS)


def _refund_in_vain(market: Market, placed: list[dict[str, Any]]) -> None:
    """Give money back, and let the bank send it back when all of it is on its way."""
    answers = race([market.refund(each) for each in placed], clients=CLIENTS)
    assert {201} == {answer.status for answer in answers}
    wait_until(lambda: market.count(Refund, sent_at=None) == 0, "all refunds were sent")
    for refund in market.rows(Refund):
        fail_refund(market.shop, str(refund.gateway_reference))


def _dispute_and_decide(market: Market, ends: dict[str, list[dict[str, Any]]]) -> None:
    for verdict, orders in ends.items():
        for reference in [dispute(market.shop, each) for each in orders]:
            decide(market.shop, reference, verdict)


def _sell_until(market: Market, variant: str, done: threading.Event) -> None:
    while not done.is_set():
        answers = [ask(market.order(variant)) for _ in range(2)]
        market.pay([answer.json for answer in answers if answer.status == 201])

"""What must hold over a kill at the worst moment and over a restart: no buyer is charged twice, no
money goes back twice, and whoever was guessing has no new tries."""

import random
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from sqlalchemy import select

from storefront.models import Attempt, Job, OrderEvent, Payment, Refund
from storefront.services.idempotency import LEASE as KEY_LEASE
from storefront.services.jobs import LEASE as JOB_LEASE
from storefront.services.sign_in import ACCOUNT_TRIES
from tests.engines import ENGINES, Databases
from tests.races.clients import Answer, Request, ask, count_codes, race
from tests.races.fault_lines import gateway_books, paid, shop_books, switch
from tests.races.market import SANDBOX, Market, wait_until
from tests.races.supervised import SupervisedShop, kill, supervised_shop

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="processes are found in /proc, and only Linux tells of deaths"
)
AT_ONCE = 2
SLOW = 0.8
"""Long enough for us to take the lock that the answer's transaction will wait for."""

ON_ITS_WAY = 0.1
A_DAY_AND_MORE = 25 * 3600
GUESSES = 100
KILLS = (
    pytest.param(1, id="1-kill"),
    pytest.param(50, id="50-kills", marks=[pytest.mark.prove, pytest.mark.timeout(1800)]),
)
_slugs = iter(range(1, 1_000))
Shops = Iterator[SupervisedShop]


@pytest.fixture(scope="module", params=ENGINES)
def supervised(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Shops:
    """Run a shop with four web workers under its supervisor."""
    folder = tmp_path_factory.mktemp(f"restarts-{request.param}")
    with (
        databases.fresh(request.param) as url,
        supervised_shop(url, folder, workers=4) as supervised,
    ):
        yield supervised


@pytest.fixture
def market(supervised: SupervisedShop) -> Iterator[Market]:
    """Give a merchant; afterwards both sides' books agree."""
    yield Market(supervised.shop, slug=f"restarted-{next(_slugs)}")
    switch(supervised.shop)
    assert supervised.shop.findings() == []
    assert gateway_books(supervised.shop) == shop_books(supervised.shop)


@pytest.mark.parametrize("kills", KILLS)
def test_nobody_is_charged_twice_by_a_shop_that_died_before_it_wrote_down_the_answer(
    supervised: SupervisedShop,
    market: Market,
    record_property: Callable[[str, object], None],
    kills: int,
) -> None:
    variant = market.add_variant(stock=None)
    interrupted = 0
    for _ in range(kills):
        requests, lost = _die_before_the_answer_is_written(supervised, market, variant)
        interrupted += lost
        supervised.shop.pass_time(KEY_LEASE.total_seconds() + 1)
        answers = [ask(request) for request in requests]
        assert [answer.status for answer in answers] == [201] * AT_ONCE
        market.pay([answer.json for answer in answers])
    orders = kills * AT_ONCE
    wait_until(lambda: paid(market) == orders, "all orders are paid")

    record_property("figure", f"{interrupted} of {orders} payments were at that point")
    assert interrupted > 0
    assert market.count(Payment) == orders
    assert market.count(OrderEvent, kind="paid") == orders
    asked_for = [each["metadata"]["payment"] for each in market.payments_at_the_gateway()]
    assert len(set(asked_for)) == len(asked_for) == min(orders, 100)


def test_after_a_day_nothing_is_asked_for_again(supervised: SupervisedShop, market: Market) -> None:
    """The gateway has forgotten the keys by then; the shop does not lean on them."""
    requests, lost = _die_before_the_answer_is_written(
        supervised, market, market.add_variant(stock=None)
    )
    _forget_keys(supervised)
    supervised.shop.pass_time(A_DAY_AND_MORE)
    answers = [ask(request) for request in requests]

    assert lost > 0
    assert count_codes(answers) == {"hold_over": AT_ONCE}
    assert len(market.payments_at_the_gateway()) == AT_ONCE
    assert paid(market) == 0


@pytest.mark.parametrize("hours", [pytest.param(0, marks=pytest.mark.prove), 25])
def test_money_goes_back_once_though_the_worker_died_before_it_wrote_so(
    supervised: SupervisedShop, market: Market, hours: int
) -> None:
    """A part of the money, so that the gateway would let it go twice."""
    shop = supervised.shop
    [placed] = market.place(market.add_variant(stock=None))
    market.pay([placed])
    wait_until(lambda: paid(market) == 1, "the order is paid")
    # The news of the refund would tell the shop all the same, and is lost.
    switch(shop, webhooks={"lose": 1}, api=[_slow("/v1/refunds")])

    seen = supervised.worker_seen()
    request = market.refund(placed, amount_minor=100)
    assert ask(request).status == 201
    wait_until(lambda: market.count(Job, name="send_refund", attempts=1) == 1, "a worker has it")
    with shop.database.begin() as session:
        session.scalars(
            select(Refund).filter_by(merchant_id=market.world.merchant.id).with_for_update()
        ).one()
        wait_until(lambda: len(_refunds(market, placed)) == 1, "the gateway gives it back")
        time.sleep(ON_ITS_WAY)
        kill(supervised.job_workers())
    lost = market.count(Refund, sent_at=None)
    wait_until(lambda: supervised.worker_seen() != seen, "another worker is there")
    switch(shop)
    if hours:
        _forget_keys(supervised)
    shop.pass_time(max(hours * 3600, JOB_LEASE.total_seconds() + 1))
    wait_until(lambda: market.count(Refund, sent_at=None) == 0, "the refund is written down")

    assert lost == 1
    assert [each["amount"] for each in _refunds(market, placed)] == [100]
    assert market.rows(Refund)[0].gateway_reference == _refunds(market, placed)[0]["id"]


def test_limits_hold_over_four_workers_and_a_restart_whatever_address_is_made_up(
    supervised: SupervisedShop, market: Market
) -> None:
    answers = race([_guess(market, number) for number in range(GUESSES)], clients=16)
    supervised.kill_the_web()
    afterwards = ask(_guess(market, GUESSES))
    with supervised.shop.database.reads() as session:
        rows = session.scalars(select(Attempt.failures).where(Attempt.kind == ACCOUNT_TRIES.kind))
        callers = len(rows.all())
    _forget_failures(supervised)

    tries = ACCOUNT_TRIES.most
    assert count_codes(answers) == {
        "sign_in_failed": tries,
        "too_many_tries": GUESSES - tries,
    }
    assert afterwards.code == "too_many_tries"
    assert callers == 1


def _die_before_the_answer_is_written(
    supervised: SupervisedShop, market: Market, variant: str
) -> tuple[list[Request], int]:
    """Kill the web when the gateway has answered and its answer waits to be written.

    Return what the buyers had asked, and how many payments were at that point.
    """
    shop = supervised.shop
    merchant_id = market.world.merchant.id
    nameless = select(Payment).filter_by(merchant_id=merchant_id, gateway_reference=None)
    requests = [market.order(variant) for _ in range(AT_ONCE)]
    before, known = market.count(Payment), len(market.payments_at_the_gateway())
    switch(shop, api=[_slow("/v1/payment_intents")])
    answers: list[Answer] = []
    buyers = [
        threading.Thread(target=lambda each=each: answers.append(ask(each))) for each in requests
    ]
    for buyer in buyers:
        buyer.start()
    wait_until(lambda: market.count(Payment) == before + AT_ONCE, "the orders are written down")
    with shop.database.begin() as session:
        session.scalars(nameless.with_for_update()).all()
        wait_until(
            lambda: len(market.payments_at_the_gateway()) >= min(known + AT_ONCE, 100),
            "the gateway has what it was asked for",
        )
        time.sleep(ON_ITS_WAY)
        supervised.kill_the_web()
    for buyer in buyers:
        buyer.join()
    switch(shop)
    with shop.database.reads() as session:
        lost = len(session.scalars(nameless).all())
    assert sum(answer.status == 0 for answer in answers) == lost
    return requests, lost


def _slow(path: str) -> dict[str, Any]:
    return {"kind": "slow", "seconds": SLOW, "path": path, "method": "POST"}


def _forget_keys(supervised: SupervisedShop) -> None:
    """Let the gateway be a day older: what it answered under which key is gone."""
    file = supervised.shop.settings.instance_dir.parent / "sandbox.sqlite"
    with sqlite3.connect(file) as books:
        gone = books.execute("DELETE FROM answers").rowcount
    books.close()
    assert gone > 0


def _refunds(market: Market, placed: dict[str, Any]) -> list[dict[str, Any]]:
    host = urlsplit(market.shop.sandbox.url).netloc
    query = urlencode({"payment_intent": placed["payment_reference"]})
    answer = ask(Request(host, f"/v1/refunds?{query}", "", SANDBOX, "GET"))
    found: list[dict[str, Any]] = answer.json["data"]
    return found


def _guess(market: Market, number: int) -> Request:
    """Return a wrong password from an address that the guesser has made up."""
    made_up = ".".join(str(random.Random(number * 4 + part).randrange(1, 255)) for part in range(4))
    headers = {
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Forwarded-For": made_up,
        "Forwarded": f"for={made_up}",
    }
    body = {"email": market.world.owner_email, "password": f"a-wrong-password-{number}"}
    return Request(market.shop.host, "/console/sign-in", urlencode(body), headers)


def _forget_failures(supervised: SupervisedShop) -> None:
    """Let the limits of this machine end, for whoever signs in next."""
    supervised.shop.pass_time(ACCOUNT_TRIES.within.total_seconds() + 1)

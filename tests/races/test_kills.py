"""Web worker, web server, job worker and sandbox killed outright while buyers order and pay: each
comes back by itself, and what a buyer was told is still so."""

import os
import random
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from storefront.models import Job, OrderEvent
from storefront.services.idempotency import LEASE as KEY_LEASE
from tests.engines import ENGINES, Databases
from tests.races.buyers import Buyers, Told
from tests.races.clients import race
from tests.races.fault_lines import flush, gateway_books, shop_books
from tests.races.market import Market, wait_until
from tests.races.post_office import PostOffice
from tests.races.supervised import SupervisedShop, is_alive, supervised_shop

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="processes are found in /proc, and only Linux tells of deaths"
)
BUYERS = 4
SALES_BETWEEN_KILLS = 3
KILLS = (
    pytest.param(4, id="4-kills"),
    pytest.param(20, id="20-kills", marks=[pytest.mark.prove, pytest.mark.timeout(900)]),
    pytest.param(200, id="200-kills", marks=[pytest.mark.prove, pytest.mark.timeout(1800)]),
)


@pytest.mark.parametrize("kills", KILLS)
@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_that_a_buyer_was_told_is_lost_when_processes_are_killed(
    databases: Databases,
    tmp_path: Path,
    post_office: PostOffice,
    record_property: Callable[[str, object], None],
    *,
    engine: str,
    kills: int,
) -> None:
    with (
        databases.fresh(engine) as url,
        supervised_shop(url, tmp_path, mail_url=post_office.url) as supervised,
    ):
        market = Market(supervised.shop, slug="killed")
        variant = market.add_variant(stock=100_000)
        buyers = Buyers(market, variant, count=BUYERS)
        buyers.start()
        times = _kill(supervised, buyers.told, kills)
        told = buyers.close()
        _settle(market, told)

        record_property("figure", _figure(times, told))
        assert told.surprises == []
        _stands_by(market, variant, told)
        letters = _letters(market, post_office)
        assert set(letters) == _receipts(market)
        assert sum(letters.values()) - len(letters) <= kills


def _kill(supervised: SupervisedShop, told: Told, kills: int) -> dict[str, list[float]]:
    """Kill each kind of process in turn, the rest by lot; return how long each took to return.

    Who does not return within a minute fails the test; the aim of five seconds is for a machine
    that does nothing else, so it is printed.
    """
    names = list(supervised.kills)
    lots = random.Random(kills)
    chosen = names + [lots.choice(names) for _ in range(kills - len(names))]
    times: dict[str, list[float]] = defaultdict(list)
    for name in chosen:
        _wait_for_sales(told)
        times[name].append(supervised.kills[name]())
    _wait_for_sales(told)
    return times


def _wait_for_sales(told: Told) -> None:
    before = len(told.paid)
    wait_until(lambda: len(told.paid) >= before + SALES_BETWEEN_KILLS, "buyers buy")


def _settle(market: Market, told: Told) -> None:
    """Let messages come, unanswered requests be repeated, holds and leases end, jobs be done."""
    shop = market.shop
    assert flush(shop) == 0
    shop.pass_time(KEY_LEASE.total_seconds() + 1)
    if told.unanswered:
        answers = race(told.unanswered, clients=2)
        assert {answer.status for answer in answers} == {201}
        told.placed |= {answer.json["public_id"]: answer.json for answer in answers}
    shop.pass_time(2 * shop.settings.reconcile_after.total_seconds())
    shop.start_worker()  # a worker begins with a sweep
    wait_until(lambda: _open_jobs(market) == 0, "every job is done")
    assert flush(shop) == 0


def _stands_by(market: Market, variant: str, told: Told) -> None:
    orders = {order.public_id: order for order in market.orders()}
    paid = {name for name, order in orders.items() if order.paid_at is not None}
    assert set(told.placed) <= set(orders)
    assert told.paid <= paid
    assert market.counters(variant) == (0, len(paid))
    assert market.count(OrderEvent, kind="paid") == len(paid)
    assert gateway_books(market.shop) == shop_books(market.shop)
    assert market.shop.findings() == []


def _open_jobs(market: Market) -> int:
    open_jobs = select(func.count(Job.id)).where(Job.done_at.is_(None))
    with market.shop.database.reads() as session:
        return session.scalar(open_jobs) or 0


def _receipts(market: Market) -> set[str]:
    paid = (order for order in market.orders() if order.paid_at is not None)
    return {f"<receipt.{order.public_id}@shop.test>" for order in paid}


def _letters(market: Market, post_office: PostOffice) -> Counter[str]:
    """Return how often each of the market's letters has come."""
    own = {f"<receipt.{order.public_id}@shop.test>" for order in market.orders()}
    return Counter({name: times for name, times in post_office.received.items() if name in own})


def _figure(times: dict[str, list[float]], told: Told) -> str:
    returns = ", ".join(f"{name} {max(each):.1f} s" for name, each in times.items())
    return f"{len(told.placed)} orders, {len(told.paid)} paid; longest return: {returns}"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nobody_is_left_behind_when_the_supervisor_ends(
    sqlite_url: str, tmp_path: Path, number: signal.Signals
) -> None:
    """Told to end it ends its programs; killed outright, Linux tells them."""
    with supervised_shop(sqlite_url, tmp_path) as supervised:
        everybody = supervised.everybody()
        for process in supervised.shop.processes:
            os.kill(process.pid, number)
        for process in supervised.shop.processes:
            process.wait(30)

        wait_until(lambda: not any(map(is_alive, everybody)), "all have ended")
        assert (
            len(everybody) == 8
        )  # two supervisors, two servers with a worker each, worker, sandbox

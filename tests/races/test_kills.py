"""Web worker, web server, job worker and sandbox killed outright while buyers order and pay, use up
an offer, give and spend gifts: each comes back by itself, and what a buyer was told is still so."""

import os
import random
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from statistics import median

import pytest
from sqlalchemy import func, select

from gifting.models import Gift, GiftCard, GiftDelivery, GiftEntry, Redemption
from storefront.models import Job, Offer, Order, OrderEvent
from storefront.services.idempotency import LEASE as KEY_LEASE
from tests.engines import ENGINES, Databases
from tests.races.buyers import ANOTHER_WAS_FASTER, Buyers, Told
from tests.races.clients import Answer, Request, race
from tests.races.fault_lines import flush, gateway_books, shop_books
from tests.races.market import Market, wait_until
from tests.races.post_office import PostOffice
from tests.races.supervised import SupervisedShop, is_alive, supervised_shop

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="processes are found in /proc, and only Linux tells of deaths"
)
BUYERS = 4
CREATED = "201"
TOO_LATE = "hold_over"
"""Where nobody answered, the order may have been there all the while, and its hold be over."""

GIFT = "gift"
SALES_BETWEEN_KILLS = 3
USES_FOR_A_KILL = 2
"""So few that the offer is gone before the last process is killed."""

KILLS = (
    pytest.param(4, id="4-kills"),
    pytest.param(20, id="20-kills", marks=[pytest.mark.prove, pytest.mark.timeout(900)]),
    pytest.param(200, id="200-kills", marks=[pytest.mark.prove, pytest.mark.timeout(3600)]),
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
        offer = market.add_offer(variant, quota=kills * USES_FOR_A_KILL)
        buyers = Buyers(market, variant, count=BUYERS)
        buyers.start()
        times = _kill(supervised, buyers.told, kills)
        told = buyers.close()
        record_property("figure", _figure(times, told))
        _settle(market, told)

        assert told.surprises == []
        _stands_by(market, variant, offer, told=told)
        _gifts_are_good(market, told)
        letters = _letters(market, post_office)
        assert set(letters) == _receipts(market) | _gift_mails(market)
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
        pairs = list(zip(told.unanswered, _answers(told.unanswered), strict=True))
        assert {answer.code for _, answer in pairs} <= {CREATED, TOO_LATE}
        placed = [
            answer.json
            for request, answer in pairs
            if request.path == "/orders" and answer.code == CREATED
        ]
        told.placed |= {each["public_id"]: each for each in placed}
    shop.pass_time(2 * shop.settings.reconcile_after.total_seconds())
    shop.start_worker()  # a worker begins with a sweep
    while open_jobs := _open_jobs(market):
        wait_until(lambda few=open_jobs: _open_jobs(market) < few, "jobs are done")
    assert flush(shop) == 0


def _answers(requests: list[Request]) -> list[Answer]:
    """Repeat requests; who is told that the offer has gone since asks for the full price."""
    answers = race(requests, clients=2)
    late = [number for number, answer in enumerate(answers) if answer.code == ANOTHER_WAS_FASTER]
    if late:
        again = race([requests[number] for number in late], clients=2)
        for number, answer in zip(late, again, strict=True):
            answers[number] = answer
    return answers


def _stands_by(market: Market, variant: str, offer: Offer, *, told: Told) -> None:
    orders = {order.public_id: order for order in market.orders()}
    paid = {name: order for name, order in orders.items() if order.paid_at is not None}
    goods = [order for order in paid.values() if order.fulfilment != GIFT]
    used = sum(order.discount_minor > 0 for order in goods)
    assert set(told.placed) <= set(orders)
    assert told.paid <= set(paid)
    assert market.counters(variant) == (0, len(goods))
    assert market.uses(offer) == (0, used)
    assert 0 < used <= (offer.quota or 0)
    assert market.count(OrderEvent, kind="paid") == len(paid)
    assert gateway_books(market.shop) == shop_books(market.shop)
    assert market.shop.findings() == []


def _gifts_are_good(market: Market, told: Told) -> None:
    """Every paid gift has one card and was sent; every card was taken from once, if at all."""
    gifts = sum(order.fulfilment == GIFT for order in _paid(market))
    spent = {row.card_id: row.amount_minor for row in market.rows(Redemption)}
    left = {row.id: row.face_minor - row.balance_minor for row in market.rows(GiftCard)}
    assert market.count(GiftEntry, kind="issue") == len(left) == gifts
    assert market.count(GiftDelivery, cause="gift", outcome="sent") == gifts
    assert market.count(Redemption) == len(spent)
    assert spent == {card.id: minor for card, minor in told.taken.items()}
    assert spent == {card_id: minor for card_id, minor in left.items() if minor}


def _paid(market: Market) -> list[Order]:
    return [order for order in market.orders() if order.paid_at is not None]


def _open_jobs(market: Market) -> int:
    """Count the jobs that are to be done by now; reminders of gifts come in a week."""
    open_jobs = select(func.count(Job.id)).where(
        Job.done_at.is_(None), Job.run_at <= market.shop.clock.now()
    )
    with market.shop.database.reads() as session:
        return session.scalar(open_jobs) or 0


def _receipts(market: Market) -> set[str]:
    return {f"<receipt.{order.public_id}@shop.test>" for order in _paid(market)}


def _gift_mails(market: Market) -> set[str]:
    gifts = (gift for gift in market.rows(Gift) if gift.issued_at is not None)
    return {f"<gift.{gift.public_id}.1@shop.test>" for gift in gifts}


def _letters(market: Market, post_office: PostOffice) -> Counter[str]:
    """Return how often each of the market's letters has come."""
    own = {f"<receipt.{order.public_id}@shop.test>" for order in market.orders()}
    own |= {f"<gift.{gift.public_id}.1@shop.test>" for gift in market.rows(Gift)}
    return Counter({name: times for name, times in post_office.received.items() if name in own})


def _figure(times: dict[str, list[float]], told: Told) -> str:
    returns = ", ".join(f"{name} {max(each):.1f} s" for name, each in times.items())
    middle = median(chain.from_iterable(times.values()))
    return (
        f"{len(told.placed)} orders, {len(told.paid)} paid, {len(told.taken)} gifts spent; "
        f"median return {middle:.1f} s, longest: {returns}"
    )


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
        # Two supervisors, the web and its two workers, the job worker, the sandbox.
        assert len(everybody) == 7

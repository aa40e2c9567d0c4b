"""Money that comes at the moment at which a hold ends: the order is kept or the money goes back,
always exactly one of the two, whoever is faster."""

from collections import Counter
from typing import Any

import pytest

from storefront.models import Attribution, Job, Order, OrderEvent, Refund
from tests.races import heats
from tests.races.clients import count_codes, race
from tests.races.market import Market, wait_until

CLIENTS = 16
BOTH_MODELS = 2

TRIALS = [
    pytest.param(12, id="12"),
    pytest.param(1_000, id="1000", marks=[pytest.mark.prove, pytest.mark.timeout(1800)]),
]


@pytest.fixture(params=TRIALS)
def trials(request: pytest.FixtureRequest) -> int:
    """Give the number of orders whose fate is raced for."""
    number: int = request.param
    return number


def test_paid_in_time_is_kept_once_whoever_brings_the_news(
    quiet_market: Market, trials: int
) -> None:
    """Two different events, four times each, the expiry job and the reconciler at one moment."""
    market = quiet_market
    variant = market.add_variant(stock=trials)
    placed = market.place(*[variant] * trials)
    market.pay(placed)
    news = [market.news(each) for each in placed for _ in range(2)] * 4

    answers = heats.at_the_end_of_holds(market, news)

    assert {answer.status for answer in answers} == {200}
    assert market.counters(variant) == (0, trials)
    assert all(order.paid_at is not None for order in market.orders())
    assert market.count(OrderEvent, kind="paid") == trials
    assert market.count(Job, name="send_receipt") == trials
    assert market.count(Attribution) == trials * BOTH_MODELS
    assert market.count(Refund) == 0


def test_late_money_and_the_next_buyer_never_both_get_the_last_unit(
    quiet_market: Market, trials: int
) -> None:
    """One unit each: whoever paid late keeps it, or the next buyer holds it and money goes back."""
    market = quiet_market
    variants = [market.add_variant(stock=1) for _ in range(trials)]
    placed = market.place(*variants)
    market.pay(placed)
    late = [market.news(each) for each in placed for _ in range(2)]
    next_buyers = [market.order(variant) for variant in variants for _ in range(2)]

    answers = heats.at_the_end_of_holds(market, late + next_buyers)

    # Whether a next buyer comes through at all is chance; that nobody hears anything else is not.
    assert {200, 409} <= {answer.status for answer in answers} <= {200, 201, 409}
    won = Counter(answer.code for answer in answers)["201"]
    kept = [order for order in market.orders() if order.paid_at is not None]
    assert len(kept) + won == trials
    assert market.count(Refund) == won
    assert sorted(map(market.counters, variants)) == [(0, 1)] * len(kept) + [(1, 0)] * won
    wait_until(lambda: not market.has_due_jobs("send_refund"), "the money is sent back")
    assert all(refund.sent_at is not None for refund in market.rows(Refund))


def test_a_card_that_pays_while_its_order_expires_is_charged_or_not_asked(
    quiet_market: Market, trials: int
) -> None:
    market = quiet_market
    variant = market.add_variant(stock=trials)
    placed = market.place(*[variant] * trials)

    answers = heats.at_the_end_of_holds(market, [market.confirm(each) for each in placed])

    charged = sum(answer.status == 200 for answer in answers)
    told = Counter(_fate(order) for order in market.orders())
    assert told == Counter({"paid": charged, "expired": trials - charged})
    assert market.counters(variant) == (0, charged)
    assert market.count(Refund) == 0


def test_a_buyer_and_the_news_of_an_ended_hold_never_lock_each_other_out(
    quiet_market: Market, trials: int
) -> None:
    """Both let go of the same hold: the buyer who wants the unit, and the gateway's message."""
    market = quiet_market
    variants = [market.add_variant(stock=1) for _ in range(2 * trials)]
    placed = market.place(*variants)
    market.shop.pass_time(heats.HOLDS_ARE_OVER)
    side_by_side = [
        request
        for variant, each in zip(variants, placed, strict=True)
        for _ in range(2)
        for request in (market.order(variant), market.news(each, "canceled"))
    ]

    answers = race(side_by_side, clients=CLIENTS)

    told = {"200": 2 * len(placed), "201": len(placed), "all_held": len(placed)}
    assert count_codes(answers) == told
    assert [market.counters(variant) for variant in variants] == [(1, 0)] * len(variants)


def _fate(order: Order) -> str:
    facts: dict[str, Any] = {"paid": order.paid_at, "expired": order.expired_at}
    return " and ".join(name for name, moment in facts.items() if moment is not None)

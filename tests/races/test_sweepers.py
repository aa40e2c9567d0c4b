"""R-C9: four processes look after the shop at one moment: ended holds, silent payments and what is
old are each seen to once."""

import subprocess
import sys
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from storefront.models import Attribution, Job, Moment, Order, OrderEvent
from storefront.services import retention
from tests.races.fault_lines import gateway_books
from tests.races.market import Market
from tests.races.servers import ROOT, Shop

SWEEPERS = 4
BOTH_MODELS = 2
PATIENCE = 120
OVER = 11 * 60
ORDERS = (
    pytest.param(10, id="10-each"),
    pytest.param(90, id="90-each", marks=pytest.mark.prove),  # a sweep takes a hundred at most
)


@pytest.mark.parametrize("each", ORDERS)
def test_four_that_sweep_at_once_do_everything_once(quiet_market: Market, each: int) -> None:
    market, shop = quiet_market, quiet_market.shop
    variant = market.add_variant(stock=2 * each)
    silent = market.place(*[variant] * each)
    market.pay(silent)
    market.place(*[variant] * each)
    shop.pass_time(OVER)
    _keep_holds(market, silent)
    _let_it_be_time_to_forget(shop)
    charged = gateway_books(shop)

    told = _sweep_at_once(shop)

    assert Counter(told) == {"forgot": 1, "had no turn": SWEEPERS - 1}
    assert market.counters(variant) == (0, each)
    kinds = Counter(event.kind for event in market.rows(OrderEvent))
    assert kinds == {"placed": 2 * each, "paid": each, "expired": each}
    assert market.count(Job, name="send_receipt") == each
    assert market.count(Attribution) == BOTH_MODELS * each
    assert gateway_books(shop) == charged
    intents = Counter(each["status"] for each in market.payments_at_the_gateway())
    assert set(intents) == {"succeeded", "canceled"}


def _keep_holds(market: Market, orders: list[dict[str, Any]]) -> None:
    """Let some buyers have been active until now: their payments are silent, their holds run."""
    names = [order["public_id"] for order in orders]
    with market.shop.database.begin() as session:
        session.execute(
            update(Order)
            .where(Order.public_id.in_(names))
            .values(held_until=market.shop.clock.now() + timedelta(hours=1))
        )


def _let_it_be_time_to_forget(shop: Shop) -> None:
    with shop.database.begin() as session:
        session.execute(delete(Moment).where(Moment.name == retention.TURN))


def _sweep_at_once(shop: Shop) -> list[str]:
    """Let processes of their own sweep at one moment; return what each says."""
    sweepers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.races.sweepers"],
            cwd=ROOT,
            env=dict(shop.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(SWEEPERS)
    ]
    try:
        for sweeper in sweepers:
            assert sweeper.stdout is not None
            assert sweeper.stdout.readline() == "ready\n"
        for sweeper in sweepers:
            assert sweeper.stdin is not None
            sweeper.stdin.write("go\n")
            sweeper.stdin.flush()
        return [sweeper.communicate(timeout=PATIENCE)[0].strip() for sweeper in sweepers]
    finally:
        for sweeper in sweepers:
            sweeper.kill()
            sweeper.wait()

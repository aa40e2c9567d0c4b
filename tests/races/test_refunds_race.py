"""Many refunds of one payment at once: never more goes back than was paid, here and there."""

from typing import Any

import pytest

from storefront.models import LedgerEntry, Order, OrderEvent, Payment, Refund
from storefront.services.ledger import Account
from tests.races.clients import ask, count_codes, race
from tests.races.conftest import Figure
from tests.races.heats import many_refunds
from tests.races.market import Market, wait_until
from tests.races.sizes import Size

UNITS, PRICE = 10, 450
EACH, MOST = 70, 64
"""Sixty-four times seventy fit into ten units, and twenty cents are left."""

EVERYBODY = 32
SIZES = (
    pytest.param(Size(attempts=100, clients=16), id="100x16"),
    pytest.param(
        Size(attempts=1_000, clients=64),
        id="1000x64",
        marks=[pytest.mark.prove, pytest.mark.timeout(1800)],
    ),
)


@pytest.mark.parametrize("size", SIZES)
def test_refunds_at_once_never_exceed_what_was_paid(
    market: Market, size: Size, figure: Figure
) -> None:
    placed = _place(market, units=UNITS)

    answers = many_refunds(market, placed, minor=EACH, size=size)

    figure(answers)
    assert count_codes(answers) == {"201": MOST, "refund_too_large": size.attempts - MOST}
    _assert_given_back(market, placed, MOST * EACH)
    assert MOST == market.count(Refund) == market.count(OrderEvent, kind="refunded")


def test_refunds_in_full_at_once_give_the_money_back_once(market: Market) -> None:
    """Nobody names an amount: everybody wants all that is left."""
    placed = _place(market, units=UNITS)
    market.pay([placed])
    wait_until(lambda: market.count(OrderEvent, kind="paid") == 1, "the order is paid")

    answers = race([market.refund(placed) for _ in range(EVERYBODY)], clients=16)

    assert count_codes(answers) == {"201": 1, "already_refunded": EVERYBODY - 1}
    _assert_given_back(market, placed, UNITS * PRICE)
    assert market.counters(placed["variant"]) == (0, 0)


def _place(market: Market, *, units: int) -> dict[str, Any]:
    variant = market.add_variant(stock=units)
    lines = [{"variant": variant, "quantity": units}]
    answer = ask(market.order(variant, lines=lines))
    assert answer.status == 201
    return {**answer.json, "variant": variant}


def _assert_given_back(market: Market, placed: dict[str, Any], minor: int) -> None:
    """So much has gone back: says the payment, the order, the refunds, the ledger, the gateway."""
    wait_until(lambda: market.count(Refund, sent_at=None) == 0, "all refunds were sent")
    [payment], [order] = market.rows(Payment), market.rows(Order)
    entries = market.rows(LedgerEntry, cause="refund", account=Account.GATEWAY.value)
    told = {
        "payment": payment.refunded_minor,
        "order": order.refunded_minor,
        "refunds": sum(each.amount_minor for each in market.rows(Refund)),
        "ledger": -sum(each.amount_minor for each in entries),
        "gateway": market.refunded_at_the_gateway(placed),
    }
    assert dict.fromkeys(told, minor) == told

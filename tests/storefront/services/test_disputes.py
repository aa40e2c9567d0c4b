"""Disputes: the bank takes money back, and it is won or lost; the books are right throughout."""

import itertools

import pytest
from sqlalchemy import func, select

from storefront.models import Alarm, Dispute, LedgerEntry, OrderEvent
from tests.factories import World, pay, place
from tests.fakes import Bench
from tests.storefront.gateway_news import tell_of_dispute
from tests.storefront.sales import sell
from tests.storefront.web.console.conftest import sign_in

WITHDRAWN = {"gateway": 0, "sales": -450, "disputed": 450}
ENDS = {
    "lost": {"gateway": 0, "sales": -450, "disputed": 0, "loss": 450},
    "won": {"gateway": 450, "sales": -450, "disputed": 0},
}


def balances(bench: Bench) -> dict[str, int]:
    """Return what each account of the ledger holds."""
    with bench.database.reads() as session:
        rows = session.execute(
            select(LedgerEntry.account, func.sum(LedgerEntry.amount_minor)).group_by(
                LedgerEntry.account
            )
        )
        return {account: int(total) for account, total in rows}


def test_a_dispute_withdraws_the_money_once(bench: Bench, world: World) -> None:
    placed = sell(bench, world)

    tell_of_dispute(bench, placed, 450, "needs_response")
    tell_of_dispute(bench, placed, 450, "under_review")

    with bench.database.reads() as session:
        dispute = session.scalars(select(Dispute)).one()
        alarms = session.scalars(select(Alarm.kind)).all()
    assert WITHDRAWN == balances(bench)
    assert ("under_review", "product_not_received") == (dispute.state, dispute.reason)
    assert ["dispute_opened"] == alarms


@pytest.mark.parametrize("end", ENDS)
def test_the_end_of_a_dispute_leaves_the_books_right_in_any_order(
    bench: Bench, world: World, end: str
) -> None:
    for order in itertools.permutations(("needs_response", "under_review", end)):
        placed = sell(bench, world)
        for state in order:
            tell_of_dispute(bench, placed, 450, state)

    assert {account: 6 * minor for account, minor in ENDS[end].items()} == balances(bench)


def test_a_dispute_that_was_lost_can_still_be_won(bench: Bench, world: World) -> None:
    placed = sell(bench, world)
    for state in ("needs_response", "lost", "won"):
        tell_of_dispute(bench, placed, 450, state)

    assert {**ENDS["won"], "loss": 0} == balances(bench)


def test_a_warning_takes_no_money(bench: Bench, world: World) -> None:
    placed = sell(bench, world)
    for state in ("warning_needs_response", "warning_under_review", "warning_closed"):
        tell_of_dispute(bench, placed, 450, state)

    assert {"gateway": 450, "sales": -450} == balances(bench)


def test_a_dispute_that_is_told_before_its_payment_waits_for_it(bench: Bench, world: World) -> None:
    placed = place(bench, world)
    tell_of_dispute(bench, placed, 450, "needs_response")
    assert {} == balances(bench)

    pay(bench.client(), bench, placed)

    assert WITHDRAWN == balances(bench)


def test_a_dispute_of_another_account_or_of_too_much_books_nothing(
    bench: Bench, world: World
) -> None:
    placed = sell(bench, world)

    tell_of_dispute(bench, placed, 450, "lost", account="acct_of_somebody_else")
    tell_of_dispute(bench, placed, 451, "lost")
    tell_of_dispute(bench, placed, 450, "of_the_future")

    with bench.database.reads() as session:
        alarms = {alarm.kind: alarm.count for alarm in session.scalars(select(Alarm))}
    assert {"gateway": 450, "sales": -450} == balances(bench)
    assert {"dispute_mismatch": 2} == alarms


def test_the_order_page_says_when_the_answer_is_due(bench: Bench, world: World) -> None:
    placed = sell(bench, world)
    tell_of_dispute(bench, placed, 450, "needs_response")
    owner = sign_in(bench, world.owner_email)

    during = owner.get(f"/console/orders/{placed.public_id}").text
    tell_of_dispute(bench, placed, 450, "won")
    after = owner.get(f"/console/orders/{placed.public_id}").text

    with bench.database.reads() as session:
        told = session.scalars(select(OrderEvent.kind).order_by(OrderEvent.id)).all()
    assert "The buyer disputes $4.50" in during
    assert "Send your evidence by Mar 30, 2026" in during
    assert "The buyer disputes $4.50" not in after
    assert ["dispute", "dispute_won"] == list(told[-2:])

"""Disputes: the bank takes money back, and it is won or lost; the books are right throughout."""

import itertools

import pytest
from sqlalchemy import func, select

from storefront.domain.attribution import MODELS
from storefront.errors import Conflict
from storefront.models import (
    Alarm,
    CreditEntry,
    Dispute,
    LedgerEntry,
    OrderEvent,
    Refund,
    Variant,
)
from storefront.services.order_requests import PlacedOrder
from storefront.services.refunds import Wish, refund_order
from tests.contents import nothing_changes
from tests.factories import World, pay, place
from tests.fakes import Bench
from tests.storefront.gateway_news import tell_of_dispute
from tests.storefront.sales import sell, sell_through_a_share
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


def refund(bench: Bench, world: World, placed: PlacedOrder, wish: Wish) -> None:
    """Give money back, as the merchant does."""
    with bench.database.begin() as session:
        now = bench.clock.now()
        refund_order(
            session,
            world.merchant.id,
            placed.public_id,
            wish=wish,
            kinds=bench.ports.kinds,
            now=now,
        )


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


@pytest.mark.parametrize(
    ("states", "earned"),
    [
        (("warning_needs_response", "warning_closed"), 450),
        (("needs_response",), 0),
        (("needs_response", "under_review", "lost"), 0),
        (("needs_response", "won"), 450),
        (("lost", "won"), 450),
    ],
)
def test_whoever_brought_the_sale_earns_nothing_while_the_bank_has_the_money(
    bench: Bench, world: World, *, states: tuple[str, ...], earned: int
) -> None:
    placed = sell_through_a_share(bench, world)

    for state in states:
        tell_of_dispute(bench, placed, 450, state)

    with bench.database.reads() as session:
        by_model = select(CreditEntry.model, func.sum(CreditEntry.amount_minor))
        rows = session.execute(by_model.group_by(CreditEntry.model))
        credited = {model: int(minor) for model, minor in rows}
    assert dict.fromkeys(MODELS, earned) == credited


@pytest.mark.parametrize("state", ["needs_response", "under_review", "lost"])
def test_what_the_bank_has_taken_cannot_be_given_back_as_well(
    bench: Bench, world: World, state: str
) -> None:
    placed = sell(bench, world)
    tell_of_dispute(bench, placed, 300, state)

    for wish in (Wish(amount_minor=151), Wish(lines={0: 1})):
        with nothing_changes(bench.database), pytest.raises(Conflict) as refused:
            refund(bench, world, placed, wish)
        assert "payment_disputed" == refused.value.code
    refund(bench, world, placed, Wish())

    with bench.database.reads() as session:
        assert [150] == session.scalars(select(Refund.amount_minor)).all()


def test_a_dispute_that_was_won_leaves_all_of_it_to_be_given_back(
    bench: Bench, world: World
) -> None:
    placed = sell(bench, world)
    for state in ("needs_response", "won"):
        tell_of_dispute(bench, placed, 450, state)

    refund(bench, world, placed, Wish())

    assert {**ENDS["won"], "gateway": 0, "sales": 0} == balances(bench)


def test_goods_that_were_disputed_are_not_put_back_on_sale(bench: Bench, world: World) -> None:
    """R-B9: the buyer has them, whatever the bank decides about the money."""
    placed = sell(bench, world)
    for state in ("needs_response", "lost"):
        tell_of_dispute(bench, placed, 450, state)

    with bench.database.reads() as session:
        variant = session.scalars(select(Variant)).one()
    assert (0, 1) == (variant.held, variant.sold)


def test_the_refund_page_says_what_is_disputed(bench: Bench, world: World) -> None:
    placed = sell(bench, world)
    tell_of_dispute(bench, placed, 300, "needs_response")
    owner = sign_in(bench, world.owner_email)

    page = owner.get(f"/console/orders/{placed.public_id}/refunds").text

    assert "$1.50 can still go back" in page
    assert "The buyer disputes $3.00 of this payment" in page


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

"""Money that goes back: what it reverses, what stops it, and what its failure puts right."""

from typing import Any

import pytest
from sqlalchemy import func, select

from storefront.domain.orders import OrderStatus, status
from storefront.errors import Conflict, Declined, Invalid, NotFound, StorefrontError, TryAgain
from storefront.models import (
    Alarm,
    LedgerEntry,
    Offer,
    Order,
    OrderEvent,
    Payment,
    Refund,
    Variant,
)
from storefront.services.order_requests import PlacedOrder
from storefront.services.refunds import Wish, refund_order
from storefront.worker import run_due
from tests.contents import nothing_changes
from tests.factories import World, pay, place, running_offer, world_on
from tests.fakes import Bench
from tests.storefront.gateway_news import tell_of_dashboard_refund, tell_of_refund
from tests.storefront.sales import sell


def give_back(bench: Bench, world: World, placed: PlacedOrder, **wish: Any) -> Refund:
    """Intend a refund."""
    with bench.database.begin() as session:
        return refund_order(
            session,
            world.merchant.id,
            placed.public_id,
            wish=Wish(**wish),
            kinds=bench.ports.kinds,
            now=bench.clock.now(),
        )


def work(bench: Bench) -> None:
    """Run every job that is due."""
    while run_due(bench.ports):
        pass


def standing(bench: Bench, placed: PlacedOrder) -> OrderStatus:
    """Return where the order stands."""
    with bench.database.reads() as session:
        order = session.scalars(select(Order).where(Order.public_id == placed.public_id)).one()
        return status(order.facts, bench.clock.now())


def units_sold(bench: Bench) -> int:
    """Return how many units of the only variant count as sold."""
    with bench.database.reads() as session:
        return session.scalars(select(Variant.sold)).one()


def balances(bench: Bench) -> dict[str, int]:
    """Return what each account of the ledger holds."""
    with bench.database.reads() as session:
        rows = session.execute(
            select(LedgerEntry.account, func.sum(LedgerEntry.amount_minor)).group_by(
                LedgerEntry.account
            )
        )
        return {account: int(total) for account, total in rows}


def rows(bench: Bench, table: Any) -> list[Any]:
    """Return a table's rows."""
    with bench.database.reads() as session:
        return list(session.scalars(select(table).order_by(table.id)))


def test_a_sale_is_booked(bench: Bench, world: World) -> None:
    sell(bench, world, quantity=2)

    assert {"gateway": 900, "sales": -900} == balances(bench)


def test_a_whole_refund_reverses_money_stock_and_status_at_once(bench: Bench, world: World) -> None:
    placed = sell(bench, world, quantity=2)

    give_back(bench, world, placed)

    assert OrderStatus.REFUNDED == standing(bench, placed)
    assert {"gateway": 0, "sales": 0} == balances(bench)
    assert 0 == units_sold(bench)
    assert {} == bench.gateway.refunds


def test_a_refund_is_sent_with_its_own_amount_and_the_buyer_is_told(
    bench: Bench, world: World
) -> None:
    placed = sell(bench, world, quantity=2)
    refund = give_back(bench, world, placed, lines={0: 1})

    work(bench)

    [request] = bench.gateway.refunds.values()
    assert (450, f"{refund.public_id}-450") == (request.amount.minor, request.key)
    assert OrderStatus.PARTIALLY_REFUNDED == standing(bench, placed)
    assert ["receipt (en)", "refund (en)"] == [each.subject for each in bench.mailbox.sent]
    assert rows(bench, Refund)[0].sent_at == bench.clock.now()


def test_units_that_are_not_put_back_stay_sold(bench: Bench, world: World) -> None:
    placed = sell(bench, world, quantity=3)

    give_back(bench, world, placed, lines={0: 2}, is_restocked=False)

    assert 3 == units_sold(bench)


def test_an_amount_puts_nothing_back_on_sale(bench: Bench, world: World) -> None:
    placed = sell(bench, world, quantity=2)

    give_back(bench, world, placed, amount_minor=123)

    assert {"gateway": 777, "sales": -777} == balances(bench)
    assert 2 == units_sold(bench)


def test_parts_and_the_rest_make_the_whole(bench: Bench, world: World) -> None:
    placed = sell(bench, world, quantity=3)
    give_back(bench, world, placed, amount_minor=100)
    give_back(bench, world, placed, lines={0: 1})

    give_back(bench, world, placed)

    assert [100, 416, 834] == [refund.amount_minor for refund in rows(bench, Refund)]
    assert OrderStatus.REFUNDED == standing(bench, placed)
    assert 0 == units_sold(bench)


@pytest.mark.parametrize(
    ("wish", "error", "code"),
    [
        ({"amount_minor": 901}, Conflict, "refund_too_large"),
        ({"lines": {0: 3}}, Conflict, "refund_too_large"),
        ({"lines": {1: 1}}, Invalid, "unknown_line"),
        ({"lines": {0: 0}}, Invalid, "invalid_quantity"),
        ({"amount_minor": 0}, Invalid, "invalid_refund_amount"),
    ],
)
def test_what_cannot_go_back_changes_nothing(
    bench: Bench, world: World, *, wish: dict[str, Any], error: type[StorefrontError], code: str
) -> None:
    placed = sell(bench, world, quantity=2)

    with nothing_changes(bench.database), pytest.raises(error) as refused:
        give_back(bench, world, placed, **wish)

    assert code == refused.value.code


def test_nothing_goes_back_twice(bench: Bench, world: World) -> None:
    placed = sell(bench, world)
    give_back(bench, world, placed)

    with nothing_changes(bench.database), pytest.raises(Conflict) as refused:
        give_back(bench, world, placed)

    assert "already_refunded" == refused.value.code


def test_an_unpaid_order_and_one_of_another_merchant_are_not_refunded(
    bench: Bench, world: World
) -> None:
    rival = world_on(bench, slug="rival")
    unpaid, paid = place(bench, world), sell(bench, world)

    with nothing_changes(bench.database):
        with pytest.raises(Conflict) as refused:
            give_back(bench, world, unpaid)
        with pytest.raises(NotFound):
            give_back(bench, rival, paid)

    assert "not_paid" == refused.value.code


def test_a_refund_that_fails_later_puts_everything_back(bench: Bench, world: World) -> None:
    placed = sell(bench, world, quantity=2)
    refund = give_back(bench, world, placed)
    work(bench)

    tell_of_refund(bench, refund, "succeeded")
    tell_of_refund(bench, refund, "failed")
    tell_of_refund(bench, refund, "failed")
    work(bench)

    assert OrderStatus.PAID == standing(bench, placed)
    assert {"gateway": 900, "sales": -900} == balances(bench)
    assert 2 == units_sold(bench)
    assert ["refund_failed"] == [alarm.kind for alarm in rows(bench, Alarm)]
    assert "refund_failed (en)" == bench.mailbox.sent[-1].subject
    assert ["payment", "refund", "refund_failed"] == list(
        dict.fromkeys(entry.cause for entry in rows(bench, LedgerEntry))
    )


def test_a_failed_refund_of_what_was_sold_again_calls_a_person(bench: Bench) -> None:
    world = world_on(bench, stock=1)
    first = sell(bench, world)
    refund = give_back(bench, world, first)
    second = sell(bench, world)

    tell_of_refund(bench, refund, "failed")

    assert OrderStatus.PAID == standing(bench, first)
    assert OrderStatus.PAID == standing(bench, second)
    assert 1 == units_sold(bench)
    assert {"refund_failed", "refund_failed_sold_out"} == {
        alarm.kind for alarm in rows(bench, Alarm)
    }


def test_a_failed_refund_takes_what_a_hold_has_that_ended(bench: Bench) -> None:
    world = world_on(bench, stock=1)
    refund = give_back(bench, world, sell(bench, world))
    place(bench, world)
    bench.clock.pass_time(minutes=11)

    tell_of_refund(bench, refund, "failed")

    assert 1 == units_sold(bench)
    assert {"refund_failed"} == {alarm.kind for alarm in rows(bench, Alarm)}


def test_a_failed_refund_takes_the_use_that_a_hold_has_that_ended(
    bench: Bench, world: World
) -> None:
    offer = running_offer(bench, world, quota=1)
    refund = give_back(bench, world, sell(bench, world))
    place(bench, world)
    bench.clock.pass_time(minutes=11)

    tell_of_refund(bench, refund, "failed")

    with bench.database.reads() as session:
        found = session.get_one(Offer, offer.id)
    assert (0, 1) == (found.held, found.used)


def test_a_failed_refund_can_be_made_again(bench: Bench, world: World) -> None:
    placed = sell(bench, world)
    refund = give_back(bench, world, placed)
    tell_of_refund(bench, refund, "failed")

    give_back(bench, world, placed)

    assert OrderStatus.REFUNDED == standing(bench, placed)
    assert 0 == units_sold(bench)


@pytest.mark.parametrize("fault", [Declined("declined"), Invalid("payment_refused")])
def test_a_refund_that_the_gateway_refuses_has_failed(
    bench: Bench, world: World, fault: StorefrontError
) -> None:
    placed = sell(bench, world)
    work(bench)
    give_back(bench, world, placed)
    bench.gateway.fault = fault

    work(bench)

    assert OrderStatus.PAID == standing(bench, placed)
    assert [fault.code] == [refund.failure for refund in rows(bench, Refund)]


def test_a_refund_waits_while_the_gateway_does_not_answer(bench: Bench, world: World) -> None:
    placed = sell(bench, world)
    work(bench)
    give_back(bench, world, placed)
    bench.gateway.fault = TryAgain("payments_unavailable")
    work(bench)
    bench.gateway.fault = None
    bench.clock.pass_time(hours=1)

    work(bench)

    assert OrderStatus.REFUNDED == standing(bench, placed)
    assert 1 == len(bench.gateway.refunds)


def test_news_that_come_before_our_own_answer_name_the_refund(bench: Bench, world: World) -> None:
    placed = sell(bench, world)
    refund = give_back(bench, world, placed)

    tell_of_refund(bench, refund, "pending")
    work(bench)

    [row] = rows(bench, Refund)
    assert f"re_fake_{refund.public_id}-450" == row.gateway_reference
    assert {} == bench.gateway.refunds


def test_a_refund_made_at_the_gateway_is_booked_once(bench: Bench, world: World) -> None:
    placed = sell(bench, world, quantity=2)

    tell_of_dashboard_refund(bench, placed, 300, state="pending")
    tell_of_dashboard_refund(bench, placed, 300)
    work(bench)

    [row] = rows(bench, Refund)
    assert ("made_at_gateway", bench.clock.now()) == (row.reason, row.settled_at)
    assert {"gateway": 600, "sales": -600} == balances(bench)
    assert 2 == units_sold(bench)
    assert {} == bench.gateway.refunds


def test_a_refund_that_is_told_before_its_payment_waits_for_it(bench: Bench, world: World) -> None:
    placed = place(bench, world, quantity=2)
    tell_of_dashboard_refund(bench, placed, 300)
    assert {} == balances(bench)

    sell_placed(bench, placed)

    assert OrderStatus.PARTIALLY_REFUNDED == standing(bench, placed)
    assert {"gateway": 600, "sales": -600} == balances(bench)


def sell_placed(bench: Bench, placed: PlacedOrder) -> None:
    """Let a placed order be paid."""
    assert 200 == pay(bench.client(), bench, placed).status_code


@pytest.mark.parametrize("wrong", [{"amount": 901}, {"currency": "eur"}])
def test_a_refund_that_does_not_fit_its_payment_calls_a_person(
    bench: Bench, world: World, wrong: dict[str, Any]
) -> None:
    placed = sell(bench, world, quantity=2)

    tell_of_dashboard_refund(bench, placed, 300, **wrong)

    assert OrderStatus.PAID == standing(bench, placed)
    assert ["refund_mismatch"] == [alarm.kind for alarm in rows(bench, Alarm)]


def test_a_refund_told_by_another_account_moves_nothing(bench: Bench, world: World) -> None:
    placed = sell(bench, world)

    tell_of_dashboard_refund(bench, placed, 100, account="acct_of_somebody_else")

    assert [] == rows(bench, Refund)
    assert OrderStatus.PAID == standing(bench, placed)


def test_late_money_goes_back_through_the_ledger(bench: Bench) -> None:
    world = world_on(bench, stock=1)
    late = place(bench, world)
    bench.clock.pass_time(minutes=11)
    sell(bench, world)

    sell_placed(bench, late)
    work(bench)

    assert OrderStatus.CANCELLED == standing(bench, late)
    assert {"gateway": 450, "owed": 0, "sales": -450} == balances(bench)


def test_late_money_whose_refund_fails_is_still_owed(bench: Bench) -> None:
    world = world_on(bench, stock=1)
    late = place(bench, world)
    bench.clock.pass_time(minutes=11)
    sell(bench, world)
    sell_placed(bench, late)
    work(bench)

    tell_of_refund(bench, rows(bench, Refund)[0], "failed")

    assert {"gateway": 900, "owed": -450, "sales": -450} == balances(bench)
    assert 0 == sum(payment.refunded_minor for payment in rows(bench, Payment))
    assert 1 == units_sold(bench)


def test_history_tells_of_a_refund_and_its_failure(bench: Bench, world: World) -> None:
    placed = sell(bench, world)
    refund = give_back(bench, world, placed)
    tell_of_refund(bench, refund, "failed")

    told = [(each.kind, each.detail) for each in rows(bench, OrderEvent)]

    assert [("refunded", "requested"), ("refund_failed", "expired_or_canceled_card")] == told[-2:]

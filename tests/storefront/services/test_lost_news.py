"""Refunds and disputes whose messages were lost: the gateway is asked, and the books are right."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from storefront.db.engine import Database
from storefront.domain.money import Money
from storefront.domain.payments import DisputeNews, RefundNews
from storefront.errors import Invalid, TryAgain
from storefront.models import Dispute, Job, LedgerEntry, NewsMark, OrderEvent, Payment, Refund
from storefront.services import lost_news
from storefront.services.order_requests import PlacedOrder
from storefront.services.refunds import Wish, refund_order
from storefront.worker import run_due, sweep
from tests.contents import nothing_changes
from tests.factories import World, world_on
from tests.fakes import Bench
from tests.storefront.gateway_news import tell_of_dispute, tell_of_refund
from tests.storefront.sales import sell

SOLD = {"gateway": 450, "sales": -450}
REFUNDED = {"gateway": 0, "sales": 0}
LOST = {"gateway": 0, "sales": -450, "disputed": 0, "loss": 450}


def balances(bench: Bench) -> dict[str, int]:
    """Return what each account of the ledger holds."""
    with bench.database.reads() as session:
        rows = session.execute(
            select(LedgerEntry.account, func.sum(LedgerEntry.amount_minor)).group_by(
                LedgerEntry.account
            )
        )
        return {account: int(total) for account, total in rows}


def history(bench: Bench) -> list[str]:
    """Return what has happened to orders beyond being placed and paid."""
    with bench.database.reads() as session:
        kinds = session.scalars(select(OrderEvent.kind).order_by(OrderEvent.id)).all()
    return [kind for kind in kinds if kind not in {"placed", "paid"}]


def send_back(bench: Bench, world: World, placed: PlacedOrder) -> Refund:
    """Give all the money back and let the worker send it."""
    with bench.database.begin() as session:
        now = bench.clock.now()
        refund_order(
            session,
            world.merchant.id,
            placed.public_id,
            wish=Wish(),
            kinds=bench.ports.kinds,
            now=now,
        )
    while run_due(bench.ports):
        pass
    return only_refund(bench)


def only_refund(bench: Bench) -> Refund:
    with bench.database.reads() as session:
        return session.scalars(select(Refund)).one()


def failed(placed: PlacedOrder, refund: Refund) -> RefundNews:
    """Return how the gateway shows a refund that the bank has sent back."""
    return RefundNews(
        str(refund.gateway_reference),
        "failed",
        refund.amount,
        payment=placed.payment_reference,
        failure="expired_or_canceled_card",
        refund_public_id=refund.public_id,
    )


def disputed(placed: PlacedOrder, state: str, due_at: datetime | None = None) -> DisputeNews:
    """Return how the gateway shows a dispute of the whole payment."""
    amount = Money(450, "USD")
    return DisputeNews("du_1", state, amount, placed.payment_reference, "fraudulent", due_at)


def test_a_refund_whose_failure_was_never_told_is_undone(bench: Bench, world: World) -> None:
    placed = sell(bench, world)
    refund = send_back(bench, world, placed)
    before = balances(bench)
    bench.gateway.tell("refund", failed(placed, refund))

    bench.clock.pass_time(minutes=10)
    run_due(bench.ports)

    assert (REFUNDED, SOLD) == (before, balances(bench))
    assert bench.clock.now() == only_refund(bench).failed_at
    assert ["refunded", "refund_failed"] == history(bench)


@pytest.mark.parametrize("days", [1, 3, 14, 30, 45])
def test_a_refund_that_was_called_done_is_still_asked_about_later(
    bench: Bench, world: World, days: int
) -> None:
    placed = sell(bench, world)
    refund = send_back(bench, world, placed)
    tell_of_refund(bench, refund, "succeeded")
    bench.gateway.tell("refund", failed(placed, refund))

    bench.clock.moment = refund.intended_at + timedelta(days=days)
    run_due(bench.ports)

    assert bench.clock.now() == only_refund(bench).failed_at


def test_a_refund_that_went_well_is_asked_about_until_the_plan_ends(
    bench: Bench, world: World
) -> None:
    send_back(bench, world, sell(bench, world))
    asked = []
    while True:
        with bench.database.reads() as session:
            due = session.scalar(
                select(Job.run_at).where(Job.name == "ask_about_refund", Job.done_at.is_(None))
            )
        if due is None:
            break
        bench.clock.moment = due
        run_due(bench.ports)
        asked.append(bench.gateway.calls.count("fetch_refund"))

    assert list(range(1, 9)) == asked
    assert only_refund(bench).settled_at is not None


def test_a_refund_that_failed_is_not_asked_about_again(bench: Bench, world: World) -> None:
    placed = sell(bench, world)
    refund = send_back(bench, world, placed)
    tell_of_refund(bench, refund, "failed")

    with nothing_changes(bench.database):
        lost_news.ask_about_refund(bench.ports, refund.id)

    assert "fetch_refund" not in bench.gateway.calls


def test_a_refund_that_is_not_sent_yet_is_asked_about_the_next_time(
    bench: Bench, world: World
) -> None:
    placed = sell(bench, world)
    bench.gateway.fault = TryAgain("payments_unavailable")
    refund = send_back(bench, world, placed)
    bench.clock.pass_time(minutes=11)

    lost_news.ask_about_refund(bench.ports, refund.id)

    with bench.database.reads() as session:
        due = session.scalars(
            select(Job.run_at).where(Job.name == "ask_about_refund").order_by(Job.run_at)
        ).all()
    assert "fetch_refund" not in bench.gateway.calls
    assert refund.intended_at + timedelta(hours=1) == due[-1]


def test_a_gateway_that_does_not_answer_is_asked_again(bench: Bench, world: World) -> None:
    placed = sell(bench, world)
    refund = send_back(bench, world, placed)
    bench.gateway.tell("refund", failed(placed, refund))
    bench.clock.pass_time(minutes=10)
    bench.gateway.fault = TryAgain("payments_unavailable")
    run_due(bench.ports)
    meanwhile = only_refund(bench).failed_at

    bench.gateway.fault = None
    bench.clock.pass_time(seconds=2)
    run_due(bench.ports)

    assert (None, bench.clock.now()) == (meanwhile, only_refund(bench).failed_at)


def test_a_refund_of_the_dashboard_is_found_in_the_list(bench: Bench, world: World) -> None:
    placed = sell(bench, world)
    made = RefundNews("re_dash", "succeeded", Money(450, "USD"), placed.payment_reference)
    bench.gateway.tell("refund", made)

    sweep(bench.ports)

    assert REFUNDED == balances(bench)
    assert ("re_dash", "made_at_gateway") == (
        only_refund(bench).gateway_reference,
        only_refund(bench).reason,
    )


def test_a_dispute_that_was_never_told_is_found_in_the_list_once(
    bench: Bench, world: World
) -> None:
    placed = sell(bench, world)
    due_at = bench.clock.now() + timedelta(days=9)
    bench.gateway.tell("dispute", disputed(placed, "needs_response", due_at))
    sweep(bench.ports)
    bench.clock.pass_time(minutes=10)

    sweep(bench.ports)

    assert {"gateway": 0, "sales": -450, "disputed": 450} == balances(bench)
    with bench.database.reads() as session:
        dispute = session.scalars(select(Dispute)).one()
    assert (due_at, "fraudulent") == (dispute.due_at, dispute.reason)
    assert ["dispute"] == history(bench)


def test_the_end_of_a_dispute_that_was_never_told_is_asked_for(bench: Bench, world: World) -> None:
    placed = sell(bench, world)
    tell_of_dispute(bench, placed, 450, "needs_response")
    bench.gateway.tell("dispute", disputed(placed, "lost"))

    bench.clock.pass_time(days=1)
    run_due(bench.ports)

    assert LOST == balances(bench)
    assert ["dispute", "dispute_lost"] == history(bench)


def test_a_dispute_that_is_won_is_not_asked_about_again(bench: Bench, world: World) -> None:
    placed = sell(bench, world)
    tell_of_dispute(bench, placed, 450, "needs_response")
    bench.gateway.tell("dispute", disputed(placed, "won"))
    bench.clock.pass_time(days=1)
    run_due(bench.ports)
    bench.clock.pass_time(days=200)

    with nothing_changes(bench.database):
        run_due(bench.ports)

    assert 1 == bench.gateway.calls.count("fetch_dispute")


def test_the_lists_of_each_account_are_read_with_a_mark_of_their_own(bench: Bench) -> None:
    florist = world_on(bench, slug="florist", stripe_account="acct_florist")
    placed = sell(bench, florist)
    bench.gateway.tell("dispute", disputed(placed, "needs_response"), account="acct_florist")

    sweep(bench.ports)

    with bench.database.reads() as session:
        marks = session.scalars(select(NewsMark).order_by(NewsMark.account)).all()
    assert {"gateway": 0, "sales": -450, "disputed": 450} == balances(bench)
    assert [("", None), ("acct_florist", "du_1")] == [
        (each.account, each.dispute) for each in marks
    ]


def test_news_of_another_account_moves_no_payment(bench: Bench) -> None:
    """The platform's list names a payment of the florist's: whoever wrote it there is not Stripe's
    florist."""
    florist = world_on(bench, slug="florist", stripe_account="acct_florist")
    bench.gateway.tell("dispute", disputed(sell(bench, florist), "needs_response"))

    sweep(bench.ports)

    assert SOLD == balances(bench)
    assert [] == history(bench)


def test_lists_are_read_once_in_a_while_and_a_few_accounts_at_a_time(bench: Bench) -> None:
    for number in range(lost_news.ACCOUNTS + 2):
        world_on(bench, slug=f"shop-{number}", stripe_account=f"acct_{number:02}")
    for _ in range(3):
        sweep(bench.ports)
    first = bench.gateway.calls.count("list_disputes")
    bench.clock.pass_time(minutes=10)

    sweep(bench.ports)

    assert lost_news.ACCOUNTS + 3 == first
    assert first + lost_news.ACCOUNTS == bench.gateway.calls.count("list_disputes")


@pytest.mark.parametrize(
    ("fault", "asked_again"),
    [(TryAgain("payments_unavailable"), True), (Invalid("payment_refused", field="x"), False)],
    ids=["silent", "refused"],
)
def test_only_an_account_that_was_silent_is_asked_again_at_once(
    bench: Bench, fault: TryAgain | Invalid, asked_again: bool
) -> None:
    bench.gateway.fault = fault
    sweep(bench.ports)
    before = len(bench.gateway.calls)

    sweep(bench.ports)

    assert asked_again is (len(bench.gateway.calls) > before)


Act = Callable[[Bench], object]


@pytest.mark.parametrize("about", ["refund", "dispute"])
def test_news_and_the_question_at_once_have_one_effect(
    bench: Bench, world: World, engine_url: str, about: str
) -> None:
    """Two questions, two readers of the lists and two messages meet; each has its own engine."""
    placed = sell(bench, world)
    if about == "refund":
        refund = send_back(bench, world, placed)
        bench.gateway.tell("refund", failed(placed, refund))
        acts: list[Act] = [
            lambda own: lost_news.ask_about_refund(own.ports, refund.id),
            lambda own: lost_news.read_lists(own.ports, ""),
            lambda own: tell_of_refund(own, refund, "failed"),
        ]
        effects, end = ["refunded", "refund_failed"], SOLD
    else:
        bench.gateway.tell("dispute", disputed(placed, "lost"))
        acts = [
            lambda own: lost_news.read_lists(own.ports, ""),
            lambda own: tell_of_dispute(own, placed, 450, "lost"),
        ]
        effects, end = ["dispute", "dispute_lost"], LOST

    done = at_once(bench, engine_url, acts * 2)

    assert 2 * len(acts) == done
    assert effects == history(bench)
    assert end == balances(bench)


def at_once(bench: Bench, url: str, acts: list[Act]) -> int:
    """Run the acts side by side, as processes would; return how many came to their end."""
    start, done = threading.Barrier(len(acts)), list[Act]()

    def run(act: Act) -> None:
        database = Database(url)
        ports = replace(bench.ports, sessions=database, reads=database.reads)
        with database.reads() as session:
            session.execute(select(Payment.id).limit(1)).all()
        start.wait(timeout=20)
        try:
            act(replace(bench, database=database, ports=ports))
            done.append(act)
        finally:
            database.dispose()

    runners = [threading.Thread(target=run, args=(act,)) for act in acts]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join(timeout=60)
    return len(done)

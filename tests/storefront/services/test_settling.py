"""What must be asked of the gateway: ends of holds, silence, money to give back. And jobs, which
see to it that it is asked."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from storefront.errors import TryAgain
from storefront.models import Job, Order, OrderEvent, Payment, Refund, Variant
from storefront.services import jobs, settling
from storefront.services.jobs import LEASE, ClaimedJob
from storefront.services.payments import apply_snapshot
from storefront.worker import sweep
from tests.contents import nothing_changes
from tests.factories import World, place, world_on
from tests.fakes import Bench


def only_order(bench: Bench) -> Order:
    """Return the one order there is."""
    with bench.database.reads() as session:
        return session.scalars(select(Order)).one()


def test_an_order_is_not_ended_before_its_time(bench: Bench, world: World) -> None:
    place(bench, world)
    bench.clock.pass_time(minutes=9, seconds=59)

    with nothing_changes(bench.database):
        settling.expire_order(bench.ports, only_order(bench).id)

    assert ["open"] == bench.gateway.calls


def test_the_payment_is_cancelled_before_the_stock_is_let_go(bench: Bench, world: World) -> None:
    """While the gateway does not answer, the units are still the buyer's."""
    place(bench, world)
    bench.clock.pass_time(minutes=10)
    bench.gateway.fault = TryAgain("payments_unavailable")

    with nothing_changes(bench.database), pytest.raises(TryAgain):
        settling.expire_order(bench.ports, only_order(bench).id)
    bench.gateway.fault = None
    settling.expire_order(bench.ports, only_order(bench).id)

    with bench.database.reads() as session:
        assert 0 == session.scalar(select(Variant.held))
    assert only_order(bench).expired_at is not None


def test_ending_an_order_twice_ends_it_once(bench: Bench, world: World) -> None:
    place(bench, world)
    bench.clock.pass_time(minutes=10)
    settling.expire_order(bench.ports, only_order(bench).id)

    with nothing_changes(bench.database):
        settling.expire_order(bench.ports, only_order(bench).id)

    with bench.database.reads() as session:
        history = session.scalars(select(OrderEvent.kind).order_by(OrderEvent.id)).all()
    assert ["placed", "expired"] == history


def test_money_that_was_faster_than_the_cancellation_is_taken_as_paid(
    bench: Bench, world: World
) -> None:
    placed = place(bench, world)
    snapshot = bench.gateway.snapshots[placed.payment_reference]
    bench.gateway.snapshots[placed.payment_reference] = replace(snapshot, state="succeeded")
    bench.clock.pass_time(minutes=10)

    settling.expire_order(bench.ports, only_order(bench).id)

    assert (bench.clock.now(), None) == (only_order(bench).paid_at, only_order(bench).expired_at)


def test_an_order_whose_payment_never_opened_just_ends(bench: Bench, world: World) -> None:
    bench.gateway.fault = TryAgain("payments_unavailable")
    with pytest.raises(TryAgain):
        place(bench, world)
    bench.gateway.fault = None
    bench.clock.pass_time(minutes=10)

    settling.expire_order(bench.ports, only_order(bench).id)

    with bench.database.reads() as session:
        assert 0 == session.scalar(select(Variant.held))
    assert bench.clock.now() == only_order(bench).expired_at
    assert ["open"] == bench.gateway.calls


def test_an_order_that_the_bank_still_decides_about_is_not_ended(
    bench: Bench, world: World
) -> None:
    placed = place(bench, world)
    snapshot = bench.gateway.snapshots[placed.payment_reference]
    processing = replace(snapshot, state="processing")
    bench.gateway.snapshots[placed.payment_reference] = processing
    with bench.database.begin() as session:
        payment = session.scalars(select(Payment)).one()
        apply_snapshot(
            session, payment.id, processing, kinds=bench.ports.kinds, now=bench.clock.now()
        )
    bench.clock.pass_time(minutes=8)
    sweep(bench.ports)  # counts what has been seen so far, so that the next one has nothing to do
    bench.clock.pass_time(minutes=1)

    with nothing_changes(bench.database):
        settling.expire_order(bench.ports, only_order(bench).id)
        sweep(bench.ports)


def test_only_silent_payments_are_asked_about(bench: Bench, world: World) -> None:
    place(bench, world)
    silent_for = bench.ports.settings.reconcile_after
    start = bench.clock.now()

    with bench.database.reads() as session:
        early = settling.list_silent_payments(
            session, now=start + silent_for - timedelta(seconds=1), silent_for=silent_for
        )
        late = settling.list_silent_payments(session, now=start + silent_for, silent_for=silent_for)

    assert (0, 1) == (len(early), len(late))


def test_an_ended_payment_is_never_asked_about_again(bench: Bench, world: World) -> None:
    place(bench, world)
    bench.clock.pass_time(minutes=10)
    sweep(bench.ports)
    calls = list(bench.gateway.calls)

    with bench.database.reads() as session:
        payment = session.scalars(select(Payment)).one()
    with nothing_changes(bench.database):
        settling.reconcile_payment(bench.ports, payment.id)
        sweep(bench.ports)

    assert calls == bench.gateway.calls


def owe(bench: Bench) -> Refund:
    """Take money that comes too late, so that it has to go back."""
    world = world_on(bench, stock=1)
    late = place(bench, world)
    bench.clock.pass_time(minutes=10)
    place(bench, world)
    with bench.database.begin() as session:
        payment = session.scalars(
            select(Payment).where(Payment.gateway_reference == late.payment_reference)
        ).one()
        snapshot = replace(bench.gateway.snapshots[late.payment_reference], state="succeeded")
        apply_snapshot(
            session, payment.id, snapshot, kinds=bench.ports.kinds, now=bench.clock.now()
        )
        return session.scalars(select(Refund)).one()


def only_refund(bench: Bench) -> Refund:
    """Return the one refund there is."""
    with bench.database.reads() as session:
        return session.scalars(select(Refund)).one()


def test_a_refund_is_sent_once_with_a_key_of_its_own(bench: Bench) -> None:
    refund = owe(bench)
    settling.send_refund(bench.ports, refund.id)

    with nothing_changes(bench.database):
        settling.send_refund(bench.ports, refund.id)

    assert {f"{refund.public_id}-450": 450} == {
        key: each.amount.minor for key, each in bench.gateway.refunds.items()
    }
    assert 1 == bench.gateway.calls.count("refund")


def die_after_asking(bench: Bench, refund: Refund) -> None:
    """Let the gateway give the money back, and forget that we were told."""
    settling.send_refund(bench.ports, refund.id)
    with bench.database.begin() as session:
        session.execute(update(Refund).values(sent_at=None, gateway_reference=None))


@pytest.mark.parametrize(("hours", "asked"), [(22.9, ["refund"] * 2), (25, ["refund"])])
def test_a_refund_whose_answer_was_lost_is_repeated_for_a_day_and_then_looked_up(
    bench: Bench, hours: float, asked: list[str]
) -> None:
    """The gateway forgets keys after a day: a repeat would give the money back twice."""
    refund = owe(bench)
    die_after_asking(bench, refund)
    bench.clock.pass_time(hours=hours)
    settling.send_refund(bench.ports, refund.id)

    assert asked == [call for call in bench.gateway.calls if call == "refund"]
    assert only_refund(bench).gateway_reference == f"re_fake_{refund.public_id}-450"
    assert only_refund(bench).sent_at == bench.clock.now()


def test_an_old_refund_that_the_gateway_never_made_is_made(bench: Bench) -> None:
    refund = owe(bench)
    bench.clock.pass_time(hours=25)
    settling.send_refund(bench.ports, refund.id)

    assert ["find_refund", "refund"] == bench.gateway.calls[-2:]
    assert only_refund(bench).sent_at == bench.clock.now()


def add_job(bench: Bench, **changes: object) -> None:
    """Promise to do something."""
    with bench.database.begin() as session:
        jobs.add(session, "send_receipt", {"order_id": 1}, merchant_id=1, now=bench.clock.now(),
                 **changes)  # type: ignore[arg-type]  # fmt: skip


def claim(bench: Bench) -> list[jobs.ClaimedJob]:
    """Claim what is due."""
    with bench.database.begin() as session:
        return list(jobs.claim(session, now=bench.clock.now()))


def test_a_job_is_claimed_by_one_worker_until_its_lease_ends(bench: Bench) -> None:
    add_job(bench)
    first = claim(bench)
    during = claim(bench)
    bench.clock.moment += LEASE

    second = claim(bench)

    assert (1, 0, 1) == (len(first), len(during), len(second))
    assert (1, 2) == (first[0].attempts, second[0].attempts)
    assert first[0].lease != second[0].lease


def finish(session: Session, job: ClaimedJob, *, now: datetime) -> None:
    """Mark a job done, and claim no other."""
    assert [] == jobs.finish_and_claim(session, job, now=now, limit=0)


def test_a_worker_that_lost_its_lease_changes_nothing(bench: Bench) -> None:
    add_job(bench)
    lost = claim(bench)[0]
    bench.clock.moment += LEASE
    kept = claim(bench)[0]

    with nothing_changes(bench.database), bench.database.begin() as session:
        finish(session, lost, now=bench.clock.now())
        jobs.give_up(session, lost, "late", now=bench.clock.now())
    with bench.database.begin() as session:
        finish(session, kept, now=bench.clock.now())
        done_at = session.scalars(select(Job.done_at)).one()
    assert bench.clock.now() == done_at


def test_a_job_is_not_claimed_before_its_time_and_never_after_its_end(bench: Bench) -> None:
    add_job(bench, run_at=bench.clock.now() + timedelta(seconds=10))
    early = claim(bench)
    bench.clock.pass_time(seconds=10)
    job = claim(bench)[0]
    with bench.database.begin() as session:
        finish(session, job, now=bench.clock.now())
        next_due = jobs.next_due(session)
    bench.clock.pass_time(days=1)

    assert ([], None, []) == (early, next_due, claim(bench))


def test_a_promise_with_a_key_is_made_once(bench: Bench) -> None:
    add_job(bench, unique_key="once")

    with nothing_changes(bench.database):
        add_job(bench, unique_key="once")


def test_a_job_that_fails_again_and_again_waits_longer_and_is_given_up(bench: Bench) -> None:
    add_job(bench)
    waits = []
    while claimed := claim(bench):
        with bench.database.begin() as session:
            run_at = jobs.try_later(session, claimed[0], "busy", now=bench.clock.now())
        if run_at is None:
            break
        waits.append((run_at - bench.clock.now()).total_seconds())
        bench.clock.moment = run_at

    with bench.database.reads() as session:
        job = session.scalars(select(Job)).one()
    assert [2, 10, 30, 120, 600, 1800, 3600, 7200, 14400, 28800] == waits
    assert (11, "busy", bench.clock.now()) == (job.attempts, job.last_fault, job.given_up_at)
    assert [] == claim(bench)


def test_claiming_takes_the_oldest_first_and_not_more_than_asked(bench: Bench) -> None:
    for seconds in (3, 1, 2):
        add_job(
            bench, run_at=bench.clock.now() - timedelta(seconds=seconds), unique_key=f"{seconds}"
        )

    with bench.database.begin() as session:
        claimed = jobs.claim(session, now=bench.clock.now(), limit=2)
        keys = session.scalars(
            select(Job.unique_key).where(Job.id.in_([job.id for job in claimed]))
        ).all()
        total = session.scalar(select(func.count(Job.id)).where(Job.lease.is_not(None)))
        session.execute(update(Job).values(lease=None))

    assert ({"3", "2"}, 2) == (set(keys), total)

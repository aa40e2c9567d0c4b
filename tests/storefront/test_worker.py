"""The worker: what is tried again, what is given up, and what it survives."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from storefront.db.schema import downgrade, upgrade
from storefront.domain.retries import DELAYS, MOST_ATTEMPTS
from storefront.errors import Invalid, TryAgain
from storefront.models import Alarm, Job, LineItem, Order
from storefront.ports import Message, Ports
from storefront.services import alarms, jobs, upkeep
from storefront.worker import run_due, sweep, work
from tests.engines import ENGINES, Databases
from tests.factories import World, pay, place
from tests.fakes import Bench, StandingClock, make_bench

PATIENCE = 20
LOCKED = OperationalError("UPDATE …", {}, Exception("database is locked"))


@pytest.fixture
def paid(bench: Bench, world: World) -> Bench:
    """Give a shop that owes one receipt."""
    pay(bench.client(), bench, place(bench, world))
    return bench


def receipt(bench: Bench) -> Job:
    with bench.database.reads() as session:
        return session.scalars(select(Job).where(Job.name == "send_receipt")).one()


def raised(bench: Bench) -> list[tuple[str, int]]:
    with bench.database.reads() as session:
        return [(alarm.kind, alarm.count) for alarm in session.scalars(select(Alarm))]


def test_a_job_that_is_done_is_not_run_again(paid: Bench) -> None:
    ran = [run_due(paid.ports), run_due(paid.ports)]

    assert ran == [True, False]
    assert receipt(paid).done_at == paid.clock.now()
    assert len(paid.mailbox.sent) == 1


def test_a_passing_fault_puts_a_job_back_for_its_next_try(paid: Bench) -> None:
    paid.mailbox.fault = TryAgain("mail_unavailable")
    run_due(paid.ports)
    job = receipt(paid)

    assert (job.attempts, job.last_fault) == (1, "mail_unavailable")
    assert job.run_at == paid.clock.now() + DELAYS[0]
    assert (job.done_at, job.given_up_at, job.lease) == (None, None, None)
    assert raised(paid) == []


def test_a_job_that_was_put_back_is_done_when_the_fault_has_passed(paid: Bench) -> None:
    paid.mailbox.fault = TryAgain("mail_unavailable")
    run_due(paid.ports)
    paid.mailbox.fault = None
    early = run_due(paid.ports)
    paid.clock.pass_time(seconds=DELAYS[0].total_seconds())
    run_due(paid.ports)

    assert early is False
    assert len(paid.mailbox.sent) == 1


def test_after_its_last_try_a_job_is_given_up_and_somebody_is_told(paid: Bench) -> None:
    paid.mailbox.fault = TryAgain("mail_unavailable")
    for delay in (*DELAYS, timedelta(0)):
        run_due(paid.ports)
        paid.clock.pass_time(seconds=delay.total_seconds())
    paid.mailbox.fault = None
    paid.clock.pass_time(days=9)
    run_due(paid.ports)
    job = receipt(paid)

    assert job.attempts == len(DELAYS) + 1
    assert job.given_up_at is not None
    assert raised(paid) == [("gave_up_send_receipt", 1)]
    assert paid.mailbox.sent == []


def test_a_job_over_which_its_workers_die_is_given_up_in_the_end(paid: Bench) -> None:
    for _ in range(MOST_ATTEMPTS):
        with paid.database.begin() as session:
            [claimed] = jobs.claim(session, now=paid.clock.now(), limit=1)
        paid.clock.pass_time(seconds=jobs.LEASE.total_seconds())
    run_due(paid.ports)
    job = receipt(paid)

    assert claimed.attempts == MOST_ATTEMPTS
    assert (job.given_up_at, job.last_fault) == (paid.clock.now(), "worker_died")
    assert raised(paid) == [("gave_up_send_receipt", 1)]
    assert paid.mailbox.sent == []


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Invalid("mail_refused", field="email"), "Invalid: mail_refused (email)"),
        (RuntimeError("a fault of ours"), "RuntimeError: a fault of ours"),
    ],
)
def test_what_will_never_work_is_given_up_at_once(paid: Bench, fault: Exception, told: str) -> None:
    paid.mailbox.fault = fault  # type: ignore[assignment]
    run_due(paid.ports)
    job = receipt(paid)

    assert (job.attempts, job.given_up_at, job.last_fault) == (1, paid.clock.now(), told)
    assert raised(paid) == [("gave_up_send_receipt", 1)]


def test_a_job_of_another_version_is_given_up_and_the_others_go_on(paid: Bench) -> None:
    with paid.database.begin() as session:
        now = paid.clock.now() - timedelta(hours=1)
        jobs.add(session, "dance", {}, merchant_id=1, now=now)
    run_due(paid.ports)

    assert raised(paid) == [("gave_up_dance", 1)]
    assert len(paid.mailbox.sent) == 1


def test_a_busy_database_is_a_passing_fault_for_a_job(paid: Bench) -> None:
    paid.mailbox.fault = LOCKED  # type: ignore[assignment]
    run_due(paid.ports)
    job = receipt(paid)

    assert (job.last_fault, job.given_up_at) == ("busy", None)
    assert job.run_at == paid.clock.now() + DELAYS[0]
    assert raised(paid) == []


@dataclass
class Failing:
    """Opens sessions, after the database could not be reached a few times."""

    opens: Callable[[], AbstractContextManager[Session]]
    times: int

    @contextmanager
    def __call__(self) -> Iterator[Session]:
        self.times -= 1
        if self.times >= 0:
            raise LOCKED
        with self.opens() as session:
            yield session


def test_the_worker_outlives_a_database_that_cannot_be_reached(paid: Bench) -> None:
    reads = Failing(paid.ports.reads, times=2)
    stop = threading.Event()
    stopped = threading.Thread(target=work, args=(replace(paid.ports, reads=reads), stop))
    stopped.start()
    for _ in range(PATIENCE * 20):
        if paid.mailbox.sent:
            break
        stop.wait(0.05)
    stop.set()
    stopped.join(PATIENCE)

    assert not stopped.is_alive()
    assert reads.times < 0
    assert len(paid.mailbox.sent) == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_the_worker_waits_for_a_database_that_was_not_upgraded(
    databases: Databases, tmp_path: Path, now: datetime, engine: str
) -> None:
    with databases.fresh(engine) as url:
        bench = make_bench(tmp_path, url, now)
        downgrade(bench.database.writer, "base")
        stop = threading.Event()
        worker = threading.Thread(target=work, args=(bench.ports, stop))
        worker.start()
        upgrade(bench.database.writer)
        for _ in range(PATIENCE * 20):
            with bench.database.reads() as session:
                if upkeep.has_worker(session, now=now):
                    break
            stop.wait(0.05)
        is_alive = worker.is_alive()
        stop.set()
        worker.join(PATIENCE)
        with bench.database.reads() as session:
            is_seen = upkeep.has_worker(session, now=now)
        bench.database.dispose()

    assert (is_alive, is_seen) == (True, True)


@dataclass
class SlowMail:
    """Takes so long for each message that another worker finds time to do something."""

    clock: StandingClock
    other: Ports
    sent: list[Message] = field(default_factory=list)

    def send(self, message: Message) -> None:
        self.sent.append(message)
        self.clock.pass_time(seconds=50)
        run_due(self.other)


def test_a_job_that_waits_behind_slow_ones_is_not_run_twice(bench: Bench, world: World) -> None:
    client = bench.client()
    for _ in range(5):
        pay(client, bench, place(bench, world))
    slow = SlowMail(bench.clock, bench.ports)
    run_due(replace(bench.ports, mailer=slow))
    sent = [message.message_id for message in (*slow.sent, *bench.mailbox.sent)]

    assert (len(sent), len(set(sent))) == (5, 5)


def test_no_more_jobs_are_claimed_than_asked_for_whatever_way_the_database_goes(
    bench: Bench, world: World
) -> None:
    client = bench.client()
    for _ in range(3):
        pay(client, bench, place(bench, world))
    with bench.database.begin() as session:
        if not bench.database.is_sqlite:
            for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
                session.execute(text(f"SET LOCAL enable_{way} = off"))
        claimed = [len(jobs.claim(session, now=bench.clock.now(), limit=1)) for _ in range(4)]

    assert [1, 1, 1, 0] == claimed


def test_a_job_of_a_worker_that_died_is_taken_over_when_its_lease_ends(paid: Bench) -> None:
    with paid.database.begin() as session:
        dead = jobs.claim(session, now=paid.clock.now())
    early = run_due(paid.ports)
    paid.clock.pass_time(seconds=jobs.LEASE.total_seconds())
    late = run_due(paid.ports)

    assert [job.name for job in dead] == ["send_receipt"]
    assert (early, late) == (False, True)
    assert len(paid.mailbox.sent) == 1


def test_one_order_that_fails_does_not_keep_a_sweep_from_the_others(
    bench: Bench, world: World
) -> None:
    for _ in range(2):
        place(bench, world)
    bench.clock.pass_time(minutes=11)
    bench.gateway.fault = RuntimeError("what is this?")  # type: ignore[assignment]
    sweep(bench.ports)
    tried = bench.gateway.calls.count("cancel")
    bench.gateway.fault = None
    sweep(bench.ports)
    with bench.database.reads() as session:
        expired = session.scalars(select(Order.expired_at)).all()
        released = session.scalars(select(LineItem.released_at)).all()

    assert tried == 2
    assert expired == [bench.clock.now()] * 2
    assert released == [bench.clock.now()] * 2


def test_two_workers_that_give_up_at_once_raise_one_alarm(bench: Bench) -> None:
    now = bench.clock.now()

    def second() -> None:
        with bench.database.begin() as session:
            alarms.raise_alarm(session, 0, "gave_up_send_receipt", now=now)

    other = threading.Thread(target=second)
    with bench.database.begin() as session:
        alarms.raise_alarm(session, 0, "gave_up_send_receipt", now=now)
        other.start()
        other.join(0.3)  # long enough to reach the row that we have not committed
    other.join(PATIENCE)

    assert raised(bench) == [("gave_up_send_receipt", 2)]

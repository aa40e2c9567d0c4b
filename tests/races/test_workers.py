"""Several workers at one table of jobs: each job runs once, and what a dead worker held is
taken over when its lease has ended."""

import os
import signal

from sqlalchemy import update

from storefront.domain.retries import MOST_ATTEMPTS
from storefront.models import Alarm, Job
from storefront.services.jobs import LEASE
from tests.races.clients import ask_in_turn
from tests.races.market import Market, wait_until
from tests.races.post_office import PostOffice
from tests.races.servers import Shop

WORKERS = 4
LETTERS = 20
IN_HAND = 1  # a worker claims one job at a time, so that a lease outlasts it
OTHERS = 10


def test_each_job_runs_once_however_many_workers_there_are(
    quiet_market: Market, post_office: PostOffice
) -> None:
    _sell(quiet_market, LETTERS)

    for _ in range(WORKERS):
        quiet_market.shop.start_worker()
    wait_until(lambda: not quiet_market.has_due_jobs("send_receipt"), "the receipts are sent")

    assert _letters(quiet_market, post_office) == [1] * LETTERS
    assert _tries(quiet_market) == [1] * LETTERS


def test_the_job_of_a_killed_worker_is_taken_over_when_its_lease_ends(
    quiet_market: Market, post_office: PostOffice
) -> None:
    """The worker dies with a job in its hands, while the mail server keeps it waiting."""
    market, shop = quiet_market, quiet_market.shop
    _sell(market, IN_HAND + OTHERS)
    _kill_a_worker_at_work(shop, post_office)

    shop.start_worker()
    wait_until(lambda: sum(_letters(market, post_office)) == OTHERS, "the free jobs are done")
    left_to_the_dead = market.has_due_jobs("send_receipt")
    shop.pass_time(LEASE.total_seconds() + 1)
    wait_until(
        lambda: not market.has_due_jobs("send_receipt"), "the one in its hands is taken over"
    )

    assert left_to_the_dead
    assert _letters(market, post_office) == [1] * (IN_HAND + OTHERS)
    assert _tries(market) == [1] * OTHERS + [2] * IN_HAND


def test_a_job_that_kills_its_workers_is_given_up_and_the_others_go_on(
    quiet_market: Market, post_office: PostOffice
) -> None:
    """Its last worker but one dies before our eyes; those before it are made up."""
    market, shop = quiet_market, quiet_market.shop
    _sell(market, IN_HAND)
    with shop.database.begin() as session:
        session.execute(
            update(Job)
            .where(Job.merchant_id == market.world.merchant.id, Job.name == "send_receipt")
            .values(attempts=MOST_ATTEMPTS - 1)
        )
    _kill_a_worker_at_work(shop, post_office)
    _sell(market, OTHERS)
    shop.pass_time(LEASE.total_seconds() + 1)
    shop.start_worker()
    wait_until(lambda: not market.has_due_jobs("send_receipt"), "no receipt is due")
    given_up = [job for job in market.rows(Job, name="send_receipt") if job.given_up_at]

    assert [(job.attempts, job.last_fault) for job in given_up] == [
        (MOST_ATTEMPTS + 1, "worker_died")
    ]
    assert [alarm.kind for alarm in market.rows(Alarm)] == ["gave_up_send_receipt"]
    assert _letters(market, post_office) == [1] * OTHERS


def _sell(market: Market, orders: int) -> None:
    placed = market.place(*[market.add_variant(stock=None)] * orders)
    ask_in_turn([market.news(each) for each in placed], clients=8)


def _kill_a_worker_at_work(shop: Shop, post_office: PostOffice) -> None:
    post_office.shut()
    worker = shop.start_worker()
    try:
        wait_until(post_office.has_caller, "a worker calls")
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    finally:
        post_office.open()


def _letters(market: Market, post_office: PostOffice) -> list[int]:
    """Return how often the receipt of each of the market's orders has come."""
    orders = [f"<receipt.{order.public_id}@shop.test>" for order in market.orders()]
    return [post_office.received[order] for order in orders if post_office.received[order]]


def _tries(market: Market) -> list[int]:
    return sorted(job.attempts for job in market.rows(Job, name="send_receipt"))

"""The worker: claim due jobs, run them, say how each went. One loop; any number of processes
on any number of machines may run it."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from storefront.errors import StorefrontError, TryAgain
from storefront.services import (
    alarm_mails,
    alarms,
    codes,
    connections,
    import_checks,
    import_writing,
    jobs,
    letters,
    lost_news,
    member_letters,
    offer_life,
    order_notes,
    placing,
    retention,
    settling,
    tallies,
    upkeep,
)
from storefront.services.ailments import Ailment, ailment

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from datetime import datetime

    from storefront.ports import Ports
    from storefront.services.jobs import ClaimedJob

    Handler = Callable[..., object]

log = logging.getLogger("storefront.worker")

HANDLERS: dict[str, Handler] = {
    "ask_about_dispute": lost_news.ask_about_dispute,
    "ask_about_refund": lost_news.ask_about_refund,
    "check_connection": connections.check,
    "check_import": import_checks.check_import,
    "end_offer": offer_life.end_offer,
    "expire_order": settling.expire_order,
    "make_codes": codes.make_codes,
    "reconcile_payment": settling.reconcile_payment,
    "send_account_changed": member_letters.send_account_changed,
    "send_alarms": alarm_mails.send_alarms,
    "send_apology": letters.send_apology,
    "send_invitation": member_letters.send_invitation,
    "send_cancelled": letters.send_cancelled,
    "send_order_note": order_notes.send_order_note,
    "send_password_reset": member_letters.send_password_reset,
    "send_ready": letters.send_ready,
    "send_receipt": letters.send_receipt,
    "send_refund": settling.send_refund,
    "send_refund_failed_letter": letters.send_refund_failed_letter,
    "send_refund_letter": letters.send_refund_letter,
    "send_shipped": letters.send_shipped,
    "send_tracking": letters.send_tracking,
    "start_offer": offer_life.start_offer,
    "write_import": import_writing.write_import,
}
"""What runs a job: a function of the ports and the job's payload. It may be run again after a
crash, so each does nothing where its work is done already."""

IDLE_SECONDS = 0.5
SWEEP_SECONDS = 30.0
BATCH = 10
"""After so many jobs the worker looks up: for a stop, and for a sweep that is due."""


def work(ports: Ports, stop: threading.Event) -> None:
    """Run jobs until `stop` is set; faults of the database are waited out."""
    next_sweep = 0.0
    while not stop.is_set():
        try:
            did_something = run_due(ports)
            if time.monotonic() >= next_sweep:
                _show_itself(ports)
                sweep(ports)
                next_sweep = time.monotonic() + SWEEP_SECONDS
        except DBAPIError as error:
            _wait_out(error)
            did_something = False
        if not did_something:
            stop.wait(IDLE_SECONDS)


def _wait_out(error: DBAPIError) -> None:
    """Note what the database suffers from; raise the error when no waiting mends it."""
    found = ailment(error)
    if found is None:
        raise error
    if found is Ailment.BEHIND:
        log.error("a migration has not run (`storefront db upgrade`); trying again: %s", error.orig)
    else:
        log.error("the database cannot be reached; trying again", exc_info=error)


def run_due(ports: Ports) -> bool:
    """Claim what is due and run it; return whether there was anything.

    One at a time: a lease must outlast its job, not the jobs before it.
    """
    with ports.reads() as session:
        due_at = jobs.next_due(session)
    if due_at is None or due_at > ports.clock.now():
        return False
    first = job = _turn(ports, done=None)
    count = 0
    while job is not None:
        count += 1
        done = job if _run(ports, job) else None
        job = _turn(ports, done=done, goes_on=count < BATCH)
    return first is not None


def _turn(ports: Ports, *, done: ClaimedJob | None, goes_on: bool = True) -> ClaimedJob | None:
    """Write down which job is done, and claim the next one in the same transaction."""
    if done is None and not goes_on:
        return None
    now = ports.clock.now()
    with ports.sessions.at_once() as session:
        claimed = jobs.finish_and_claim(session, done, now=now, limit=int(goes_on))
    return claimed[0] if claimed else None


def _show_itself(ports: Ports) -> None:
    with ports.sessions.begin() as session:
        upkeep.note_worker(session, now=ports.clock.now())


def sweep(ports: Ports) -> None:
    """Look after what no job remembers: ended holds, what fell silent, placements without a link,
    alarms that have rung."""
    now = ports.clock.now()
    with ports.reads() as session:
        orders = settling.list_expired_orders(session, now=now)
        silent = settling.list_silent_payments(
            session, now=now, silent_for=ports.settings.reconcile_after
        )
        unfinished = connections.list_unfinished(
            session, now=now, silent_for=ports.settings.reconcile_after
        )
        accounts = lost_news.list_unread(session, now=now, every=ports.settings.reconcile_after)
    for order_id in orders:
        _carefully(ports, settling.expire_order, order_id)
    for payment_id in silent:
        _carefully(ports, settling.reconcile_payment, payment_id)
    for connection_id in unfinished:
        _carefully(ports, connections.check, connection_id)
    for account in accounts:
        _carefully(ports, lost_news.read_lists, account)
    placing.link_all(ports)
    _tell_of_alarms(ports)
    _count(ports)
    _forget(ports)


def _tell_of_alarms(ports: Ports) -> None:
    has_operator = bool(ports.settings.operator_email)
    with ports.sessions.begin() as session:
        alarm_mails.promise(session, has_operator=has_operator, now=ports.clock.now())


def _count(ports: Ports) -> None:
    try:
        tallies.count_when_due(ports)
    except Exception as error:
        if ailment(error):
            raise
        # A report adds up what is not counted yet; the shop does not stop for it.
        log.exception("counting interactions has failed; the next time tries again")


def _forget(ports: Ports) -> None:
    try:
        retention.forget_when_due(ports)
    except Exception as error:
        if ailment(error):
            raise
        # What is old today is old tomorrow; the shop does not stop for it.
        log.exception("forgetting what is old has failed; tomorrow tries again")


def _carefully(ports: Ports, use_case: Handler, subject: int | str) -> None:
    try:
        use_case(ports, subject)
    except StorefrontError as error:
        log.warning("%s of %s: %s; the next sweep tries again", use_case.__name__, subject, error)
    except Exception as error:
        if ailment(error):
            raise
        # One order that cannot be understood must not keep all others from being looked after.
        log.exception("%s of %s has failed", use_case.__name__, subject)


def _run(ports: Ports, job: ClaimedJob) -> bool:
    """Run a job and return whether it is done; what became of any other is written down."""
    if job.is_beyond_tries:
        log.error("job %s %s: its workers died again and again", job.name, job.id)
        _stop_trying(ports, job, "worker_died", now=ports.clock.now())
        return False
    try:
        _handler(ports, job.name)(ports, **job.payload)
    except TryAgain as error:
        _put_back(ports, job, error.code)
    except Exception as error:
        log.exception("job %s %s has failed", job.name, job.id)
        if found := ailment(error):
            _put_back(ports, job, found.value)
        else:
            _stop_trying(ports, job, f"{type(error).__name__}: {error}", now=ports.clock.now())
    else:
        return True
    return False


def _put_back(ports: Ports, job: ClaimedJob, fault: str) -> None:
    now = ports.clock.now()
    with ports.sessions.begin() as session:
        run_at = jobs.try_later(session, job, fault, now=now)
        if run_at is None:
            alarms.raise_alarm(session, job.merchant_id, f"gave_up_{job.name}", now=now)
    log.info("job %s %s: %s, next try %s", job.name, job.id, fault, run_at)


def _stop_trying(ports: Ports, job: ClaimedJob, fault: str, *, now: datetime) -> None:
    with ports.sessions.begin() as session:
        jobs.give_up(session, job, fault, now=now)
        alarms.raise_alarm(session, job.merchant_id, f"gave_up_{job.name}", now=now)


def _handler(ports: Ports, name: str) -> Handler:
    """Return what runs a job of this name: the shop's own, or one of a kind of line."""
    for handlers in (HANDLERS, *(kind.jobs for kind in ports.kinds)):
        if name in handlers:
            return handlers[name]
    message = f"nothing runs a job called {name!r}"
    raise LookupError(message)

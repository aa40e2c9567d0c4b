"""The doctor: looks at a shop from the machine it runs on, and says in one line each what is wrong
or risky and what to do. Faulty settings are explained by `settings.py`, for with them no shop
starts."""

from __future__ import annotations

import shutil
import tempfile
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from storefront.db import schema
from storefront.db.engine import SAFE_SQLITE, sqlite_module
from storefront.errors import StorefrontError, TryAgain
from storefront.models import Alarm, Job, Merchant
from storefront.services import upkeep
from storefront.services.alarms import INSTALLATION, is_open, list_alarms
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.ports import Ports

    Look = Callable[[Ports], Iterable["Finding"]]

WELL, RISKY, WRONG = "well", "risky", "wrong"
OVERDUE = timedelta(minutes=15)
RISKY_SKEW, WRONG_SKEW = timedelta(seconds=30), timedelta(seconds=240)
"""Messages of the gateway are refused when they seem older than 300 seconds."""

WHAT_TO_DO = {
    "mode_mismatch": "Test and live are mixed up: check the keys and who sends us webhooks.",
    "sign_in_guessed": "Somebody guesses passwords of accounts that we do not have: no harm yet.",
    "connect_refused": "Sign your Stripe account up for Connect; the log has Stripe's words.",
}
WHAT_TO_DO_ELSE = "The log of that time says more."

LITTLE_SPACE = 512 * 1024**2
SAFE_PRAGMAS = {"journal_mode": {"wal"}, "synchronous": {"2", "3"}, "foreign_keys": {"1"}}


@frozen
class Finding:
    """One thing that was looked at: how it is, what it is, and what to do about it."""

    state: str
    subject: str
    sentence: str


def examine(ports: Ports, more: Iterable[Look] = ()) -> list[Finding]:
    """Look at everything; a part that does not answer is a finding, never an exception. `more`
    looks at what others have added to the shop."""
    return [
        *_database(ports),
        *_clock(ports),
        *_webhooks(ports),
        *_mail(ports),
        *_folders(ports),
        *(finding for look in more for finding in look(ports)),
    ]


def _database(ports: Ports) -> Iterator[Finding]:
    now = ports.clock.now()
    try:
        with ports.sessions.begin() as session:
            yield from _engine(session)
            if not schema.is_current_on(session.connection()):
                do = "Run `flask storefront db upgrade`."
                yield Finding(WRONG, "schema", f"A migration has not run. {do}")
                return
            yield Finding(WELL, "schema", "Every migration has run.")
            yield from _worker(session, now)
            yield from _jobs(session, now)
            yield from _alarms(session, has_operator=bool(ports.settings.operator_email))
    except DBAPIError as error:
        kind = type(error.orig).__name__
        do = "Start it, or put STOREFRONT_DATABASE_URL right."
        yield Finding(WRONG, "database", f"It does not answer ({kind}). {do}")


def _engine(session: Session) -> Iterator[Finding]:
    if session.get_bind().dialect.name != "sqlite":
        version = session.scalar(text("SHOW server_version"))
        yield Finding(WELL, "database", f"PostgreSQL {version} answers.")
        return
    module = sqlite_module()
    told = f"SQLite {module.sqlite_version} of {module.__name__.partition('.')[0]}"
    if module.sqlite_version_info >= SAFE_SQLITE:
        yield Finding(WELL, "database", f"{told} answers.")
    else:
        safe = ".".join(map(str, SAFE_SQLITE))
        do = f"Install pysqlite3 or a Python with SQLite {safe} or newer."
        yield Finding(RISKY, "database", f"{told} can damage a database in WAL mode. {do}")
    yield from _pragmas(session)


def _pragmas(session: Session) -> Iterator[Finding]:
    """Read back what keeps a sale through a power cut."""
    for name, safe in SAFE_PRAGMAS.items():
        value = str(session.scalar(text(f"PRAGMA {name}")))
        if value not in safe:
            do = "Keep the file on a local disk that supports it."
            yield Finding(WRONG, name, f"SQLite says {value!r}, so a sale can be lost. {do}")
        else:
            yield Finding(WELL, name, f"SQLite says {value!r}.")


def _worker(session: Session, now: datetime) -> Iterator[Finding]:
    if upkeep.has_worker(session, now=now):
        yield Finding(WELL, "worker", "One was seen lately.")
    else:
        do = "Start `flask storefront work`, or `storefront run`."
        yield Finding(WRONG, "worker", f"None was seen lately: no mail is sent. {do}")


def _jobs(session: Session, now: datetime) -> Iterator[Finding]:
    count = select(func.count()).select_from(Job).where(Job.done_at.is_(None))
    given_up = session.scalar(count.where(Job.given_up_at.is_not(None)))
    is_overdue = (Job.given_up_at.is_(None), Job.run_at < now - OVERDUE)
    overdue = session.scalar(count.where(*is_overdue))
    if given_up:
        do = "The console's home and the column last_fault say why."
        yield Finding(WRONG, "jobs", f"{given_up} were given up. {do}")
    if overdue:
        minutes = int(OVERDUE.total_seconds() // 60)
        do = "Run more workers, or look at what holds them up."
        yield Finding(RISKY, "jobs", f"{overdue} have been due for over {minutes} minutes. {do}")
    if not given_up and not overdue:
        yield Finding(WELL, "jobs", "None was given up, none is late.")


def _alarms(session: Session, *, has_operator: bool) -> Iterator[Finding]:
    """Name the installation's own alarms with what to do, and count those of merchants, who see
    theirs in the console."""
    for alarm in list_alarms(session, INSTALLATION):
        when = f"{alarm.last_seen_at:%Y-%m-%d %H:%M} UTC"
        do = WHAT_TO_DO.get(alarm.kind, WHAT_TO_DO_ELSE)
        done = f"Then: `flask storefront alarms --done {alarm.kind}`."
        told = f"{alarm.kind}, {alarm.count} times, last on {when}. {do} {done}"
        yield Finding(RISKY, "alarm", told)
    rows = session.execute(
        select(Merchant.slug, func.count())
        .join(Alarm, Alarm.merchant_id == Merchant.id)
        .where(is_open())
        .group_by(Merchant.slug)
        .order_by(Merchant.slug)
    )
    for slug, count in rows:
        do = "Its owners see them in the console."
        yield Finding(RISKY, "alarm", f"{count} open at {slug}. {do}")
    if not has_operator:
        do = "Set STOREFRONT_OPERATOR_EMAIL."
        yield Finding(WELL, "operator", f"Alarms of the installation are mailed to nobody. {do}")


def _clock(ports: Ports) -> Iterator[Finding]:
    try:
        skew = ports.payments.skew()
    except TryAgain:
        do = "Check the network and STOREFRONT_STRIPE_API_URL."
        yield Finding(WRONG, "gateway", f"It cannot be reached. {do}")
        return
    except StorefrontError:
        yield Finding(WRONG, "gateway", "It refuses us. Check STOREFRONT_STRIPE_API_KEY.")
        return
    yield Finding(WELL, "gateway", "It answers.")
    seconds = round(skew.total_seconds())
    if abs(skew) <= RISKY_SKEW:
        yield Finding(WELL, "clock", f"It is {seconds} s ahead of the gateway's.")
        return
    state = WRONG if abs(skew) > WRONG_SKEW else RISKY
    told = f"It is {seconds} s ahead of the gateway's; at 300 s its messages are refused."
    yield Finding(state, "clock", f"{told} Set it by NTP.")


def _webhooks(ports: Ports) -> Iterator[Finding]:
    secrets = ports.settings.stripe_webhook_secrets
    if any(not secret.startswith("whsec_") for secret in secrets):
        do = "Copy it from the gateway's page of webhooks."
        yield Finding(RISKY, "webhooks", f"A secret does not begin with whsec_. {do}")
    else:
        yield Finding(WELL, "webhooks", f"{len(secrets)} signing secrets are set.")


def _mail(ports: Ports) -> Iterator[Finding]:
    try:
        ports.mailer.reach()
    except StorefrontError:
        do = "Check STOREFRONT_MAIL_URL: host, port, user and password."
        yield Finding(WRONG, "mail", f"The mail server does not let us in. {do}")
    else:
        yield Finding(WELL, "mail", "Mail can be handed over.")


def _folders(ports: Ports) -> Iterator[Finding]:
    folder = ports.settings.media_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError:
        do = "Let the shop's user write there, or set STOREFRONT_INSTANCE_DIR."
        yield Finding(WRONG, "pictures", f"Nothing can be written to {folder}. {do}")
        return
    yield Finding(WELL, "pictures", f"{folder} can be written to.")
    if free < LITTLE_SPACE:
        do = "Make room, or nothing can be sold soon."
        yield Finding(RISKY, "disk", f"Only {free // 1024**2} MB are free. {do}")
    else:
        yield Finding(WELL, "disk", f"{free // 1024**2} MB are free.")

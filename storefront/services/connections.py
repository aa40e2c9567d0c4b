"""Connect a merchant's own account at the payment gateway: begin, go on, and learn how it stands.

The gateway is asked with no transaction open. Which account is paid is the merchant's
`stripe_account`: it changes when buyers can really pay the new one, and never back by itself."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select, update

from storefront.db.ids import public_id
from storefront.db.upsert import insert_if_new
from storefront.domain.connections import ConnectionState, after, state
from storefront.errors import Conflict, Invalid
from storefront.models import Connection, Merchant
from storefront.ports import AccountRequest
from storefront.services import alarms, jobs
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.domain.connections import AccountTold
    from storefront.ports import Ports

log = logging.getLogger("storefront.connections")

NEWS = frozenset({"account.updated", "account.application.deauthorized"})
"""Messages of the gateway after which an account is looked at anew."""

GIVEN_UP_AFTER = timedelta(days=14)
"""Who has not come back to an unfinished account by then has the page's button to ask."""

ALARMS = {
    ConnectionState.STOPPED: "payments_stopped",
    ConnectionState.ENDED: "payments_disconnected",
}


@frozen
class ConnectionView:
    """How a merchant is paid. `account` is empty while the platform is; `state` and `since` are
    None where no account was ever begun here."""

    account: str
    state: ConnectionState | None
    since: datetime | None
    country: str

    @property
    def is_ready(self) -> bool:
        """Whether buyers' money goes to an account of the merchant's own."""
        return bool(self.account) and self.state in {None, ConnectionState.READY}

    @property
    def can_go_on(self) -> bool:
        """Whether there is something to finish at the gateway's."""
        return self.state in {
            ConnectionState.STARTED,
            ConnectionState.CHECKING,
            ConnectionState.STOPPED,
        }


def view(session: Session, merchant_id: int) -> ConnectionView:
    """Return how a merchant is paid."""
    account = session.scalars(
        select(Merchant.stripe_account).where(Merchant.id == merchant_id)
    ).one()
    row = _newest(session, merchant_id)
    if row is None:
        return ConnectionView(account, None, None, "")
    found = state(row.facts)
    since = {
        ConnectionState.STARTED: row.started_at,
        ConnectionState.CHECKING: row.submitted_at,
        ConnectionState.READY: row.ready_at,
        ConnectionState.STOPPED: row.stopped_at,
        ConnectionState.ENDED: row.ended_at,
    }
    return ConnectionView(row.account or account, found, since[found], row.country)


def _newest(session: Session, merchant_id: int) -> Connection | None:
    return session.scalars(
        select(Connection)
        .where(Connection.merchant_id == merchant_id)
        .order_by(Connection.attempt.desc())
        .limit(1)
    ).first()


def begin(ports: Ports, merchant_id: int, country: str, *, back_url: str, again_url: str) -> str:
    """Begin to connect a merchant, or go on, and return where the owner completes the account.

    Several who begin at once share one row, and so its key and its account. Raises `Conflict`
    already_connected, `Invalid` connect_refused, and `TryAgain`: then the next try goes on.
    """
    now = ports.clock.now()
    with ports.sessions.begin() as session:
        merchant = session.get_one(Merchant, merchant_id)
        row = _get_or_start(session, merchant, country, now=now)
        request = AccountRequest(row.public_id, row.country, {"merchant": merchant.public_id})
        connection_id, account = row.id, row.account
    if account is None:
        account = _open_account(ports, request)
        with ports.sessions.begin() as session:
            _keep_account(session, connection_id, account)
    try:
        return ports.payments.account_link(account, back_url=back_url, again_url=again_url)
    except Invalid:
        check(ports, connection_id)  # it may be no longer ours, and then the page says so
        raise


def _open_account(ports: Ports, request: AccountRequest) -> str:
    """Ask for the account; a refusal is for whoever runs the installation, so they are told."""
    try:
        return ports.payments.open_account(request)
    except Invalid as error:
        log.warning("the gateway refused to connect a merchant: %s", error.data.get("told", ""))
        now = ports.clock.now()
        with ports.sessions.begin() as session:
            alarms.raise_alarm(session, alarms.INSTALLATION, "connect_refused", now=now)
        raise


def _get_or_start(
    session: Session, merchant: Merchant, country: str, *, now: datetime
) -> Connection:
    newest = _newest(session, merchant.id)
    if newest is None and merchant.stripe_account:
        raise Conflict("already_connected")
    if newest is not None and newest.ended_at is None:
        if state(newest.facts) is ConnectionState.READY:
            raise Conflict("already_connected")
        return newest
    attempt = 1 if newest is None else newest.attempt + 1
    insert_if_new(
        session,
        Connection,
        merchant_id=merchant.id,
        attempt=attempt,
        public_id=public_id("con"),
        country=country,
        started_at=now,
    )
    # Somebody else's, where they were faster.
    return session.scalars(
        select(Connection).where(
            Connection.merchant_id == merchant.id, Connection.attempt == attempt
        )
    ).one()


def _keep_account(session: Session, connection_id: int, account: str) -> None:
    session.execute(
        update(Connection)
        .where(Connection.id == connection_id, Connection.account.is_(None))
        .values(account=account)
        .execution_options(synchronize_session=False)
    )


def take_news(session: Session, account: str, *, now: datetime) -> None:
    """Promise to look at an account of which the gateway has sent news.

    Messages come in any order and often in twos; what the gateway answers is how it stands.
    """
    rows = session.execute(
        select(Connection.id, Connection.merchant_id).where(
            Connection.account == account, Connection.ended_at.is_(None)
        )
    )
    for connection_id, merchant_id in rows:
        jobs.add(
            session,
            "check_connection",
            {"connection_id": connection_id},
            merchant_id=merchant_id,
            now=now,
        )


def check(ports: Ports, connection_id: int) -> None:
    """Ask the gateway how an account stands, and write it down. Raises `TryAgain`, `Invalid`."""
    asked_at = ports.clock.now()
    with ports.reads() as session:
        row = session.get_one(Connection, connection_id)
        account, is_over = row.account, row.ended_at is not None
    if account is None or is_over:
        return
    told = ports.payments.find_account(account)
    with ports.sessions.begin() as session:
        _write_down(session, connection_id, told, asked_at=asked_at)


def check_merchant(ports: Ports, merchant_id: int) -> None:
    """Ask about the merchant's newest account, if there is one."""
    with ports.reads() as session:
        newest = _newest(session, merchant_id)
        connection_id = newest.id if newest else None
    if connection_id is not None:
        check(ports, connection_id)


def _write_down(
    session: Session, connection_id: int, told: AccountTold | None, *, asked_at: datetime
) -> None:
    """Write the facts down, unless a later question has been answered meanwhile."""
    taken = session.execute(
        update(Connection)
        .where(
            Connection.id == connection_id,
            or_(Connection.asked_at.is_(None), Connection.asked_at <= asked_at),
        )
        .values(asked_at=asked_at)
        .returning(Connection.id)
        .execution_options(synchronize_session=False)
    ).first()
    if taken is None:
        return
    row = session.get_one(Connection, connection_id, populate_existing=True)
    before, facts = state(row.facts), after(row.facts, told, asked_at)
    for name, at in asdict(facts).items():
        setattr(row, name, at)
    now_state = state(facts)
    if now_state is not before and now_state in ALARMS:
        alarms.raise_alarm(session, row.merchant_id, ALARMS[now_state], now=asked_at)
    if now_state is ConnectionState.READY:
        session.execute(
            update(Merchant)
            .where(Merchant.id == row.merchant_id)
            .values(stripe_account=row.account)
            .execution_options(synchronize_session=False)
        )


def list_unfinished(session: Session, *, now: datetime, silent_for: timedelta) -> Sequence[int]:
    """Return begun connections of which nothing was heard for so long: messages may be lost."""
    heard_at = func.coalesce(Connection.asked_at, Connection.started_at)
    return session.scalars(
        select(Connection.id)
        .where(
            Connection.account.is_not(None),
            Connection.ready_at.is_(None),
            Connection.ended_at.is_(None),
            Connection.started_at > now - GIVEN_UP_AFTER,
            heard_at <= now - silent_for,
        )
        .order_by(Connection.id)
    ).all()

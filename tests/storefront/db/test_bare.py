"""Connections that are lent to hot statements alone: they read, write and fail as sessions do."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from storefront.db.engine import Database
from storefront.db.hot import insert_row, read, run, table_of
from storefront.models import Alarm
from storefront.signals import announce, gift_redeemed

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
alarm = table_of(Alarm)
KINDS = select(alarm.c.kind).order_by(alarm.c.kind)
ROWS = {"merchant_id": 1, "first_seen_at": NOON, "last_seen_at": NOON, "count": 1}


@pytest.fixture
def database(engine_url: str) -> Iterator[Database]:
    database = Database(engine_url)
    yield database
    database.dispose()


def kinds(database: Database) -> list[str]:
    with database.glance() as bare:
        return [row.kind for row in read(bare, KINDS)]


def write(database: Database, kind: str) -> None:
    with database.at_once() as bare:
        insert_row(bare, Alarm, kind=kind, **ROWS)


def test_what_is_written_at_once_is_seen_by_the_next_who_looks(database: Database) -> None:
    assert [] == kinds(database)
    write(database, "one")
    assert ["one"] == kinds(database)


def test_who_only_looks_cannot_write(database: Database) -> None:
    more = update(alarm).values(count=alarm.c.count + bindparam("more"))
    write(database, "one")

    with pytest.raises(DBAPIError), database.glance() as bare:
        run(bare, more, more=1)
    with database.reads() as session:
        assert 1 == session.scalar(select(func.sum(alarm.c.count)))


def test_a_broken_rule_writes_nothing_and_leaves_the_connection_good(database: Database) -> None:
    write(database, "one")

    with pytest.raises(IntegrityError):
        write(database, "one")
    write(database, "two")
    with database.begin() as session:
        session.execute(text("UPDATE storefront_alarms SET count = 2"))
    assert ["one", "two"] == kinds(database)


def test_a_transaction_after_it_is_undone_as_a_whole(database: Database) -> None:
    write(database, "one")

    with pytest.raises(IntegrityError):
        _write_both(database, "two", "one")
    assert ["one"] == kinds(database)


def _write_both(database: Database, *names: str) -> None:
    with database.begin() as session:
        for kind in names:
            insert_row(session, Alarm, kind=kind, **ROWS)


def test_hosts_hear_of_it_when_it_is_done(database: Database) -> None:
    heard: list[dict[str, str]] = []

    def listen(_: str, **data: str) -> None:
        heard.append({**data, "written": ",".join(kinds(database))})

    with gift_redeemed.connected_to(listen), database.at_once() as bare:
        announce(bare, "gift_redeemed", redemption="rdm_1", card="crd_1")
        insert_row(bare, Alarm, kind="one", **ROWS)
        assert [] == heard
    assert [{"redemption": "rdm_1", "card": "crd_1", "written": "one"}] == heard


def test_a_lost_server_is_met_once(postgresql_url: str) -> None:
    database, other = Database(postgresql_url), Database(postgresql_url)
    write(database, "one")
    kinds(database)
    with other.begin() as session:
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    other.dispose()

    with pytest.raises(OperationalError):
        kinds(database)
    assert ["one"] == kinds(database)
    with pytest.raises(OperationalError):
        write(database, "two")
    write(database, "two")
    assert ["one", "two"] == kinds(database)
    database.dispose()


def test_a_server_that_is_not_there_is_the_same_fault_as_through_a_session() -> None:
    database = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")

    with pytest.raises(OperationalError), database.glance():
        pass
    with pytest.raises(OperationalError), database.at_once():
        pass


def test_what_fails_half_way_leaves_nothing_in_sqlite(sqlite_url: str) -> None:
    database = Database(sqlite_url)

    with pytest.raises(IntegrityError):
        _write_at_once(database, "one", "one")
    assert [] == kinds(database)
    write(database, "two")
    assert ["two"] == kinds(database)
    database.dispose()


def _write_at_once(database: Database, *names: str) -> None:
    with database.at_once() as bare:
        for kind in names:
            insert_row(bare, Alarm, kind=kind, **ROWS)

"""Sessions that are bare connections until somebody wants objects: one transaction all the same."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from storefront.db.engine import Database
from storefront.db.hot import dialect_of, insert_row, read, run, table_of
from storefront.db.late import LateSession
from storefront.models import Alarm

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
alarm = table_of(Alarm)
ALL = select(alarm.c.kind, alarm.c.count).order_by(alarm.c.kind)
COUNT_UP = update(alarm).values(count=alarm.c.count + bindparam("more"))


@pytest.fixture
def database(engine_url: str) -> Iterator[Database]:
    database = Database(engine_url)
    yield database
    database.dispose()


def facts(kind: str) -> dict[str, object]:
    moments = {"first_seen_at": NOON, "last_seen_at": NOON}
    return {"merchant_id": 0, "kind": kind, "count": 1} | moments


def kinds(database: Database) -> dict[str, int]:
    with database.reads() as session:
        return {row.kind: row.count for row in read(session, ALL)}


def test_a_session_stays_bare_for_hot_statements(database: Database) -> None:
    with database.begin() as session:
        insert_row(session, Alarm, **facts("one"))
        run(session, COUNT_UP, more=1)
        dialect_of(session)

        assert isinstance(session, LateSession)
        assert session.is_bare

    assert {"one": 2} == kinds(database)


def test_objects_and_hot_statements_are_one_transaction(database: Database) -> None:
    with database.begin() as session:
        insert_row(session, Alarm, **facts("one"))
        session.add(Alarm(**facts("two")))
        run(session, COUNT_UP, more=1)

        assert [2, 2] == list(session.scalars(select(Alarm.count)))

    assert {"one": 2, "two": 2} == kinds(database)


def test_all_of_it_is_undone_together(database: Database) -> None:
    def fail(session: Session) -> None:
        insert_row(session, Alarm, **facts("one"))
        session.add(Alarm(**facts("two")))
        session.flush()
        insert_row(session, Alarm, **facts("three"))
        raise LookupError

    with pytest.raises(LookupError), database.begin() as session:
        fail(session)

    assert {} == kinds(database)


def test_what_is_only_added_is_written_in_the_end(database: Database) -> None:
    with database.begin() as session:
        session.add(Alarm(**facts("one")))

    assert {"one": 1} == kinds(database)


def test_what_was_written_barely_is_kept_though_sqlalchemy_was_only_asked_its_name(
    database: Database,
) -> None:
    with database.begin() as session:
        insert_row(session, Alarm, **facts("one"))
        session.get_bind()

    assert {"one": 1} == kinds(database)


def test_a_savepoint_takes_back_its_own_part(database: Database) -> None:
    with database.begin() as session:
        insert_row(session, Alarm, **facts("one"))
        point = session.begin_nested()
        insert_row(session, Alarm, **facts("two"))
        point.rollback()
        insert_row(session, Alarm, **facts("three"))

    assert {"one": 1, "three": 1} == kinds(database)

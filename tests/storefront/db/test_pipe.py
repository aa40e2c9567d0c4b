"""What goes to PostgreSQL past psycopg's cursors: several statements at once, each prepared once;
faults are the same, and leave the connection good."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError

from storefront.db import pipe
from storefront.db.engine import Database
from storefront.db.hot import insert_row, insert_rows, read, run, table_of
from storefront.models import Alarm
from tests.told import counting

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
alarm = table_of(Alarm)
KINDS = select(alarm.c.kind).order_by(alarm.c.kind)
RENAME = update(alarm).where(alarm.c.kind == bindparam("old")).values(kind=bindparam("new"))


@pytest.fixture
def database(postgresql_url: str) -> Iterator[Database]:
    database = Database(postgresql_url)
    with database.begin() as session:
        insert_rows(session, Alarm, [row("one"), row("two")])
    yield database
    database.dispose()


def row(kind: str) -> dict[str, object]:
    moments = {"first_seen_at": NOON, "last_seen_at": NOON}
    return {"merchant_id": 0, "kind": kind, "count": 1} | moments


def kinds(database: Database) -> list[str]:
    with database.reads() as session:
        return [each.kind for each in read(session, KINDS)]


def rename(database: Database, **names: str) -> None:
    with database.begin() as session:
        for old, new in names.items():
            run(session, RENAME, old=old, new=new)


def test_what_finds_nothing_waits_for_the_commit(database: Database) -> None:
    with counting(database) as told:
        rename(database, one="three", two="four")

    assert (2, 1) == (len(told), told.ways)
    assert ["four", "three"] == kinds(database)


def test_what_was_told_is_seen_by_the_next_question(database: Database) -> None:
    with counting(database) as told, database.begin() as session:
        run(session, RENAME, old="one", new="three")
        assert ["three", "two"] == [each.kind for each in read(session, KINDS)]
        run(session, RENAME, old="three", new="four")
        assert ["four", "two"] == list(session.scalars(select(Alarm.kind).order_by(Alarm.kind)))

    assert (4, 4) == (len(told), told.ways)


def test_a_rule_that_is_broken_by_what_was_told_is_said_with_the_commit(
    database: Database,
) -> None:
    with pytest.raises(IntegrityError) as caught:
        rename(database, one="two")

    assert "UPDATE" in str(caught.value.statement)
    assert ["one", "two"] == kinds(database)


def test_nothing_is_run_behind_what_fails(database: Database) -> None:
    with pytest.raises(IntegrityError):
        rename(database, one="two", two="three")
    rename(database, two="three")

    assert ["one", "three"] == kinds(database)


def test_what_was_told_and_not_committed_is_told_nobody(database: Database) -> None:
    with pytest.raises(LookupError):
        _fail_after(database, "three")
    rename(database, two="four")

    assert ["four", "one"] == kinds(database)


def _fail_after(database: Database, name: str) -> None:
    with database.begin() as session:
        run(session, RENAME, old="one", new=name)
        raise LookupError


def test_statements_stay_prepared_whatever_is_rolled_back(database: Database) -> None:
    rename(database, one="three")
    for _ in range(7):  # as often as psycopg would need to prepare one of its own
        with pytest.raises(LookupError):
            _fail_after_asking(database)
    with database.begin() as session:
        point = session.begin_nested()
        run(session, RENAME, old="two", new="four")
        point.rollback()
        run(session, RENAME, old="three", new="five")

    assert ["five", "two"] == kinds(database)


def _fail_after_asking(database: Database) -> None:
    with database.begin() as session:
        session.execute(text("SELECT 1"))
        raise LookupError


def test_a_connection_that_knows_many_statements_begins_anew(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipe, "MOST_PREPARED", 3)
    counts = [select(func.count(alarm.c.id) + number) for number in range(9)]
    with database.reads() as session:
        for _ in range(2):
            found = [read(session, each)[0][0] for each in counts]
            assert list(range(2, 11)) == found
        prepared = session.scalar(text("SELECT count(*) FROM pg_prepared_statements"))

    assert 0 < (prepared or 0) <= 4


def test_who_reads_keeps_what_the_pipe_and_what_psycopg_have_prepared(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipe, "MOST_PREPARED", 2)
    for number in range(9):
        with database.reads() as session:
            found = list(session.scalars(select(Alarm.kind).order_by(Alarm.kind)))
            assert found == [each.kind for each in read(session, KINDS)]
            assert 2 + number == read(session, select(func.count(alarm.c.id) + number))[0][0]
        with pytest.raises(DBAPIError), database.reads() as session:
            session.execute(text("SELECT 1 / 0"))

    with database.reads() as session:
        names = session.scalars(text("SELECT name FROM pg_prepared_statements")).all()
    assert any(each.startswith("_pg") for each in names)
    assert any(each.startswith("hot_") for each in names)


def test_a_value_that_cannot_be_written_leaves_the_connection_good(database: Database) -> None:
    with pytest.raises(DataError):
        rename(database, one="a\0b")
    rename(database, one="three")

    assert ["three", "two"] == kinds(database)


def test_a_server_that_is_lost_with_statements_on_their_way_is_a_lost_server(
    database: Database,
) -> None:
    with pytest.raises(OperationalError):
        _say_goodbye(database)

    rename(database, two="four")
    assert ["four", "one"] == kinds(database)


def _say_goodbye(database: Database) -> None:
    with database.begin() as session:
        run(session, RENAME, old="one", new="three")
        read(session, select(func.pg_terminate_backend(func.pg_backend_pid())))


def test_many_rows_go_in_portions(database: Database) -> None:
    with database.begin() as session:
        insert_rows(session, Alarm, [row(f"many {number}") for number in range(2500)])
        insert_row(session, Alarm, **row("last"))

    assert 2503 == len(kinds(database))

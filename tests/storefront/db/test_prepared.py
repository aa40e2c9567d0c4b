"""Statements that go past SQLAlchemy to the driver: they find, write and fail as they would
through it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Integer,
    MetaData,
    Table,
    bindparam,
    insert,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.exc import IntegrityError, OperationalError

from storefront.db import prepared
from storefront.db.engine import Database
from storefront.db.hot import insert_row, insert_rows, read, read_one, run, table_of
from storefront.db.upsert import insert_if_new, insert_those_new
from storefront.models import Alarm, Job

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
LATER = NOON.replace(hour=13)
alarm, job = table_of(Alarm), table_of(Job)
OF_KINDS = (
    select(alarm.c.kind, alarm.c.first_seen_at.label("since"), alarm.c.count)
    .where(alarm.c.kind.in_(bindparam("kinds", expanding=True)), alarm.c.count == bindparam("many"))
    .order_by(alarm.c.kind)
)
FEW = select(alarm.c.kind).where(alarm.c.count.in_([1, 2]), alarm.c.kind != "two").order_by("kind")
COUNT_UP = (
    update(alarm)
    .where(alarm.c.kind == bindparam("which"))
    .values(count=alarm.c.count + bindparam("more"))
)
PAYLOADS = select(job.c.payload).order_by(job.c.id)


@pytest.fixture
def database(engine_url: str) -> Iterator[Database]:
    database = Database(engine_url)
    yield database
    database.dispose()


def write(database: Database, *kinds: str) -> None:
    with database.begin() as session:
        for kind in kinds:
            insert_row(
                session, Alarm, merchant_id=0, kind=kind, first_seen_at=NOON, last_seen_at=LATER,
                count=1,
            )  # fmt: skip


def kinds(database: Database, *sought: str) -> list[str]:
    with database.reads() as session:
        return [row.kind for row in read(session, OF_KINDS, kinds=list(sought), many=1)]


def a_job(key: str, payload: object) -> dict[str, object]:
    moments = {"created_at": NOON, "run_at": NOON}
    return {
        "merchant_id": 0, "name": "n", "unique_key": key, "payload": payload, "attempts": 0,
    } | moments  # fmt: skip


@pytest.mark.parametrize("sought", [[], ["one"], ["one", "two"], ["one", "none", "two", "no"]])
def test_a_list_may_be_of_any_length(database: Database, sought: list[str]) -> None:
    write(database, "one", "two", "three")

    assert sorted({"one", "two"} & set(sought)) == kinds(database, *sought)


def test_a_row_has_names_and_its_values_have_their_columns_types(database: Database) -> None:
    write(database, "one")

    with database.reads() as session:
        row = read_one(session, OF_KINDS, kinds=["one"], many=1)

    assert row is not None
    assert ("one", NOON, 1) == (row.kind, row.since, row.count) == tuple(row)
    assert UTC == row.since.tzinfo


def test_what_a_statement_says_itself_is_kept(database: Database) -> None:
    write(database, "one", "two", "three")

    with database.reads() as session:
        assert ["one", "three"] == [row.kind for row in read(session, FEW)]


def test_what_is_changed_is_changed_once(database: Database) -> None:
    write(database, "one", "two")
    with database.begin() as session:
        run(session, COUNT_UP, which="one", more=4)

    with database.reads() as session:
        assert [("one", 5), ("two", 1)] == [
            tuple(row) for row in session.execute(select(Alarm.kind, Alarm.count).order_by("kind"))
        ]


def test_values_that_are_lists_themselves_are_one_value(database: Database) -> None:
    payloads: list[object] = [{"a": [1, 2]}, ["x", "y"], [], {}]
    with database.begin() as session:
        for number, payload in enumerate(payloads):
            insert_if_new(session, Job, **a_job(str(number), payload))

    with database.reads() as session:
        assert payloads == [row.payload for row in read(session, PAYLOADS)]


def test_many_rows_go_in_at_once(database: Database) -> None:
    with database.begin() as session:
        insert_rows(session, Job, [a_job(str(number), {"n": number}) for number in range(3)])
        insert_rows(session, Job, [])

    with database.reads() as session:
        assert [{"n": 0}, {"n": 1}, {"n": 2}] == [row.payload for row in read(session, PAYLOADS)]


def test_a_row_that_is_there_already_is_no_fault_where_it_may_be(database: Database) -> None:
    with database.begin() as session:
        insert_those_new(session, Job, [a_job("another", {})])  # whatever was written so before
        first = insert_if_new(session, Job, **a_job("one", {}))
        again = insert_if_new(session, Job, **a_job("one", {}))

    assert first is not None
    assert again is None


def test_a_broken_rule_is_the_same_fault_as_through_sqlalchemy(database: Database) -> None:
    write(database, "one")

    with pytest.raises(IntegrityError) as caught:
        write(database, "two", "one")

    assert "first_seen_at" in str(caught.value.statement)
    assert "2026" not in str(caught.value)  # values are no part of what is logged
    assert ["one"] == kinds(database, "one", "two")


def test_the_session_writes_first_what_it_still_holds(database: Database) -> None:
    with database.begin() as session:
        session.add(
            Alarm(merchant_id=0, kind="one", first_seen_at=NOON, last_seen_at=NOON, count=1)
        )

        assert 1 == len(read(session, OF_KINDS, kinds=["one"], many=1))


def test_a_value_that_python_would_have_to_think_of_must_be_named(database: Database) -> None:
    table = Table("thoughtful", MetaData(), Column("a", Integer), Column("b", Integer, default=7))

    with database.reads() as session, pytest.raises(ValueError, match="made in Python"):
        read(session, insert(table), a=1)


def test_shapes_are_not_kept_without_end(database: Database) -> None:
    with database.reads() as session:
        for length in range(prepared.MOST_SHAPES + 3):
            read(session, OF_KINDS, kinds=["one"] * length, many=1)
        kept = prepared._kept[OF_KINDS][session.get_bind().dialect.name, "kinds", "many"]

    assert len(kept.shapes) <= prepared.MOST_SHAPES


def test_a_lost_server_is_met_once_and_the_pool_begins_anew(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    write(database, "one")
    with database.reads() as one, database.reads() as two:  # two connections lie in the pool
        read(one, OF_KINDS, kinds=[], many=1)
        read(two, OF_KINDS, kinds=[], many=1)
    with database.begin() as session:
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )

    with pytest.raises(OperationalError):
        kinds(database, "one")

    assert ["one"] == kinds(database, "one")
    assert ["one"] == kinds(database, "one")
    database.dispose()


def test_a_yes_or_no_is_one_whatever_else_a_statement_does(database: Database) -> None:
    flag = union_all(
        *(select(bindparam(f"is_{name}", type_=Boolean()).label("is_so")) for name in "ab")
    )
    with database.reads() as session:
        found = [row.is_so for row in read(session, flag, is_a=True, is_b=False)]

    assert [True, False] == found

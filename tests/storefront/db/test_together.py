"""Rows that belong together: one statement on PostgreSQL, the same rows on both engines."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import String, bindparam, cast, func, select, update
from sqlalchemy.exc import IntegrityError

from storefront.db.engine import Database
from storefront.db.hot import read, table_of
from storefront.db.together import THE_ID, FromId, insert_family, insert_groups, run_both
from storefront.models import Alarm, Job

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
alarm, job = table_of(Alarm), table_of(Job)
AS_TEXT = FromId(str, lambda row_id: cast(row_id, String))
AS_PAYLOAD = FromId(lambda it: {"alarm": it}, lambda it: func.json_build_object("alarm", it))
ALARMS = select(alarm.c.id, alarm.c.kind, alarm.c.count).order_by(alarm.c.kind)
JOBS = select(job.c.merchant_id, job.c.name, job.c.unique_key, job.c.payload).order_by(job.c.name)
FIRST = update(alarm).where(alarm.c.kind == bindparam("which")).values(count=bindparam("many"))
SECOND = update(job).where(job.c.name == bindparam("called")).values(attempts=bindparam("tries"))


@pytest.fixture
def database(engine_url: str) -> Iterator[Database]:
    database = Database(engine_url)
    yield database
    database.dispose()


def an_alarm(kind: str) -> dict[str, object]:
    return {
        "merchant_id": 0, "kind": kind, "first_seen_at": NOON, "last_seen_at": NOON, "count": 1,
    }  # fmt: skip


def a_job(name: str, **changes: object) -> dict[str, object]:
    return {
        "merchant_id": 1, "name": name, "unique_key": "k", "payload": {}, "created_at": NOON,
        "run_at": NOON, "attempts": 0, **changes,
    }  # fmt: skip


def test_rows_name_the_one_that_they_belong_to(database: Database) -> None:
    about = {"merchant_id": THE_ID, "unique_key": AS_TEXT, "payload": AS_PAYLOAD}
    rows = [a_job("one", **about), a_job("two", **about)]
    with database.begin() as session:
        row_id = insert_family(session, Alarm, [(Job, rows)], **an_alarm("bell"))

    with database.reads() as session:
        [bell] = read(session, ALARMS)
        written = read(session, JOBS)
    assert (row_id, "bell", 1) == tuple(bell)
    expected = [(row_id, name, str(row_id), {"alarm": row_id}) for name in ("one", "two")]
    assert expected == [tuple(row) for row in written]


def test_a_family_of_one_is_a_row(database: Database) -> None:
    with database.begin() as session:
        insert_family(session, Alarm, [(Job, [])], **an_alarm("bell"))

    with database.reads() as session:
        assert ["bell"] == [row.kind for row in read(session, ALARMS)]


def test_groups_are_written_whole_or_not_at_all(database: Database) -> None:
    groups = [(Job, [a_job("one"), a_job("two")]), (Alarm, [an_alarm("bell")])]
    with database.begin() as session:
        insert_groups(session, groups)
        insert_groups(session, [(Job, [])])
    again = [(Alarm, [an_alarm("horn")]), (Job, [a_job("one")])]
    with pytest.raises(IntegrityError), database.begin() as session:
        insert_groups(session, again)

    with database.reads() as session:
        assert ["bell"] == [row.kind for row in read(session, ALARMS)]
        assert ["one", "two"] == [row.name for row in read(session, JOBS)]


def test_two_statements_are_each_told_what_they_want_to_know(database: Database) -> None:
    with database.begin() as session:
        insert_groups(session, [(Job, [a_job("one")]), (Alarm, [an_alarm("bell")])])
        run_both(session, FIRST, SECOND, which="bell", many=7, called="one", tries=3)

    with database.reads() as session:
        assert [7] == session.scalars(select(Alarm.count)).all()
        assert [3] == session.scalars(select(Job.attempts)).all()

"""Moments, ids and inserts that mean the same on both engines."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.exc import DBAPIError, StatementError

from storefront.db.engine import Database
from storefront.db.ids import ALPHABET, public_id, random_symbols
from storefront.db.types import UtcDateTime
from storefront.db.upsert import insert_if_new
from storefront.models import Alarm, AllowedHost, Merchant, PaymentEvent

TYPE = UtcDateTime()
SQLITE = sqlite_dialect()
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
moments = st.datetimes(
    NOON.replace(year=1970, tzinfo=None),
    NOON.replace(year=9998, tzinfo=None),
    timezones=st.timezones(),
).map(lambda moment: moment.astimezone(UTC))


@pytest.fixture
def database(engine_url: str) -> Iterator[Database]:
    database = Database(engine_url)
    yield database
    database.dispose()


def stored(moment: datetime) -> str:
    return str(TYPE.process_bind_param(moment, SQLITE))


@given(moments)
def test_a_moment_comes_back_as_it_went_in(moment: datetime) -> None:
    assert TYPE.process_result_value(stored(moment), SQLITE) == moment


@given(moments, moments)
def test_text_sorts_as_time_does(one: datetime, other: datetime) -> None:
    assert (stored(one) < stored(other)) == (one < other)


@given(moments)
def test_every_moment_has_the_same_width(moment: datetime) -> None:
    assert len(stored(moment)) == 26


@pytest.mark.parametrize("dialect", [SQLITE, postgresql.dialect()], ids=lambda each: each.name)
def test_a_moment_without_a_zone_is_refused(dialect: object) -> None:
    naive = NOON.replace(tzinfo=None)

    with pytest.raises(ValueError, match="no time zone"):
        TYPE.process_bind_param(naive, dialect)  # type: ignore[arg-type]


def test_no_moment_stays_none() -> None:
    assert TYPE.process_bind_param(None, SQLITE) is None
    assert TYPE.process_result_value(None, SQLITE) is None


@pytest.mark.parametrize(
    "moment",
    [
        NOON,
        NOON.replace(microsecond=1),
        NOON.astimezone(ZoneInfo("America/New_York")),
        NOON.astimezone(timezone(timedelta(hours=14))),
        datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=ZoneInfo("America/New_York")),
    ],
)
def test_an_engine_keeps_a_moment_to_the_microsecond(database: Database, moment: datetime) -> None:
    with database.begin() as session:
        session.add(
            Alarm(merchant_id=0, kind="test", first_seen_at=moment, last_seen_at=NOON, count=1)
        )
    with database.reads() as session:
        found = session.scalars(select(Alarm)).one().first_seen_at

    assert found == moment.astimezone(UTC)
    assert found.utcoffset() == timedelta(0)


def test_an_engine_is_never_given_a_moment_without_a_zone(database: Database) -> None:
    naive = NOON.replace(tzinfo=None)

    with pytest.raises(StatementError, match="no time zone"), database.begin() as session:
        session.execute(
            insert(Alarm).values(
                merchant_id=0, kind="x", first_seen_at=naive, last_seen_at=naive, count=1
            )
        )


def a_merchant(slug: str) -> Merchant:
    return Merchant(
        public_id=public_id("mer"),
        slug=slug,
        name=slug,
        currency="USD",
        zone="UTC",
        locale="en",
        accent="#2f5bd7",
        contact_email="a@b.test",
        stripe_account="",
        next_order_number=1001,
        created_at=NOON,
    )


def test_a_key_grows_beyond_32_bits(database: Database) -> None:
    with database.begin() as session:
        merchant = a_merchant("big")
        merchant.id = 2**33
        session.add(merchant)
    with database.begin() as session:
        assert session.scalars(select(Merchant.id)).one() == 2**33


def test_a_row_is_inserted_once_and_its_twin_is_not(database: Database) -> None:
    with database.begin() as session:
        merchant = a_merchant("one")
        session.add(merchant)
        session.flush()
        values = {"merchant_id": merchant.id, "origin": "https://blog.test", "added_at": NOON}
        first = insert_if_new(session, AllowedHost, **values)
        again = insert_if_new(session, AllowedHost, **values)
        rows = session.scalars(select(AllowedHost.id)).all()

    assert (list(rows), again) == ([first], None)


def test_only_a_twin_is_forgiven(database: Database) -> None:
    with pytest.raises(DBAPIError), database.begin() as session:
        insert_if_new(session, AllowedHost, merchant_id=404, origin="https://b.test", added_at=NOON)


def test_append_only_rows_cannot_be_replaced_on_sqlite(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    table = PaymentEvent.__tablename__
    values = "(1, '', 'evt_1', 't', 'ignore', :at, :at)"
    columns = "(id, account, gateway_event_id, type, step, created_at, received_at)"
    statement = text(f"REPLACE INTO {table} {columns} VALUES {values}")  # noqa: S608 - our table
    with database.begin() as session:
        session.execute(statement, {"at": stored(NOON)})

    with pytest.raises(DBAPIError, match="never changed"), database.begin() as session:
        session.execute(statement, {"at": stored(NOON)})
    database.dispose()


@given(st.integers(1, 64))
def test_random_symbols_are_as_many_as_asked_and_easy_to_read(count: int) -> None:
    symbols = random_symbols(count)

    assert len(symbols) == count
    assert set(symbols) <= set(ALPHABET)


def test_a_public_id_is_its_prefix_and_sixteen_symbols() -> None:
    ids = {public_id("ord") for _ in range(1000)}

    assert len(ids) == 1000
    assert all(re.fullmatch(r"ord_[0-9a-hjkmnp-tv-z]{16}", each) for each in ids)

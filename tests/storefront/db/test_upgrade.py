"""R-C7: a shop with many rows goes down to its first revision and up again, and every row that both
sides of a step know is the same on both; a host's own tables are left alone."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import (
    ColumnElement,
    Engine,
    String,
    cast,
    column,
    func,
    inspect,
    select,
    table,
    text,
)

from gifting.kind import gift_kind
from storefront.db.engine import Database
from storefront.db.going_back import RowsInTheWayError
from storefront.db.schema import VERSION_TABLE, downgrade, upgrade
from storefront.paths import MIGRATIONS
from storefront.services.audit import audit
from tests.engines import ENGINES, Databases
from tests.fakes import make_settings, make_signer
from tests.storefront.db.filled_shop import (
    be_counted,
    live_fully,
    multiply,
    sell_less,
    sell_plainly,
)

Sums = dict[str, tuple[Any, ...]]
BASE = "base"
Live = Callable[[Path, str], None]
SIZES = (
    pytest.param(1_000, False, id="1000-rows", marks=pytest.mark.timeout(300)),
    pytest.param(
        100_000, True, id="100000-rows", marks=[pytest.mark.prove, pytest.mark.timeout(1800)]
    ),
)
STORIES = (
    pytest.param(sell_plainly, "0001", BASE, id="plain sales to the first"),
    pytest.param(
        live_fully,
        "0012",
        "0012",
        id="gifts and offers to the first that has them",
        marks=pytest.mark.prove,
    ),
)
HOST = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",
    "INSERT INTO alembic_version VALUES ('host-7')",
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, note VARCHAR(40))",
    "INSERT INTO orders VALUES (1, 'the host sells too')",
)


def revisions() -> list[str]:
    """Return all revisions, the first one first."""
    return [each.revision for each in ScriptDirectory(str(MIGRATIONS)).walk_revisions()][::-1]


def sums(engine: Engine) -> Sums:
    """Return of each column of ours how many values it has, how long they are in all, and the
    first and the last of them."""
    found: Sums = {}
    names = sorted(ours(engine) - {VERSION_TABLE})
    with engine.connect() as connection:
        inspector = inspect(connection)
        for name in names:
            columns = [each["name"] for each in inspector.get_columns(name)]
            parts = [part for each in columns for part in _parts(column(each))]
            row = list(connection.execute(select(*parts).select_from(table(name))).one())
            for place, each in enumerate(columns):
                found[f"{name}.{each}"] = tuple(row[4 * place : 4 * place + 4])
    return found


def _parts(of: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
    words = cast(of, String)
    length = func.coalesce(func.sum(func.length(words)), 0)
    return func.count(words), length, func.min(words), func.max(words)


def differences(before: Sums, after: Sums) -> dict[str, Any]:
    """Return what both know and say differently."""
    both = before.keys() & after.keys()
    return {name: (before[name], after[name]) for name in both if before[name] != after[name]}


@pytest.mark.parametrize(("rows", "is_stepwise"), SIZES)
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("live", "bottom", "lowest"), STORIES)
def test_rows_survive_the_way_down_and_up_again(
    databases: Databases,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    *,
    engine: str,
    live: Live,
    bottom: str,
    lowest: str,
    rows: int,
    is_stepwise: bool,
) -> None:
    with databases.fresh(engine) as url, filled(live, tmp_path, url) as database:
        written = multiply(database, rows=rows)
        assert findings(database, tmp_path, url) == []
        way = revisions()[revisions().index(bottom) :]
        way = way if is_stepwise else [way[0], way[-1]]

        begin = time.monotonic()
        walk(database.writer, downgrade, way[-2::-1])
        turn = time.monotonic()
        walk(database.writer, upgrade, way[1:])
        end = time.monotonic()

        figure = f"{written} rows; down {turn - begin:.1f} s, up {end - turn:.1f} s"
        record_property("figure", figure)
        assert broken(database.writer) == []
        downgrade(database.writer, lowest)
        assert hosts_own(database.writer) == ["host-7", "the host sells too"]
        assert (lowest == BASE) == (ours(database.writer) == {VERSION_TABLE})


@pytest.mark.parametrize(
    ("live", "too_far", "sentence"),
    [
        pytest.param(
            live_fully,
            "0011",
            "variant_id IS NULL",
            id="values as gifts",
            marks=pytest.mark.prove,
        ),
        pytest.param(sell_less, "0004", "total_minor", id="a discount"),
    ],
)
def test_a_schema_that_cannot_hold_what_is_there_is_refused_before_anything_changes(
    engine_url: str, tmp_path: Path, live: Live, too_far: str, sentence: str
) -> None:
    with filled(live, tmp_path, engine_url) as database:
        above = f"{int(too_far) + 1:04}"
        downgrade(database.writer, above)
        before = sums(database.writer)

        with pytest.raises(RowsInTheWayError, match=sentence):
            downgrade(database.writer, too_far)

        assert before == sums(database.writer)
        upgrade(database.writer)


def test_counts_of_places_and_shares_are_put_together_and_taken_apart(
    engine_url: str, tmp_path: Path
) -> None:
    with filled(be_counted, tmp_path, engine_url) as database:
        before = sums(database.writer)
        downgrade(database.writer, "0017")
        with database.reads() as session:
            acts = session.scalar(text("SELECT count(*) FROM storefront_interactions"))
            counted = session.execute(
                text("SELECT share_id > 0, count FROM storefront_act_tallies")
            )
            through_shares = sum(count for is_share, count in counted if is_share)
            whole = session.scalar(text("SELECT sum(count) FROM storefront_act_tallies"))
        upgrade(database.writer)

        assert {} == differences(counts_in(before), counts_in(sums(database.writer)))
        assert (acts, 3) == (whole, through_shares)
        assert findings(database, tmp_path, engine_url) == []


def counts_in(found: Sums) -> Sums:
    """Return what was counted, and where credit came from; new keys are no difference."""
    return {
        name: sum_
        for name, sum_ in found.items()
        if name.split(".")[0].endswith(("_tallies", "_credit_entries", "_attributions", "_origins"))
        and not name.endswith("_tallies.id")
    }


@contextmanager
def filled(live: Live, folder: Path, url: str) -> Iterator[Database]:
    """Open a database with a merchant's life in it, beside the tables of a host."""
    live(folder, url)
    database = Database(url)
    with database.writer.begin() as connection:
        for statement in HOST:
            connection.execute(text(statement))
    yield database
    database.dispose()


def findings(database: Database, folder: Path, url: str) -> list[Any]:
    """Return what the self-audit finds."""
    settings = make_settings(folder, url)
    with database.reads() as session:
        return audit(session, [gift_kind(settings, make_signer(settings))])


def walk(engine: Engine, step: Callable[[Engine, str], None], way: list[str]) -> Sums:
    """Go from revision to revision; return what the last one says."""
    before = sums(engine)
    for revision in way:
        step(engine, revision)
        after = sums(engine)
        assert {} == differences(before, after), revision
        before = after
    return before


def hosts_own(engine: Engine) -> list[str]:
    """Return what the host's own tables say."""
    with engine.connect() as connection:
        versions = connection.scalars(text("SELECT version_num FROM alembic_version")).all()
        return [*versions, *connection.scalars(text("SELECT note FROM orders")).all()]


def broken(engine: Engine) -> list[Any]:
    """Return what SQLite finds wrong with keys and pages; PostgreSQL has checked by itself."""
    if engine.dialect.name != "sqlite":
        return []
    with engine.connect() as connection:
        keys = connection.execute(text("PRAGMA foreign_key_check")).all()
        pages = connection.scalars(text("PRAGMA integrity_check")).all()
    return [*keys, *(each for each in pages if each != "ok")]


def ours(engine: Engine) -> set[str]:
    """Return the names of our tables."""
    names = inspect(engine).get_table_names()
    return {name for name in names if name.startswith("storefront_")}

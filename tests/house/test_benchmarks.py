"""Each figure has a module that measures it, and the README's table says what was measured."""

import json
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import select

from benchmarks import sizes, table
from benchmarks.__main__ import RESULTS, told
from benchmarks.goals import FIGURES, Goal
from benchmarks.rounds import MACHINE, Found, percentile, spread
from benchmarks.serving import Place
from benchmarks.year import NOW, Year, fill
from storefront.models import Interaction
from tests.engines import Databases
from tests.factories import world_on
from tests.fakes import make_bench

ASKED = [f"F{number}" for number in range(1, 15)]


def test_there_is_a_figure_for_each_that_is_asked_for() -> None:
    assert ASKED == list(FIGURES)


@pytest.mark.parametrize("key", ASKED)
def test_each_figure_has_a_module_that_measures_it(key: str) -> None:
    assert callable(import_module(f"benchmarks.{FIGURES[key].module}").run)


def test_the_readme_shows_what_was_measured() -> None:
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    readme = table.README.read_text(encoding="utf-8")

    assert table.table(results) == readme.partition(table.BEGIN)[2].partition(table.END)[0]


def test_the_table_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{table.BEGIN}old\n{table.END}after\n", encoding="utf-8")
    found = Found()
    found.add(MACHINE, {"size": 1500})

    table.write({"F9": told("F9", found)}, readme)

    text = readme.read_text(encoding="utf-8")
    assert "old" not in text
    assert text.startswith(f"before\n{table.BEGIN}{table.HEAD}| F9 |")
    assert text.endswith(f"|\n{table.END}after\n")


def test_a_readme_without_a_place_for_the_table_is_left_alone(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("words", encoding="utf-8")

    with pytest.raises(ValueError, match="no place"):
        table.write({}, readme)

    assert readme.read_text(encoding="utf-8") == "words"


def test_what_misses_its_goal_is_marked() -> None:
    found = Found()
    found.add(MACHINE, {"size": 2001})

    row = table.table({"F9": told("F9", found)})

    assert "size **2,001 bytes** ✗" in row


def test_rounds_are_summed_up_by_their_median_and_their_ends() -> None:
    assert {"median": 2, "min": 1, "max": 9} == spread([9, 1, 2])


@pytest.mark.parametrize(
    ("goal", "value", "expected"),
    [
        (Goal("p99", "ms", 25, 10), 25, True),
        (Goal("p99", "ms", 25, 10), 26, False),
        (Goal("rate", "/s", 120, 320, is_least=True), 119, False),
        (Goal("rate", "/s"), 1, None),
    ],
)
def test_a_goal_says_whether_it_is_met(goal: Goal, value: float, expected: bool | None) -> None:
    assert expected is goal.is_met(value)


def test_a_percentile_is_what_so_many_stayed_within() -> None:
    assert 99 == percentile(list(range(100)), 0.99)


def test_script_and_card_are_small_enough(databases: Databases, tmp_path: Path) -> None:
    with databases.fresh("sqlite") as url:
        found = sizes.weigh(make_bench(tmp_path, url, datetime.now(UTC)))

    values = {key: dict(each.values) for key, each in found.items()}
    assert values["F9"]["size", MACHINE][0] <= 2000
    assert values["F10"]["size", MACHINE][0] <= 20_000
    assert values["F10"]["requests", MACHINE][0] <= 3


def test_a_year_is_the_same_in_python_as_in_sql(engine_url: str, tmp_path: Path) -> None:
    bench = make_bench(tmp_path, engine_url, NOW)
    database, world = bench.database, world_on(bench)
    engine = database.writer.dialect.name
    year = Year(1_000)
    fill(
        Place(engine, engine_url, None), database, world, interactions=year.interactions, orders=10
    )

    with database.reads() as session:
        acts = session.execute(
            select(Interaction.id, Interaction.visitor).order_by(Interaction.id)
        ).all()
    assert [(act, year.visitor(act)) for act in range(1, 1_001)] == [tuple(row) for row in acts]
    database.dispose()


def test_of_three_acts_of_a_year_one_is_somebodys_who_comes_back() -> None:
    year = Year(9_000)
    visitors = [year.visitor(act) for act in range(1, 9_001)]

    acts = list(zip(visitors[::3], visitors[1::3], visitors[2::3], strict=True))

    assert all(first == second for first, second, _ in acts)
    assert 3_000 == len({first for first, _, _ in acts})
    assert all(third <= first for first, _, third in acts)
    assert [first for first, _, _ in acts] == sorted(first for first, _, _ in acts)

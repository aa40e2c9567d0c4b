"""The furnished shop, one for all tests of a module."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.engines import ENGINES, Databases
from tests.fakes import make_bench
from tests.strangers.shop import Furnished, furnish

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


@pytest.fixture(scope="module")
def furnished(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Furnished]:
    """Give the shop on SQLite."""
    with databases.fresh("sqlite") as url:
        bench = make_bench(tmp_path_factory.mktemp("shop"), url, NOW)
        yield furnish(bench)
        bench.database.dispose()


@pytest.fixture(scope="module", params=ENGINES)
def furnished_on_each(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Furnished]:
    """Give the shop on each engine: they differ in what text and which numbers they take."""
    with databases.fresh(request.param) as url:
        bench = make_bench(tmp_path_factory.mktemp("shop"), url, NOW)
        yield furnish(bench)
        bench.database.dispose()

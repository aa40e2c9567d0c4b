"""A shop that the tests of one module share, once on each engine: refusals leave it as it was, so
that it need not be built again for each. Its books must hold at the end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.engines import ENGINES, Databases
from tests.factories import World, world_on
from tests.fakes import Bench, make_bench


@dataclass
class Shop:
    """A bench with two merchants, and one client for all requests."""

    bench: Bench
    world: World
    rival: World
    client: Any


@pytest.fixture(scope="module", params=ENGINES)
def shop(
    request: pytest.FixtureRequest,
    databases: Databases,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Shop]:
    """Give a shop to all tests of the module."""
    with databases.fresh(request.param) as url:
        now = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
        bench = make_bench(tmp_path_factory.mktemp("shop"), url, now)
        world = world_on(bench, stock=None)
        rival = world_on(bench, slug="florist", stock=None)
        yield Shop(bench, world, rival, bench.client())
        findings = bench.findings()
        bench.database.dispose()
        assert findings == []

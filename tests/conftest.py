"""Fixtures and habits of every test: databases, one moment, no network, what took how long."""

import gc
import os
from collections import defaultdict
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import is_hypothesis_test, settings
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests import chromium, sockets
from tests.engines import ENGINES, Databases
from tests.factories import World, world_on
from tests.fakes import Bench, make_bench
from tests.running_demo import demo
from tests.workers import ByCompany

__all__ = ["demo"]

settings.register_profile(
    "fast", max_examples=60, deadline=None, derandomize="CI" in os.environ, print_blob=True
)
settings.register_profile("long", max_examples=3000, deadline=None, print_blob=True)
settings.load_profile("fast")

# Folders whose tests start processes of their own and may take their time.
_LONG = ("races", "browser")
_seconds_by_part: dict[str, float] = defaultdict(float)
_tests_by_part: dict[str, int] = defaultdict(int)
_figures: list[tuple[str, object]] = []


@pytest.fixture
def now() -> datetime:
    """Give the moment at which every test takes place."""
    return datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Give databases of any scope: ``with databases.fresh("postgresql") as url``."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    databases = Databases(shared)
    yield databases
    databases.close()


@pytest.fixture
def sqlite_url(databases: Databases) -> Iterator[str]:
    """Give a migrated, empty SQLite file."""
    with databases.fresh("sqlite") as url:
        yield url


@pytest.fixture
def postgresql_url(databases: Databases) -> Iterator[str]:
    """Give a migrated, empty PostgreSQL database."""
    with databases.used_again("postgresql") as url:
        yield url


@pytest.fixture(params=ENGINES)
def engine_url(request: pytest.FixtureRequest, databases: Databases) -> Iterator[str]:
    """Run the test once on each engine, with a migrated, empty database."""
    with databases.used_again(request.param) as url:
        yield url


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Start Playwright: once in a process, for a second one would meet the first's event loop."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Start Chromium: once in a process, for starting it takes as long as looking at ten pages."""
    path = chromium.find()
    assert path is not None, chromium.MISSING
    browser = playwright.chromium.launch(executable_path=path, args=list(chromium.ARGUMENTS))
    yield browser
    browser.close()


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> Iterator[None]:
    with sockets.loopback_only():
        yield


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for garbage neither while tests are found nor, afterwards, among all that they are made
    of: it stays until the end, and going through it takes half a second each time."""
    gc.disable()
    found = yield
    gc.freeze()
    gc.enable()
    return found


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by the folder they lie in, before a marker expression chooses among them.

    Beside a race, on two cores, a browser can starve past any patience: whoever drives one may try
    a second time, and the summary names it. A fault of ours fails twice. Nothing else is repeated.
    """
    is_long = config.getoption("--hypothesis-profile") == "long"
    for item in items:
        part = part_of(item.nodeid)
        if part in _LONG:
            item.add_marker(part)
            item.add_marker(pytest.mark.timeout(300))
        if "playwright" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.flaky(reruns=1))
        if is_long and is_hypothesis_test(getattr(item, "function", None)):
            item.add_marker("prove")
    _skip_without_browser([item for item in items if item.get_closest_marker("browser")])


def _skip_without_browser(items: list[pytest.Item]) -> None:
    if items and chromium.find() is None:
        for item in items:
            item.add_marker(pytest.mark.skip(reason=chromium.MISSING))


def part_of(nodeid: str) -> str:
    """Name the part of the suite a test belongs to: ``tests/storefront/domain/…`` is domain."""
    folders = Path(nodeid.partition("::")[0]).parts[1:-1]
    inner = [each for each in folders if each not in ("storefront", "gifting")]
    return (inner or folders or ("tests",))[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByCompany:
    """Share the tests out as `tests/workers.py` says."""
    return ByCompany(config, log)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up what each part took, wherever its tests ran."""
    part = part_of(report.nodeid)
    _seconds_by_part[part] += report.duration
    _tests_by_part[part] += report.when == "call"
    if report.when == "call":
        name = report.nodeid.rpartition("::")[2]
        _figures.extend((name, value) for key, value in report.user_properties if key == "figure")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what each part took and measured, and what was not run for want of a browser."""
    terminalreporter.section("time by part (several run side by side)")
    for part, seconds in sorted(_seconds_by_part.items(), key=lambda each: -each[1]):
        terminalreporter.write_line(f"{seconds:8.1f} s  {part} ({_tests_by_part[part]} tests)")
    if _figures:
        terminalreporter.section("figures")
        for name, figure in _figures:
            terminalreporter.write_line(f"{name}: {figure}")
    repeated = sorted({report.nodeid for report in terminalreporter.stats.get("rerun", [])})
    if repeated:
        terminalreporter.section("tried a second time")
        for name in repeated:
            terminalreporter.write_line(name)
    skipped = [
        report
        for report in terminalreporter.stats.get("skipped", [])
        if chromium.MISSING in str(report.longrepr)
    ]
    if skipped:
        terminalreporter.section("not run")
        terminalreporter.write_line(f"{len(skipped)} tests. {chromium.MISSING}")


@pytest.fixture
def bench(engine_url: str, now: datetime, tmp_path: Path) -> Iterator[Bench]:
    """Give a whole shop with stand-ins, once on each engine; at the end its books must hold."""
    bench = make_bench(tmp_path, engine_url, now)
    yield bench
    findings = bench.findings()
    assert findings == []


@pytest.fixture
def world(bench: Bench) -> World:
    """Give a merchant that is ready to sell."""
    return world_on(bench)

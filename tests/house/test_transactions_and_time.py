"""Only the engine commits, and only the clock reads the time."""

import ast
from collections.abc import Iterable

from tests.house.source import Source, is_within, name_of, planted, project

COMMITS = "storefront.db.engine"
# Who may look at the time, each with its reason.
CLOCKS = {
    "storefront.ports": "the clock itself",
    "storefront.sandbox": "a foreign system has a clock of its own",
    "storefront.demo": "demo data is laid around the day on which it is made",
    "storefront.adapters.stripe_gateway": "a signature's age is real time, on whatever day we play",
}
READS_THE_TIME = (
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time",
    "time.time_ns", "time.localtime", "time.gmtime", "func.now", "func.current_timestamp",
)  # fmt: skip


def commits(sources: Iterable[Source]) -> list[str]:
    """Name every commit outside the engine; letting go of a savepoint commits nothing."""
    return [
        f"{source.at(call)}: only {COMMITS} commits"
        for source in sources
        if source.module != COMMITS
        for call in source.calls()
        if name_of(call.func).endswith(".commit")
        if name_of(call.func).removesuffix(".commit") not in _savepoints(source)
    ]


def _savepoints(source: Source) -> set[str]:
    return {
        name_of(target)
        for node in source.nodes()
        if isinstance(node, ast.Assign) and name_of(node.value).endswith(".begin_nested()")
        for target in node.targets
    }


def clocks(sources: Iterable[Source]) -> list[str]:
    """Name every look at the time outside the clock."""
    return [
        f"{source.at(call)}: {name_of(call.func)} reads the time; take `now` as an argument"
        for source in sources
        if not is_within(source.module, *CLOCKS)
        for call in source.calls()
        if any(f".{name_of(call.func)}".endswith(f".{name}") for name in READS_THE_TIME)
    ]


def test_nothing_but_the_engine_commits() -> None:
    assert commits(project()) == []


def test_nothing_but_the_clock_reads_the_time() -> None:
    assert clocks(project()) == []


def test_a_commit_elsewhere_is_named() -> None:
    source = planted("storefront.services.offers", "def f(session):\n    session.commit()\n")

    expected = ["storefront/services/offers.py:2: only storefront.db.engine commits"]
    assert commits([source]) == expected


def test_letting_go_of_a_savepoint_is_no_commit() -> None:
    text = "point = session.begin_nested()\npoint.commit()\nsession.commit()\n"

    expected = ["storefront/services/offers.py:3: only storefront.db.engine commits"]
    assert commits([planted("storefront.services.offers", text)]) == expected


def test_a_look_at_the_time_is_named() -> None:
    source = planted("storefront.services.offers", "import datetime\ndatetime.datetime.now(UTC)\n")

    fault = "datetime.datetime.now reads the time; take `now` as an argument"
    assert clocks([source]) == [f"storefront/services/offers.py:2: {fault}"]


def test_the_clock_may_look() -> None:
    assert clocks([planted("storefront.ports", "datetime.now(UTC)")]) == []

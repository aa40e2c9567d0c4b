"""Every job that is promised has a handler, and every handler a job."""

import ast
from collections.abc import Iterable

from tests.house.source import Source, name_of, planted, project, text_of

TABLES = ("HANDLERS", "JOBS")
PROMISES = {"jobs.add": 1, "jobs.promise": 0}
"""How a job is promised, and which argument is its name."""


def promised(sources: Iterable[Source]) -> dict[str, str]:
    """Return every job name given to ``jobs.add(session, name, …)`` or ``jobs.promise(name, …)``,
    and where."""
    return {
        name: source.at(call)
        for source in sources
        for call in source.calls()
        if (place := PROMISES.get(name_of(call.func))) is not None
        for name in [_named(call, place)]
    }


def _named(call: ast.Call, place: int) -> str:
    """Return the name; a computed one is reported as such, because nobody could check it."""
    named = [keyword.value for keyword in call.keywords if keyword.arg == "name"]
    candidates = [*call.args[place : place + 1], *named]
    return (text_of(candidates[0]) if candidates else None) or "(a computed name)"


def handled(sources: Iterable[Source]) -> set[str]:
    """Return the keys of every table of handlers, and of every kind's own jobs."""
    tables = [
        node.value
        for source in sources
        for node in source.nodes()
        if isinstance(node, ast.Assign | ast.AnnAssign)
        if {name_of(target) for target in _targets(node)} & set(TABLES)
    ] + [
        keyword.value
        for source in sources
        for call in source.calls()
        if name_of(call.func).endswith("LineKind")
        for keyword in call.keywords
        if keyword.arg == "jobs"
    ]
    return {
        name
        for table in tables
        if isinstance(table, ast.Dict)
        for name in filter(None, map(text_of, table.keys))
    }


def _targets(node: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def test_every_promised_job_has_a_handler() -> None:
    known = handled(project())
    orphans = [f"{line}: {name}" for name, line in promised(project()).items() if name not in known]

    assert sorted(orphans) == []


def test_every_handler_has_a_job() -> None:
    assert sorted(handled(project()) - set(promised(project()))) == []


def test_a_job_without_a_handler_is_found() -> None:
    source = planted(
        "storefront.services.payments", "jobs.add(session, 'send_receipt', order=order.id)"
    )

    assert promised([source]) == {"send_receipt": "storefront/services/payments.py:1"}
    assert handled([source]) == set()


def test_a_computed_name_is_no_name() -> None:
    source = planted("storefront.services.payments", "jobs.add(session, kind.job)")

    assert set(promised([source])) == {"(a computed name)"}


def test_handlers_are_found_in_the_worker_and_in_a_kind() -> None:
    worker = planted("storefront.worker", "HANDLERS = {'send_receipt': send_receipt}")
    kind = planted("gifting.issuing", "GIFTS = LineKind(name='gift', jobs={'deliver_gift': f})")

    assert handled([worker, kind]) == {"send_receipt", "deliver_gift"}

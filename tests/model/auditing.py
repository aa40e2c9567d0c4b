"""The self-audit after every step, at a tenth of its price: its statements are always the same, and
building them takes longer than asking them."""

from typing import Any

from sqlalchemy import event

from storefront.services.audit import Finding, audit
from tests.fakes import Bench


class Auditor:
    """Asks what `audit` asked the first time; where a row comes back, `audit` itself decides."""

    def __init__(self) -> None:
        self._asked: list[tuple[str, Any]] = []

    def findings(self, bench: Bench) -> list[Finding]:
        """Return what `audit` finds, of the shop and of gifts."""
        if not self._asked:
            return self._learn(bench)
        with bench.database.reader.connect() as connection:
            answers = (connection.exec_driver_sql(*each).first() for each in self._asked)
            has_rows = any(answer is not None for answer in answers)
        return _audit(bench) if has_rows else []

    def _learn(self, bench: Bench) -> list[Finding]:
        reader = bench.database.reader
        event.listen(reader, "before_cursor_execute", self._note)
        findings = _audit(bench)
        event.remove(reader, "before_cursor_execute", self._note)
        return findings

    def _note(self, _c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            self._asked.append((statement, parameters))


def _audit(bench: Bench) -> list[Finding]:
    with bench.database.reads() as session:
        return audit(session, bench.ports.kinds)

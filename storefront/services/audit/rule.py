"""What a rule of the self-audit is: one statement that finds the rows that break it, built when it
is asked the first time and kept. Building it takes ten times as long as asking it."""

from __future__ import annotations

from functools import cache, update_wrapper
from typing import TYPE_CHECKING, Any

from storefront.db.hot import read
from storefront.domain.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import CompoundSelect, Select
    from sqlalchemy.orm import Session

    Broken = Callable[[], Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]]


class Rule:
    """A rule that must hold for every row; its name is its function's."""

    __name__: str

    def __init__(self, broken: Broken, noun: str, detail: str) -> None:
        update_wrapper(self, broken)
        self._broken = cache(broken)
        self._noun = noun
        self._detail = detail

    def __call__(self, session: Session) -> Iterator[Finding]:
        """Find every row that breaks it."""
        for row, *figures in read(session, self._broken()):
            yield Finding(self.__name__, self._noun, str(row), self._detail.format(*figures))


def rule(noun: str, detail: str) -> Callable[[Broken], Rule]:
    """Make a rule about `noun` of a function that returns its statement: the first column names the
    row that breaks it, and `detail` has a place for each of the others."""
    return lambda broken: Rule(broken, noun, detail)

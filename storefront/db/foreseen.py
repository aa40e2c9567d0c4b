"""Questions that are answered before they are asked. PostgreSQL is asked several as one, for each
way there costs as much as what is done there, and tells the rows of each as a text; SQLite, which
is in the house, one by one. `hot.read` then finds the rows in the session. Which questions belong
together is not known here."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import BindParameter, Text, func, literal, select
from sqlalchemy.sql.visitors import replacement_traverse

from storefront.db.prepared import fetch_raw, reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement, CompoundSelect, Dialect, Executable, Row, Select
    from sqlalchemy.orm import Session

    from storefront.db.bare import Bare

    AnyRow = Row[*tuple[Any, ...]]
    Question = Select[Any] | CompoundSelect[Any]
    Answer = tuple[Question, Mapping[str, object], Sequence[AnyRow]]
    Raw = str | tuple[Sequence[Any], ...]

Q = TypeVar("Q", bound="Question")

KEY = "storefront_foreseen"
"""Where a session keeps its answers."""

KEPT = 1024


def with_found(statement: Q, **found: ColumnElement[Any]) -> Q:
    """Return a statement that looks values up which others tell it by these names."""

    def replace(element: Any, **_: Any) -> Any:
        return found.get(element.key) if isinstance(element, BindParameter) else None

    return cast("Q", replacement_traverse(statement, {}, replace))


def as_one(questions: Iterable[Question]) -> Executable:
    """Return one statement for PostgreSQL, of one row, with a text for each of these: its rows, in
    their order."""
    return select(*map(_as_text, questions))


def _as_text(question: Question) -> Any:
    rows = question.subquery()
    listed = func.json_agg(func.json_build_array(*rows.c)).cast(Text)
    told = func.coalesce(listed, literal("[]"))
    return select(told).select_from(rows).scalar_subquery()


def tell(bare: Bare, question: Question, values: Mapping[str, object]) -> Raw:
    """Return what the driver finds, unread."""
    return tuple(fetch_raw(bare, question, values))


@lru_cache(KEPT)
def rows_of(dialect: Dialect, question: Question, told: Raw) -> Sequence[AnyRow]:
    """Return rows as the question's own statement would have found them."""
    how = reading(question, dialect)
    return how.rows(json.loads(told) if isinstance(told, str) else told) if how else ()


def foresee(session: Session | Bare, answers: Iterable[Answer]) -> None:
    """Let this session know the rows that these questions have with these values."""
    known = session.info.setdefault(KEY, {})
    known.update(((question, _frozen(values)), rows) for question, values, rows in answers)


def foreseen(
    session: Session | Bare, question: Executable, values: Mapping[str, object]
) -> Sequence[AnyRow] | None:
    """Return the rows that were foreseen for this question, None where it is a new one."""
    known = session.info.get(KEY)
    return known.get((question, _frozen(values))) if known else None


def _frozen(values: Mapping[str, object]) -> frozenset[tuple[str, object]]:
    return frozenset(
        (name, tuple(value) if isinstance(value, list) else value) for name, value in values.items()
    )

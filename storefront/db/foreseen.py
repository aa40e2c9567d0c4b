"""Questions that are answered before they are asked: `hot.read` finds their rows in the session.
PostgreSQL is asked several as one, for each way there costs as much as what is done there, and
tells the rows of each as a text; SQLite, which is in the house, one by one. Which questions belong
together is not known here."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from sqlalchemy import BindParameter, Text, func, literal, select
from sqlalchemy.sql.visitors import replacement_traverse

from storefront.db.prepared import reading
from storefront.db.running import fetch_raw
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement, CompoundSelect, Dialect, Executable, Row, Select
    from sqlalchemy.orm import Session

    from storefront.db.bare import Bare

    AnyRow = Row[*tuple[Any, ...]]
    Question = Select[Any] | CompoundSelect[Any]
    Values = Mapping[str, object]
    Answer = tuple[Question, Values, Sequence[AnyRow]]
    Raw = str | tuple[Sequence[Any], ...]
    Talk = Generator[tuple[Question, Values], Sequence[AnyRow], None]
    """Yields each question with its values, and is sent its rows."""

Q = TypeVar("Q", bound="Question")

KEY = "storefront_foreseen"
"""Where a session keeps its answers."""

KEPT = 1024
"""So many answers are kept read; what is asked again and again is answered in the same words."""


@frozen
class Told:
    """What the database has said: its `words` as they came, and what they answer."""

    words: tuple[Raw, ...]
    answers: Callable[[], Iterable[Answer]]

    def answer_in(self, session: Session | Bare) -> None:
        """Let a session know all this, so that it need not ask for it."""
        for question, values, rows in self.answers():
            keep_foreseen(session, (question, values), rows)


def keep_foreseen(
    session: Session | Bare, asked: tuple[Executable, Values], rows: Sequence[AnyRow]
) -> None:
    """Let a session know the rows that answer a question, so that it need not ask."""
    question, values = asked
    session.info.setdefault(KEY, {})[question, _frozen(values)] = rows


def foreseen(
    session: Session | Bare, question: Executable, values: Values
) -> Sequence[AnyRow] | None:
    """Return the rows that were foreseen for this question, None where it is a new one."""
    known = session.info.get(KEY)
    return known.get((question, _frozen(values))) if known else None


def _frozen(values: Values) -> frozenset[tuple[str, object]]:
    return frozenset(
        (name, tuple(value) if isinstance(value, list) else value) for name, value in values.items()
    )


def ask_each(bare: Bare, talk: Talk) -> Told:
    """Ask the questions of a talk one by one."""
    words: list[Raw] = []

    def find(question: Question, values: Values) -> Sequence[AnyRow]:
        words.append(tuple(fetch_raw(bare, question, values)))
        return _rows_of(bare.dialect, question, words[-1])

    answers = _lead(talk, find)
    return Told(tuple(words), lambda: answers)


def ask_as_one(bare: Bare, one: AsOne, values: Values, *, talk: Callable[[], Talk]) -> Told:
    """Ask PostgreSQL the questions of a talk at once. What answers which is found out when that
    is needed."""
    [found] = fetch_raw(bare, one.statement, values)
    words = tuple(found)

    def find(question: Question, values: Values) -> Sequence[AnyRow]:
        put = one.puts[question]
        rows = _rows_of(bare.dialect, put.question, words[one.places[question]])
        return [row for row in rows if row[-1] == values[put.tag]] if put.tag else rows

    return Told(words, lambda: _lead(talk(), find))


def _lead(talk: Talk, find: Callable[[Question, Values], Sequence[AnyRow]]) -> list[Answer]:
    answers: list[Answer] = []
    rows: Sequence[AnyRow] | None = None
    try:
        while True:
            question, values = next(talk) if rows is None else talk.send(rows)
            rows = find(question, values)
            answers.append((question, values, rows))
    except StopIteration:
        return answers


@lru_cache(KEPT)
def _rows_of(dialect: Dialect, question: Question, told: Raw) -> Sequence[AnyRow]:
    """Return rows as the question's own statement would have found them."""
    how = reading(question, dialect)
    return how.rows(json.loads(told) if isinstance(told, str) else told) if how else ()


class Put(NamedTuple):
    """A question as it is put where it must find its values by itself. With a `tag` its last column
    says for which of several values of that name a row is."""

    question: Question
    tag: str = ""


@frozen
class AsOne:
    """Questions as one statement of PostgreSQL's, of one row, with a text for each: its rows."""

    statement: Executable
    puts: Mapping[Question, Put]
    places: Mapping[Question, int]


def as_one(puts: Mapping[Question, Put]) -> AsOne:
    """Return questions as one statement."""
    statement = select(*(_as_text(put.question) for put in puts.values()))
    return AsOne(statement, puts, {question: place for place, question in enumerate(puts)})


def _as_text(question: Question) -> Any:
    rows = question.subquery()
    listed = func.json_agg(func.json_build_array(*rows.c)).cast(Text)
    told = func.coalesce(listed, literal("[]"))
    return select(told).select_from(rows).scalar_subquery()


def with_found(statement: Q, **found: ColumnElement[Any]) -> Q:
    """Return a statement that looks values up which others tell it by these names."""

    def replace(element: Any, **_: Any) -> Any:
        return found.get(element.key) if isinstance(element, BindParameter) else None

    return cast("Q", replacement_traverse(statement, {}, replace))

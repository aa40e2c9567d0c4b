"""Statements as the database's driver takes them: compiled once for each shape of their values. How
they are run is said in running.py."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy.engine import result_tuple
from sqlalchemy.types import NULLTYPE, NullType

from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Dialect, Executable, Row

    Process = Callable[[Any], Any]
    AnyRow = Row[*tuple[Any, ...]]

MOST_SHAPES = 256
"""So many lengths of lists are kept for a statement; then it begins anew."""


class _Slot(NamedTuple):
    """Stands, while a statement is compiled, for a value or for one of a list of values."""

    name: str
    position: int | None = None


@frozen
class _Place:
    """Where the driver wants a value: one that never changes, or the one that a slot stands for;
    and what is to be done with that before."""

    constant: Any = None
    slot: _Slot | None = None
    process: Process | None = None

    def value(self, values: Mapping[str, Any]) -> Any:
        if self.slot is None:
            return self.constant
        given = values[self.slot.name]
        if self.slot.position is not None:
            given = given[self.slot.position]
        return given if self.process is None else self.process(given)


@frozen
class Reading:
    """How rows of a statement are read."""

    row: Callable[[Sequence[Any]], AnyRow]
    processes: tuple[tuple[int, Process], ...]

    def rows(self, found: Sequence[Sequence[Any]]) -> list[AnyRow]:
        """Return what the driver found as rows with names, each value as its column's type says."""
        if not self.processes:
            return [self.row(each) for each in found]
        return [self.row(self._processed(each)) for each in found]

    def _processed(self, given: Sequence[Any]) -> list[Any]:
        values = list(given)
        for position, process in self.processes:
            values[position] = process(values[position])
        return values


@frozen
class Prepared:
    """SQL for one driver, its values in their order, and how its rows are read, if it has any."""

    sql: str | bytes
    places: tuple[_Place, ...]
    reading: Reading | None

    def parameters(self, values: Mapping[str, Any]) -> list[Any]:
        """Return the values as the driver takes them."""
        return [place.value(values) for place in self.places]


@dataclass
class _Compiled:
    """A statement as SQLAlchemy compiled it for one engine and these names, in each shape so far:
    how long the lists are that its INs take."""

    statement: Any
    dialect: Dialect
    compiled: Any
    lists: tuple[str, ...]
    shapes: dict[tuple[int, ...], Prepared] = field(default_factory=dict)

    def shaped(self, values: Mapping[str, Any]) -> Prepared:
        shape = tuple(len(values[name]) for name in self.lists)
        found = self.shapes.get(shape)
        if found is None:
            if len(self.shapes) >= MOST_SHAPES:
                self.shapes.clear()
            found = self.shapes[shape] = self._prepare(values)
        return found

    def _prepare(self, values: Mapping[str, Any]) -> Prepared:
        slots = {name: self._slots(name, value) for name, value in values.items()}
        given = self.compiled.construct_params(slots)
        state = self.compiled.construct_expanded_state(given, escape_names=False)
        places = {}
        for key, value in state.parameters.items():
            process = self._process(key, value) or state.processors.get(key)
            if isinstance(value, _Slot):
                places[key] = _Place(slot=value, process=process)
            else:
                places[key] = _Place(value if process is None else process(value))
        if self.compiled.positional:
            sql, order = state.statement, state.positiontup
        else:
            sql, order = _numbered(state.statement, {key: self._cast(key) for key in places})
        how = reading(self.statement, self.dialect)
        return Prepared(sql, tuple(places[key] for key in order), how)

    def _cast(self, key: str) -> str:
        """Return what makes a text a value of its type where SQLAlchemy leaves that to psycopg."""
        kind = self.compiled.binds[key].type if key in self.compiled.binds else NULLTYPE
        is_told = isinstance(kind, NullType) or kind.dialect_impl(self.dialect).render_bind_cast
        return "" if is_told else f"::{kind.compile(self.dialect)}"

    def _process(self, key: str, value: object) -> Process | None:
        bind = self.compiled.binds.get(value.name if isinstance(value, _Slot) else key)
        if bind is None:
            return None
        process: Process | None = bind.type.dialect_impl(self.dialect).bind_processor(self.dialect)
        return process

    def _slots(self, name: str, value: Any) -> _Slot | list[_Slot]:
        if name not in self.lists:
            return _Slot(name)
        return [_Slot(name, position) for position in range(len(value))]


_NAMED = re.compile(r"%\((.*?)\)s|%%")

_kept: WeakKeyDictionary[Executable, dict[tuple[str, ...], _Compiled]] = WeakKeyDictionary()


def prepared(statement: Executable, dialect: Dialect, values: Mapping[str, Any]) -> Prepared:
    """Return a statement as it is written for values of these names, with lists so long.

    Raises `ValueError` where a column has a default that is made in Python and is not named.
    """
    kept = _kept.setdefault(statement, {})
    key = (dialect.name, *values)
    found = kept.get(key)
    if found is None:
        found = kept[key] = _compile(statement, dialect, values)
    return found.shaped(values)


def _compile(statement: Any, dialect: Dialect, values: Mapping[str, Any]) -> _Compiled:
    compiled = statement.compile(dialect=dialect, column_keys=list(values))
    if compiled.insert_prefetch or compiled.update_prefetch:
        message = f"name every value of {compiled.string!r}: some have defaults made in Python"
        raise ValueError(message)
    lists = tuple(name for name in values if compiled.binds[name].expanding)
    return _Compiled(statement, dialect, compiled, lists)


def reading(statement: Any, dialect: Dialect) -> Reading | None:
    """Return how a statement's rows are read; None where it returns none."""
    columns = list(getattr(statement, "exported_columns", ()))
    if not columns:
        return None
    processes = (
        (position, column.type.dialect_impl(dialect).result_processor(dialect, None))
        for position, column in enumerate(columns)
    )
    return Reading(
        result_tuple([column.key for column in columns]),
        tuple((position, process) for position, process in processes if process is not None),
    )


def _numbered(sql: str, casts: Mapping[str, str]) -> tuple[bytes, Sequence[str]]:
    """Return SQL with PostgreSQL's own numbers in place of the driver's names, and those in their
    order. The driver does it anew each time for long statements, which takes longer than to ask."""
    order: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        if not found[1]:
            return "%"
        return f"${order.setdefault(found[1], len(order) + 1)}{casts[found[1]]}"

    return _NAMED.sub(number, sql).encode(), tuple(order)

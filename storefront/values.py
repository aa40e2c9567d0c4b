"""Frozen values: what `dataclass(frozen=True)` makes of a class, in a fraction of the time.

A shop has three hundred of them, and `dataclass` writes and compiles six functions for each, before
Python 3.13 one by one: an eighth of a start. Only `__init__` needs the fields by name, so only that
is written, once somebody makes a value; the rest is shared."""

from __future__ import annotations

from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(made: type[T]) -> type[T]:
    """Make a class a frozen value: two are equal where their fields are, and none ever changes.

    `fields`, `replace`, `asdict` and `match` take it for the dataclass that it is. A method that
    the class has itself stays.
    """
    own = set(vars(made))
    dataclass(init=False, repr=False, eq=False)(made)
    for name, method in _methods(made).items():
        if name not in own:
            setattr(made, name, method)
    return made


def _methods(made: Any) -> dict[str, Callable[..., Any]]:
    parts = fields(made)
    compared = _content([part.name for part in parts if part.compare])
    hashed = _content([part.name for part in parts if _is_hashed(part)])

    def equal(self: object, other: object) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return compared(self) == compared(other)

    return {
        "__init__": _late_init(made, parts),
        "__eq__": equal,
        "__hash__": lambda self: hash(hashed(self)),
        "__repr__": _represent,
        "__setattr__": _refuse,
        "__delattr__": _refuse,
    }


def _is_hashed(part: Field[Any]) -> bool:
    return part.compare if part.hash is None else part.hash


def _content(names: Sequence[str]) -> Callable[[object], object]:
    """Return what takes these fields of a value."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda self: tuple(getattr(self, name) for name in names)


def _represent(self: Any) -> str:
    shown = (f"{part.name}={getattr(self, part.name)!r}" for part in fields(self) if part.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse(_self: object, name: str, *_: object) -> NoReturn:
    raise FrozenInstanceError(f"{name!r} is part of a value and does not change")


def _late_init(made: Any, parts: Sequence[Field[Any]]) -> Callable[..., None]:
    """Return what has the real function written when the first value is made: a process makes
    values of some classes only, and writing all is a twentieth of its start."""

    def first(self: object, *told: object, **named: object) -> None:
        made.__init__ = _init(parts, checks=hasattr(made, "__post_init__"))
        made.__init__(self, *told, **named)

    return first


def _init(parts: Sequence[Field[Any]], *, checks: bool) -> Callable[..., None]:
    """Write the function that takes the fields, by place or by name."""
    known: dict[str, Any] = {"_set": object.__setattr__, "_MISSING": MISSING}
    told, steps = ["self"], []
    for part in parts:
        name, default = part.name, f"_default_{part.name}"
        given = name
        if part.default is not MISSING:
            known[default] = part.default
            told.append(f"{name}={default}")
        elif part.default_factory is not MISSING:
            known[default] = part.default_factory
            told.append(f"{name}=_MISSING")
            given = f"{default}() if {name} is _MISSING else {name}"
        else:
            told.append(name)
        steps.append(f"_set(self, {name!r}, {given})")
    if checks:
        steps.append("self.__post_init__()")
    body = "".join(f"\n  {step}" for step in steps or ["pass"])
    # As dataclasses do it: the words are names of fields, which Python has read as names before.
    exec(f"def __init__({', '.join(told)}):{body}", known)  # noqa: S102
    written: Callable[..., None] = known["__init__"]
    return written

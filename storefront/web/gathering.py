"""What is wrong with a form, gathered while it is read to its end, so that all of it can be told at
once. What a single field may hold is in forms.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, ParamSpec, TypeVar

from storefront.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


class Gathering:
    """Reads part after part, and raises at the end what was wrong with any of them."""

    def __init__(self) -> None:
        self._faults: list[Invalid] = []

    def read(self, instead: T, part: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """Return what `part` reads; where it cannot, keep why, and return what stands for it."""
        try:
            return part(*args, **named)
        except Invalid as fault:
            self.keep(fault)
            return instead

    def keep(self, fault: Invalid) -> None:
        """Keep a fault, with what else it tells of."""
        self._faults += (fault, *fault.others)

    def end(self) -> None:
        """Raise the first fault with the others beside it, if there was any."""
        if self._faults:
            first, *others = self._faults
            first.others = tuple(others)
            raise first

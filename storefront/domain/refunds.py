"""What a refund takes from an order: whole, by lines or by amount. The parts always sum to it,
and never to more than is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from storefront.domain.money import split
from storefront.errors import Conflict, Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class LineLeft:
    """What has not been given back of one line: units, and minor units of money."""

    line_id: int
    quantity: int
    minor: int


@dataclass(frozen=True)
class Left:
    """What has not been given back of an order, in minor units."""

    lines: tuple[LineLeft, ...]
    shipping: int

    @property
    def total(self) -> int:
        """All that can still be given back."""
        return sum(line.minor for line in self.lines) + self.shipping


@dataclass(frozen=True)
class Part:
    """What a refund takes from one line."""

    line_id: int
    quantity: int
    minor: int


@dataclass(frozen=True)
class RefundPlan:
    """What a refund takes from each line and from the shipping, in minor units."""

    parts: tuple[Part, ...]
    shipping: int

    @property
    def total(self) -> int:
        """What the buyer gets back."""
        return sum(part.minor for part in self.parts) + self.shipping


def in_full(left: Left) -> RefundPlan:
    """Give back all that is left; raise `Conflict` already_refunded where nothing is."""
    _refuse_nothing(left)
    return _plan([Part(line.line_id, line.quantity, line.minor) for line in left.lines], left)


def by_lines(left: Left, quantities: Mapping[int, int]) -> RefundPlan:
    """Give back so many units of each line, at the line's average of what is left of it.

    Raises `Invalid` unknown_line or invalid_quantity; `Conflict` refund_too_large for more units
    than are left, already_refunded where their money has gone back.
    """
    _refuse_nothing(left)
    known = {line.line_id: line for line in left.lines}
    if not quantities or not quantities.keys() <= known.keys():
        raise Invalid("unknown_line", field="lines")
    parts = [_units(known[line_id], quantity) for line_id, quantity in sorted(quantities.items())]
    plan = RefundPlan(tuple(parts), 0)
    if plan.total == 0:
        raise Conflict("already_refunded")
    return plan


def _units(line: LineLeft, quantity: int) -> Part:
    if quantity < 1:
        raise Invalid("invalid_quantity", field="lines", least=1, most=max(1, line.quantity))
    if quantity > line.quantity:
        raise Conflict("refund_too_large" if line.quantity else "already_refunded", field="lines")
    minor, _ = split(line.minor, [quantity, line.quantity - quantity])
    return Part(line.line_id, quantity, minor)


def by_amount(left: Left, minor: int) -> RefundPlan:
    """Give back an amount, taken from all lines and the shipping in proportion to what is left."""
    if minor < 1:
        raise Invalid("invalid_refund_amount", field="amount")
    _refuse_nothing(left)
    if minor > left.total:
        raise Conflict("refund_too_large", field="amount")
    *lines, shipping = split(minor, [*(line.minor for line in left.lines), left.shipping])
    parts = [
        Part(line.line_id, 0, part) for line, part in zip(left.lines, lines, strict=True) if part
    ]
    return RefundPlan(tuple(parts), shipping)


def _plan(parts: list[Part], left: Left) -> RefundPlan:
    return RefundPlan(tuple(part for part in parts if part.minor or part.quantity), left.shipping)


def _refuse_nothing(left: Left) -> None:
    if left.total == 0:
        raise Conflict("already_refunded")

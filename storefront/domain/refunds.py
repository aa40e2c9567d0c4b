"""What a refund takes from an order: whole, by lines or by amount. It takes from the stored parts,
which always sum to it, and never more than is left."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from storefront.domain.money import split
from storefront.errors import Conflict, Invalid
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping


@frozen
class Parts:
    """What some money is made of, in minor units: `net` is the list price less the discount, and
    holds the tax where prices include it."""

    net: int
    tax: int = 0
    discount: int = 0
    is_tax_included: bool = True

    @property
    def listed(self) -> int:
        """The list price."""
        return self.net + self.discount

    @property
    def minor(self) -> int:
        """What the buyer pays or gets back."""
        return self.net if self.is_tax_included else self.net + self.tax

    def units(self, quantity: int, among: int) -> Parts:
        """Return the parts of so many units among those that are left."""
        net = _share(self.net, quantity, among)
        return Parts(
            net=net,
            tax=_share(self.tax, quantity, among),
            discount=_share(self.listed, quantity, among) - net,
            is_tax_included=self.is_tax_included,
        )

    def amount(self, minor: int) -> Parts:
        """Return the parts of an amount of this money, each in proportion."""
        tax = _share(self.tax, minor, self.minor)
        net = minor if self.is_tax_included else minor - tax
        return Parts(
            net=net,
            tax=tax,
            discount=_share(self.listed, net, self.net) - net,
            is_tax_included=self.is_tax_included,
        )


NOTHING = Parts(0)


def _share(amount: int, part: int, whole: int) -> int:
    """Return the part's share of an amount, rounded down: no run of refunds gives back more than
    was paid for what goes back, and the last one takes the rest."""
    return amount * part // whole if whole else 0


@frozen
class LineLeft:
    """What has not been given back of one line: units, and the parts of their money."""

    line_id: int
    quantity: int
    parts: Parts


@frozen
class Left:
    """What has not been given back of an order. Money goes back in whole `step`s."""

    lines: tuple[LineLeft, ...]
    shipping: Parts
    step: int = 1

    @property
    def total(self) -> int:
        """All that can still be given back, in minor units."""
        return sum(line.parts.minor for line in self.lines) + self.shipping.minor


@frozen
class Part:
    """What a refund takes from one line."""

    line_id: int
    quantity: int
    parts: Parts


@frozen
class RefundPlan:
    """What a refund takes from each line and from the shipping."""

    parts: tuple[Part, ...]
    shipping: Parts

    @property
    def total(self) -> int:
        """What the buyer gets back, in minor units."""
        return sum(part.parts.minor for part in self.parts) + self.shipping.minor

    @property
    def tax(self) -> int:
        """The tax in it, in minor units."""
        return sum(part.parts.tax for part in self.parts) + self.shipping.tax


def in_full(left: Left, *, with_shipping: bool = True) -> RefundPlan:
    """Give back all that is left; raise `Conflict` already_refunded where nothing is."""
    parts = [Part(line.line_id, line.quantity, line.parts) for line in left.lines]
    return _plan(
        [part for part in parts if part.parts.minor or part.quantity],
        left.shipping if with_shipping else NOTHING,
        step=left.step,
    )


def by_lines(
    left: Left, quantities: Mapping[int, int], *, with_shipping: bool = False
) -> RefundPlan:
    """Give back so many units of each line, at the line's average of what is left of it.

    Raises `Invalid` unknown_line or invalid_quantity; `Conflict` refund_too_large for more units
    than are left, already_refunded where their money has gone back, nothing_to_refund for units
    without any, while other parts of the order have some.
    """
    _refuse_nothing(left.total)
    known = {line.line_id: line for line in left.lines}
    if not quantities or not quantities.keys() <= known.keys():
        raise Invalid("unknown_line", field="lines")
    parts = [_units(known[line_id], quantity) for line_id, quantity in sorted(quantities.items())]
    plan = _in_steps(
        RefundPlan(tuple(parts), left.shipping if with_shipping else NOTHING), left.step
    )
    if plan.total == 0:
        raise Conflict("nothing_to_refund", field="lines")
    return plan


def _units(line: LineLeft, quantity: int) -> Part:
    if quantity < 1:
        raise Invalid("invalid_quantity", field="lines", least=1, most=max(1, line.quantity))
    if quantity > line.quantity:
        raise Conflict("refund_too_large" if line.quantity else "already_refunded", field="lines")
    return Part(line.line_id, quantity, line.parts.units(quantity, line.quantity))


def by_amount(left: Left, minor: int, *, with_shipping: bool = True) -> RefundPlan:
    """Give back an amount, taken from all lines and the shipping in proportion to what is left."""
    if minor < 1:
        raise Invalid("invalid_refund_amount", field="amount")
    _refuse_nothing(left.total)
    sources = [line.parts for line in left.lines]
    sources.append(left.shipping if with_shipping else NOTHING)
    weights = [source.minor for source in sources]
    if minor > sum(weights):
        raise Conflict("refund_too_large", field="amount")
    *lines, shipping = [
        source.amount(share) for source, share in zip(sources, split(minor, weights), strict=True)
    ]
    parts = [Part(line.line_id, 0, part) for line, part in zip(left.lines, lines, strict=True)]
    return _plan([part for part in parts if part.parts.minor], shipping, step=left.step)


def _plan(parts: list[Part], shipping: Parts, *, step: int) -> RefundPlan:
    plan = _in_steps(RefundPlan(tuple(parts), shipping), step)
    _refuse_nothing(plan.total)
    return plan


def _in_steps(plan: RefundPlan, step: int) -> RefundPlan:
    """Return a plan that the gateway can carry out: what lies beyond the last step stays with the
    largest part, for a later refund."""
    beyond = plan.total % step
    if not beyond or not plan.parts:
        return plan
    sizes = [part.parts.minor for part in plan.parts]
    place = sizes.index(max(sizes))
    largest = plan.parts[place]
    less = replace(largest, parts=largest.parts.amount(max(0, sizes[place] - beyond)))
    return replace(plan, parts=(*plan.parts[:place], less, *plan.parts[place + 1 :]))


def _refuse_nothing(minor: int) -> None:
    if minor == 0:
        raise Conflict("already_refunded")

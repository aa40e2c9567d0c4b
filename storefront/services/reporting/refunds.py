"""What a refund would do, for the member who decides about it. Nothing is changed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from storefront.domain.money import Money
from storefront.errors import Conflict, NotFound
from storefront.models import LineItem, Order
from storefront.services.disputes import withdrawn_of
from storefront.services.refunds import plan_refund
from storefront.services.reversals import left_of
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.kinds import LineKind, Panel
    from storefront.services.refunds import Wish


@frozen
class LineChoice:
    """A line of which something can go back: `quantity` units, `left` in money."""

    position: int
    title: str
    variant: str
    quantity: int
    left: Money


@frozen
class Choices:
    """What can go back of an order. `left` is nothing where it is not paid; what is `disputed`
    has been taken by the buyer's bank and cannot go back a second time."""

    order: str
    number: int | None
    lines: tuple[LineChoice, ...]
    shipping: Money
    left: Money
    disputed: Money


@frozen
class PreviewLine:
    """What one line would give: `quantity` is 0 where an amount is shared out. `listed` is by the
    list, `discount` what was off it."""

    title: str
    variant: str
    quantity: int
    listed: Money
    discount: Money


@frozen
class Preview:
    """What would happen; `units` go back on sale, `left` stays with the shop. `tax` is a part of
    the prices where they include it."""

    lines: tuple[PreviewLine, ...]
    shipping: Money
    tax: Money
    tax_name: str
    is_tax_included: bool
    total: Money
    left: Money
    units: int


def refund_choices(session: Session, merchant_id: int, public_id: str) -> Choices:
    """Return what can go back of this merchant's order; raise `NotFound` otherwise."""
    order = _get(session, merchant_id, public_id)
    left = left_of(session, order.id)
    of_line = {each.line_id: each for each in left.lines}
    lines = tuple(
        LineChoice(
            line.position,
            line.title,
            line.variant_name,
            of_line[line.id].quantity,
            Money(of_line[line.id].parts.minor, order.currency),
        )
        for line in _lines(session, order)
    )
    disputed = withdrawn_of(session, order.id)
    minor = left.total - disputed if order.paid_at else 0
    return Choices(
        order.public_id,
        order.number,
        lines,
        shipping=Money(left.shipping.minor, order.currency),
        left=Money(max(0, minor), order.currency),
        disputed=Money(disputed, order.currency),
    )


def preview_refund(session: Session, merchant_id: int, public_id: str, *, wish: Wish) -> Preview:
    """Return what a refund would do; raise as `refund_order` would."""
    order = _get(session, merchant_id, public_id)
    if order.paid_at is None:
        raise Conflict("not_paid")
    plan = plan_refund(session, order.id, wish)
    lines = {line.id: line for line in _lines(session, order)}
    return Preview(
        lines=tuple(
            PreviewLine(
                lines[part.line_id].title,
                lines[part.line_id].variant_name,
                part.quantity,
                Money(part.parts.listed, order.currency),
                Money(part.parts.discount, order.currency),
            )
            for part in plan.parts
        ),
        shipping=Money(plan.shipping.net, order.currency),
        tax=Money(plan.tax, order.currency),
        tax_name=order.tax_name,
        is_tax_included=order.is_tax_included,
        total=Money(plan.total, order.currency),
        left=Money(left_of(session, order.id).total - plan.total, order.currency),
        units=sum(part.quantity for part in plan.parts) if wish.is_restocked else 0,
    )


def weigh_order(
    session: Session,
    merchant_id: int,
    public_id: str,
    *,
    kinds: Iterable[LineKind],
    now: datetime,
) -> tuple[Panel, ...]:
    """Return what the kinds of an order's lines say about giving its money back."""
    order = _get(session, merchant_id, public_id)
    panels = (kind.weigh(session, order, now) for kind in kinds)
    return tuple(panel for panel in panels if panel is not None)


def _get(session: Session, merchant_id: int, public_id: str) -> Order:
    order = session.scalars(
        select(Order).where(Order.merchant_id == merchant_id, Order.public_id == public_id)
    ).first()
    if order is None:
        raise NotFound
    return order


def _lines(session: Session, order: Order) -> list[LineItem]:
    rows = select(LineItem).where(LineItem.order_id == order.id).order_by(LineItem.position)
    return list(session.scalars(rows))

"""What a sale sets off, however it was paid: credit, number, receipt. Money is booked elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, exists, null, select, update

from storefront.db.hot import is_sqlite, read, read_each, table_of
from storefront.db.together import insert_groups
from storefront.errors import Conflict, TryAgain
from storefront.kinds import GOODS, Taken, kind_named
from storefront.models import Dispute, Job, LineItem, Merchant, Order, OrderEvent, Payment, Refund
from storefront.services import attribution, credit, jobs, paid_uses, stock
from storefront.services.history import line
from storefront.signals import announce

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.db.hot import AnyRow, Asked
    from storefront.db.together import Group
    from storefront.kinds import LineKind

_order, _line, _merchant = map(table_of, (Order, LineItem, Merchant))
_payment, _refund, _dispute = map(table_of, (Payment, Refund, Dispute))
_lines = (_line.c.merchant_id == _order.c.merchant_id, _line.c.order_id == _order.c.id)
_of_the_order = (
    _payment.c.merchant_id == _order.c.merchant_id,
    _payment.c.order_id == _order.c.id,
)
ORDER = select(
    _order.c.id,
    _order.c.merchant_id,
    _order.c.public_id,
    _order.c.currency,
    _order.c.total_minor,
    _order.c.shipping_minor,
    _order.c.shipping_tax_minor,
    _order.c.tax_minor,
    _order.c.is_tax_included,
    _order.c.held_until,
    _order.c.processing_at,
    _order.c.paid_at,
    _order.c.cancelled_at,
    exists().where(*_lines, _line.c.kind != GOODS.name).label("has_other_kinds"),
    exists()
    .where(*_lines, _line.c.released_at.is_not(None), _line.c.sold_at.is_(None))
    .label("has_let_go"),
    exists()
    .where(
        *_of_the_order,
        _refund.c.merchant_id == _order.c.merchant_id,
        _refund.c.payment_id == _payment.c.id,
    )
    .label("has_refunds"),
    exists()
    .where(
        *_of_the_order,
        _dispute.c.merchant_id == _order.c.merchant_id,
        _dispute.c.payment_id == _payment.c.id,
    )
    .label("has_disputes"),
).where(_order.c.id == bindparam("order_id"))
NEXT_NUMBER = (
    update(_merchant)
    .where(_merchant.c.id == bindparam("whose"))
    .values(next_order_number=_merchant.c.next_order_number + 1)
    .returning(_merchant.c.next_order_number)
)
PAID = (
    update(_order)
    .where(
        _order.c.id == bindparam("order_id"),
        _order.c.paid_at.is_(None),
        _order.c.cancelled_at.is_(None),
    )
    .values(
        paid_at=bindparam("now"),
        number=bindparam("new_number"),
        processing_at=null(),
        expired_at=null(),
    )
    .returning(_order.c.id)
)
_counter = NEXT_NUMBER.cte("counter")
PAID_AND_NUMBERED = PAID.values(number=select(_counter.c.next_order_number - 1).scalar_subquery())


def order_asked(order_id: int) -> Asked:
    """Return what asks for an order as it is now, for `mark_paid`, and for what else its payment
    has set off. What it says of lines is good for who has locked what they hold."""
    return ORDER, {"order_id": order_id}


def mark_paid(
    session: Session,
    order: AnyRow,
    *,
    path: Sequence[AnyRow],
    kinds: Iterable[LineKind],
    now: datetime,
    booked: Sequence[Group] = (),
) -> None:
    """Give the order its number, credit whoever led to it along its `path`, and promise what a sale
    sets off; `booked` is the money, written down with that.

    Raises `TryAgain` where it was cancelled or paid since it was read.
    """
    shares = attribution.shares_of(path)
    receipt = jobs.promise(
        "send_receipt",
        {"order_id": order.id},
        merchant_id=order.merchant_id,
        now=now,
        unique_key=str(order.id),
    )
    insert_groups(
        session,
        (
            *booked,
            attribution.assigned(order.merchant_id, order.id, shares, now=now),
            credit.sold(order, shares, now=now),
            (OrderEvent, [line(order.merchant_id, order.id, kind="paid", now=now)]),
            (Job, [receipt]),
        ),
    )
    if order.has_other_kinds:
        for each in session.scalars(select(LineItem).where(LineItem.order_id == order.id)):
            kind_named(each.kind, kinds).on_paid(session, each, now)
    if not _number(session, order, now=now):
        # What is only a value locks no stock, so nobody had to wait for us; we are told again.
        raise TryAgain
    announce(session, "order_paid", order=order.public_id)


def _number(session: Session, order: AnyRow, *, now: datetime) -> bool:
    """Give an order its number with the moment at which it was paid, unless it is paid or cancelled
    already. The counter is the merchant's hottest row: it is locked last, for the shortest time."""
    merchant, unpaid = {"whose": order.merchant_id}, {"order_id": order.id, "now": now}
    if not is_sqlite(session):
        return bool(read(session, PAID_AND_NUMBERED, **merchant, **unpaid))
    ((number,),) = read(session, NEXT_NUMBER, **merchant)
    return bool(read(session, PAID, **unpaid, new_number=number - 1))


def settle_free(
    session: Session, order_id: int, *, kinds: Iterable[LineKind], now: datetime
) -> None:
    """Sell what an order holds that costs nothing: there is nothing to ask of the gateway."""
    stock.lock(session, order_id)
    if not stock.sell(session, order_id, now=now):
        raise Conflict("sold_out")
    paid_uses.take(session, order_id, now=now)
    ((order,),) = read_each(session, order_asked(order_id))
    path = attribution.path_asked(order.merchant_id, order_id)
    mark_paid(session, order, path=read_each(session, path)[0], kinds=kinds, now=now)


def take_back_free(
    session: Session, order_id: int, *, kinds: Iterable[LineKind], now: datetime
) -> None:
    """Put back what an order held that cost nothing: units on sale, uses of offers. Call
    `stock.lock` first. Raises what the lines' kinds refuse with."""
    lines = session.scalars(
        select(LineItem).where(LineItem.order_id == order_id).order_by(LineItem.variant_id)
    ).all()
    for each in lines:
        taken = Taken("", each.quantity - each.restocked_quantity, 0, at=now)
        kind_named(each.kind, kinds).before_refund(session, each, taken)
        if each.variant_id is not None:
            stock.put_back(session, each.variant_id, taken.quantity)
    session.execute(
        update(LineItem)
        .where(LineItem.order_id == order_id)
        .values(restocked_quantity=LineItem.quantity)
        .execution_options(synchronize_session=False)
    )
    paid_uses.give_back(session, order_id, now=now)

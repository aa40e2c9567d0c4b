"""The self-audit: rules that must hold for every row, and the rows that break them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import case, func, or_, select

from storefront.domain.attribution import MODELS
from storefront.domain.money import FULL_SHARE
from storefront.models import (
    Attribution,
    CreditEntry,
    Dispute,
    LedgerEntry,
    LineItem,
    Merchant,
    Order,
    OrderOrigin,
    OrderTouchpoint,
    Payment,
    Refund,
    Variant,
)
from storefront.services.ledger import Account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy import ColumnElement, ScalarSelect
    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Finding:
    """A row that breaks a rule."""

    rule: str
    table: str
    row: str
    detail: str


def audit(session: Session) -> list[Finding]:
    """Return every row that breaks a rule; none is what a shop wants to see."""
    return [finding for rule in RULES for finding in rule(session)]


def stock_is_never_oversold(session: Session) -> Iterator[Finding]:
    """Find variants whose held and sold units exceed the stock or are negative."""
    rows = session.scalars(
        select(Variant).where(
            or_(Variant.held < 0, Variant.sold < 0, Variant.held + Variant.sold > Variant.stock)
        )
    )
    for row in rows:
        detail = f"held {row.held} + sold {row.sold} of {row.stock}"
        yield Finding("stock_is_never_oversold", "variants", row.public_id, detail)


def counters_equal_lines(session: Session) -> Iterator[Finding]:
    """Find variants whose counters are not the sums of their held and sold lines."""
    is_held = LineItem.sold_at.is_(None) & LineItem.released_at.is_(None)
    held = func.coalesce(func.sum(case((is_held, LineItem.quantity), else_=0)), 0)
    sold = func.coalesce(
        func.sum(
            case(
                (LineItem.sold_at.is_not(None), LineItem.quantity - LineItem.restocked_quantity),
                else_=0,
            )
        ),
        0,
    )
    rows = session.execute(
        select(Variant.public_id, Variant.held, Variant.sold, held, sold)
        .outerjoin(LineItem, LineItem.variant_id == Variant.id)
        .group_by(Variant.id, Variant.public_id, Variant.held, Variant.sold)
        .having(or_(Variant.held != held, Variant.sold != sold))
    )
    for public_id, is_held, is_sold, held_sum, sold_sum in rows:
        detail = f"says held {is_held}, sold {is_sold}; lines say {held_sum}, {sold_sum}"
        yield Finding("counters_equal_lines", "variants", public_id, detail)


def parts_make_the_total(session: Session) -> Iterator[Finding]:
    """Find orders whose lines do not sum to the goods, or whose parts not to the total."""
    lines = _sum_of_lines()
    rows = session.execute(
        select(Order.public_id, Order.goods_minor, Order.shipping_minor, Order.total_minor, lines)
        .where(
            or_(
                Order.goods_minor != func.coalesce(lines, 0),
                Order.total_minor != Order.goods_minor + Order.shipping_minor,
            )
        )
    )  # fmt: skip
    for public_id, goods, shipping, total, line_sum in rows:
        detail = f"lines {line_sum}, goods {goods} + shipping {shipping}, total {total}"
        yield Finding("parts_make_the_total", "orders", public_id, detail)


def _sum_of_lines() -> ScalarSelect[int]:
    return (
        select(func.sum(LineItem.total_minor))
        .where(LineItem.order_id == Order.id)
        .correlate(Order)
        .scalar_subquery()
    )


def every_order_has_one_origin(session: Session) -> Iterator[Finding]:
    """Find orders without exactly one origin, which may be "direct"."""
    origins = (
        select(func.count())
        .where(OrderOrigin.order_id == Order.id)
        .correlate(Order)
        .scalar_subquery()
    )
    for public_id, count in session.execute(select(Order.public_id, origins).where(origins != 1)):
        yield Finding("every_order_has_one_origin", "orders", public_id, f"{count} origins")


def origins_are_on_the_path(session: Session) -> Iterator[Finding]:
    """Find origins that are no touchpoint of their order, or direct in spite of touchpoints."""
    on_path = select(OrderTouchpoint.id).where(
        OrderTouchpoint.order_id == OrderOrigin.order_id,
        OrderTouchpoint.interaction_id == OrderOrigin.interaction_id,
    )
    any_touch = select(OrderTouchpoint.id).where(OrderTouchpoint.order_id == OrderOrigin.order_id)
    rows = session.execute(
        select(Order.public_id, OrderOrigin.interaction_id)
        .join(Order, Order.id == OrderOrigin.order_id)
        .where(
            or_(
                OrderOrigin.interaction_id.is_not(None) & ~on_path.exists(),
                OrderOrigin.interaction_id.is_(None) & any_touch.exists(),
            )
        )
    )
    for public_id, interaction_id in rows:
        yield Finding("origins_are_on_the_path", "order_origins", public_id, f"{interaction_id}")


def credit_sums_to_one_whole(session: Session) -> Iterator[Finding]:
    """Find paid orders whose credit is not 10,000 under a model, and unpaid ones with any."""
    for model in MODELS:
        share = (
            select(func.coalesce(func.sum(Attribution.share), 0))
            .where(Attribution.order_id == Order.id, Attribution.model == model)
            .correlate(Order)
            .scalar_subquery()
        )
        due = case((Order.paid_at.is_not(None), FULL_SHARE), else_=0)
        for public_id, total in session.execute(select(Order.public_id, share).where(share != due)):
            detail = f"{model} sums to {total}"
            yield Finding("credit_sums_to_one_whole", "attributions", public_id, detail)


def paid_orders_have_their_money(session: Session) -> Iterator[Finding]:
    """Find paid orders without exactly one payment that succeeded and was kept."""
    kept = (
        select(func.count())
        .where(
            Payment.order_id == Order.id,
            Payment.succeeded_at.is_not(None),
            Payment.amount_minor == Order.total_minor,
            Payment.returned_at.is_(None),
        )
        .correlate(Order)
        .scalar_subquery()
    )
    due = case((Order.paid_at.is_not(None), 1), else_=0)
    for public_id, count in session.execute(select(Order.public_id, kept).where(kept != due)):
        detail = f"{count} payments that succeeded"
        yield Finding("paid_orders_have_their_money", "orders", public_id, detail)


def paid_lines_are_sold(session: Session) -> Iterator[Finding]:
    """Find lines of paid orders that are not sold, and sold lines of others."""
    rows = session.execute(
        select(Order.public_id, LineItem.position)
        .join(LineItem, LineItem.order_id == Order.id)
        .where(Order.paid_at.is_(None) != LineItem.sold_at.is_(None))
    )
    for public_id, position in rows:
        yield Finding("paid_lines_are_sold", "line_items", public_id, f"line {position}")


def refunds_never_exceed_payments(session: Session) -> Iterator[Finding]:
    """Find payments whose count of what went back is not that of their refunds, or too high."""
    given_back = func.coalesce(
        select(func.sum(Refund.amount_minor))
        .where(
            Refund.payment_id == Payment.id,
            Refund.booked_at.is_not(None),
            Refund.failed_at.is_(None),
        )
        .correlate(Payment)
        .scalar_subquery(),
        0,
    )
    rows = session.execute(
        select(Payment.public_id, Payment.amount_minor, Payment.refunded_minor, given_back).where(
            or_(given_back > Payment.amount_minor, given_back != Payment.refunded_minor)
        )
    )
    for public_id, amount, counted, back in rows:
        detail = f"{back} given back of {amount}, counted {counted}"
        yield Finding("refunds_never_exceed_payments", "payments", public_id, detail)


def refunded_parts_make_the_whole(session: Session) -> Iterator[Finding]:
    """Find orders whose refunded lines and shipping are not what their kept payment gave back."""
    lines = (
        select(func.sum(LineItem.refunded_minor))
        .where(LineItem.order_id == Order.id)
        .correlate(Order)
        .scalar_subquery()
    )
    payments = (
        select(func.sum(Payment.refunded_minor))
        .where(Payment.order_id == Order.id, Payment.returned_at.is_(None))
        .correlate(Order)
        .scalar_subquery()
    )
    of_parts = func.coalesce(lines, 0) + Order.shipping_refunded_minor
    of_payments = func.coalesce(payments, 0)
    rows = session.execute(
        select(Order.public_id, Order.refunded_minor, of_parts, of_payments).where(
            or_(Order.refunded_minor != of_parts, Order.refunded_minor != of_payments)
        )
    )
    for public_id, counted, parts, paid_back in rows:
        detail = f"refunded {counted}, parts {parts}, payments {paid_back}"
        yield Finding("refunded_parts_make_the_whole", "orders", public_id, detail)


def transactions_sum_to_zero(session: Session) -> Iterator[Finding]:
    """Find transactions of the ledger whose entries do not sum to zero."""
    total = func.sum(LedgerEntry.amount_minor)
    rows = session.execute(
        select(LedgerEntry.transaction_id, total)
        .group_by(LedgerEntry.merchant_id, LedgerEntry.transaction_id, LedgerEntry.currency)
        .having(total != 0)
    )
    for transaction, rest in rows:
        yield Finding("transactions_sum_to_zero", "ledger_entries", transaction, f"sums to {rest}")


def merchants_ledgers_sum_to_zero(session: Session) -> Iterator[Finding]:
    """Find merchants whose whole ledger does not sum to zero in a currency."""
    total = func.sum(LedgerEntry.amount_minor)
    rows = session.execute(
        select(Merchant.public_id, LedgerEntry.currency, total)
        .join(Merchant, Merchant.id == LedgerEntry.merchant_id)
        .group_by(Merchant.public_id, LedgerEntry.currency)
        .having(total != 0)
    )
    for merchant, currency, rest in rows:
        detail = f"{currency} sums to {rest}"
        yield Finding("merchants_ledgers_sum_to_zero", "ledger_entries", merchant, detail)


def the_ledger_knows_every_payment(session: Session) -> Iterator[Finding]:
    """Find payments of which the ledger holds not what came in less what went back."""
    held = func.coalesce(
        select(func.sum(LedgerEntry.amount_minor))
        .where(LedgerEntry.payment_id == Payment.id, LedgerEntry.account == Account.GATEWAY.value)
        .correlate(Payment)
        .scalar_subquery(),
        0,
    )
    due = case(
        (
            Payment.succeeded_at.is_not(None),
            Payment.amount_minor - Payment.refunded_minor - _withdrawn(),
        ),
        else_=0,
    )
    rows = session.execute(select(Payment.public_id, held, due).where(held != due))
    for public_id, booked, expected in rows:
        detail = f"the ledger says {booked}, the payment {expected}"
        yield Finding("the_ledger_knows_every_payment", "payments", public_id, detail)


def _withdrawn() -> ColumnElement[int]:
    """Return what disputes have taken from a payment and not given back."""
    taken = (
        select(func.sum(Dispute.amount_minor))
        .where(
            Dispute.payment_id == Payment.id,
            Dispute.withdrawn_at.is_not(None),
            Dispute.won_at.is_(None),
        )
        .correlate(Payment)
        .scalar_subquery()
    )
    return func.coalesce(taken, 0)


def credit_equals_net_revenue(session: Session) -> Iterator[Finding]:
    """Find paid orders whose credit under some model is not what they have earned net."""
    for model in MODELS:
        credited = func.coalesce(
            select(func.sum(CreditEntry.amount_minor))
            .where(CreditEntry.order_id == Order.id, CreditEntry.model == model)
            .correlate(Order)
            .scalar_subquery(),
            0,
        )
        due = case((Order.paid_at.is_not(None), Order.total_minor - Order.refunded_minor), else_=0)
        rows = session.execute(select(Order.public_id, credited, due).where(credited != due))
        for public_id, given, earned in rows:
            detail = f"{model} has {given} of {earned}"
            yield Finding("credit_equals_net_revenue", "credit_entries", public_id, detail)


RULES: tuple[Callable[[Session], Iterable[Finding]], ...] = (
    stock_is_never_oversold,
    counters_equal_lines,
    parts_make_the_total,
    every_order_has_one_origin,
    origins_are_on_the_path,
    credit_sums_to_one_whole,
    paid_orders_have_their_money,
    paid_lines_are_sold,
    refunds_never_exceed_payments,
    refunded_parts_make_the_whole,
    transactions_sum_to_zero,
    merchants_ledgers_sum_to_zero,
    the_ledger_knows_every_payment,
    credit_equals_net_revenue,
)

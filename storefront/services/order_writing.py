"""An order written down with everything that belongs to it; its payment is opened elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import String, cast, func

from storefront.db.ids import public_id
from storefront.db.together import THE_ID, FromId, insert_family
from storefront.domain.orders import HoldTerms, hold_end
from storefront.errors import Conflict
from storefront.kinds import Wished
from storefront.models import Job, LineItem, Order, OrderContact, OrderEvent, Payment
from storefront.services import (
    attribution,
    idempotency,
    jobs,
    offer_uses,
    order_discounts,
    order_lines,
    stock,
)
from storefront.services.history import line
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.db.together import Group
    from storefront.domain.money import Money
    from storefront.ports import Ports
    from storefront.services.idempotency import Turn
    from storefront.services.order_preparing import Prepared
    from storefront.services.order_requests import Buyer

FIRST = 1
"""The attempt that an order is placed with."""

ID_AS_TEXT = FromId(str, lambda row_id: cast(row_id, String))
ID_AS_PAYLOAD = FromId(
    lambda row_id: {"order_id": row_id},
    lambda row_id: func.json_build_object("order_id", row_id),
)


@frozen
class Draft:
    """An order written down, for which the gateway is still to be asked; without a payment where
    there is nothing to pay."""

    order_id: int
    public_id: str
    payment_public_id: str
    account: str
    amount: Money
    held_until: datetime
    turn: Turn


def write_down(
    session: Session, ports: Ports, request: Prepared, *, turn: Turn, name: str
) -> Draft:
    """Write the order with everything that belongs to it; hot rows are touched last."""
    merchant, now, command = request.placement.merchant, request.now, request.command
    order_discounts.refuse_lost(request.offered, codes=command.codes, seen=command.entered.seen)
    amounts = request.quote.sums
    if command.seen_total not in (None, amounts.total.minor):
        raise Conflict("price_changed", field="seen_total")
    terms = HoldTerms(ports.settings.hold_time, ports.settings.hold_longest)
    held_until = hold_end(now, now, terms)
    payment = public_id("pay") if amounts.total.minor else ""
    if not turn.is_new:
        idempotency.name_subject(session, turn, name)
    order_id = insert_family(
        session,
        Order,
        _belongings(request, payment=payment, held_until=held_until),
        merchant_id=merchant.id,
        public_id=name,
        placement_id=request.placement.id,
        store_id=request.store.id if request.store else None,
        visitor=command.visitor.key,
        buyer_key=request.buyer_key,
        fulfilment=command.fulfilment,
        locale=command.locale,
        currency=merchant.currency,
        goods_minor=amounts.goods.minor,
        discount_minor=amounts.discount.minor,
        shipping_minor=amounts.shipping.minor,
        shipping_name=request.quote.shipping_name,
        shipping_tax_minor=amounts.shipping_tax.minor,
        tax_minor=amounts.tax.minor,
        tax_name=request.quote.tax_name,
        is_tax_included=amounts.is_tax_included,
        total_minor=amounts.total.minor,
        placed_at=now,
        held_until=held_until,
    )
    if command.asked is not None:
        for each in order_lines.read_lines(session, order_id):
            request.kind.on_placed(session, each, Wished(command.asked[1], now))
    order_discounts.write(
        session, merchant.id, order_id, offered=request.offered, currency=merchant.currency
    )
    uses = order_discounts.uses(request.offered)
    offer_uses.write(
        session, merchant.id, order_id, buyer_key=request.buyer_key, uses=uses, now=now
    )
    stock.hold(session, order_lines.held_of(request.lines), now=now)
    offer_uses.hold(session, uses, now=now)
    return Draft(order_id, name, payment, merchant.stripe_account, amounts.total, held_until, turn)


def _belongings(request: Prepared, *, payment: str, held_until: datetime) -> list[Group]:
    """Return the rows that an order is written down with: its lines, whom to reach, what is to be
    asked of the gateway (nothing where there is nothing to pay), what led here, that it was placed,
    and the promise to end it."""
    merchant, now, command = request.placement.merchant, request.now, request.command
    expiry = jobs.promise(
        "expire_order",
        ID_AS_PAYLOAD,
        merchant_id=merchant.id,
        now=now,
        run_at=held_until,
        unique_key=ID_AS_TEXT,
    )
    lines = order_lines.rows_of(
        merchant.id, lines=request.lines, sums=request.quote.sums, kind=request.kind
    )
    return [
        (LineItem, lines),
        (OrderContact, [_contact(merchant.id, command.buyer)]),
        (Payment, [_asked_payment(request, payment)] if payment else []),
        *attribution.frozen(
            merchant.id, THE_ID, path=request.path, evidence=command.visitor.evidence
        ),
        (OrderEvent, [line(merchant.id, THE_ID, kind="placed", now=now)]),
        (Job, [expiry]),
    ]


def _contact(merchant_id: int, buyer: Buyer) -> dict[str, object]:
    return {
        "merchant_id": merchant_id,
        "order_id": THE_ID,
        "email": buyer.email,
        "name": buyer.name,
        "phone": buyer.phone,
        "address": dict(buyer.address or {}),
        "note": buyer.note,
    }


def _asked_payment(request: Prepared, name: str) -> dict[str, object]:
    merchant = request.placement.merchant
    return {
        "merchant_id": merchant.id,
        "order_id": THE_ID,
        "public_id": name,
        "attempt": FIRST,
        "amount_minor": request.quote.sums.total.minor,
        "currency": merchant.currency,
        "account": merchant.stripe_account,
        "created_at": request.now,
    }

"""What an order's page and its letters read, in few statements: the order with whoever it is from
and for, and its lines. What follows from that is said in orders.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import String, bindparam, cast, exists, func, select

from storefront.db.hot import read, read_one, table_of
from storefront.models import (
    Channel,
    Dispute,
    Interaction,
    Job,
    LineItem,
    Merchant,
    Order,
    OrderContact,
    OrderOrigin,
    OrderRefusal,
    Payment,
    Placement,
    ProductImage,
    Shipment,
    Store,
    Variant,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from storefront.db.hot import AnyRow, Asked

_order, _contact, _store, _merchant = map(table_of, (Order, OrderContact, Store, Merchant))
_line, _variant, _image = map(table_of, (LineItem, Variant, ProductImage))
_refusal, _shipment = map(table_of, (OrderRefusal, Shipment))
_origin, _act, _placement, _channel = map(table_of, (OrderOrigin, Interaction, Placement, Channel))
_payment, _dispute, _receipt = map(table_of, (Payment, Dispute, Job))
_disputed, _first = _payment.alias(), _image.alias()

_latest_attempt = (
    select(func.max(_disputed.c.attempt))
    .where(
        _disputed.c.merchant_id == _order.c.merchant_id,
        _disputed.c.order_id == _order.c.id,
    )
    .scalar_subquery()
)
_is_taken_back = (
    exists()
    .where(
        _disputed.c.merchant_id == _order.c.merchant_id,
        _disputed.c.order_id == _order.c.id,
        _dispute.c.merchant_id == _order.c.merchant_id,
        _dispute.c.payment_id == _disputed.c.id,
        _dispute.c.withdrawn_at.is_not(None),
        _dispute.c.won_at.is_(None),
    )
    .correlate(_order)
)
_has_refusals = exists().where(
    _refusal.c.merchant_id == _order.c.merchant_id, _refusal.c.order_id == _order.c.id
)
ORDERS = (
    select(
        *(column for column in _order.c if column.name not in {"visitor", "buyer_key"}),
        _contact.c.email,
        _contact.c.name,
        _contact.c.address,
        _merchant.c.tax_number,
        _merchant.c.cancel_minutes,
        _store.c.public_id.label("store_public_id"),
        _store.c.name.label("store_name"),
        _store.c.address.label("store_address"),
        _store.c.hours,
        _payment.c.failure,
        _payment.c.client_secret,
        _payment.c.account,
        _placement.c.name.label("origin_post"),
        _channel.c.name.label("origin_channel"),
        _act.c.share_id,
        _is_taken_back.label("is_taken_back"),
        _has_refusals.label("has_refusals"),
        _receipt.c.created_at.label("receipt_due_at"),
        _receipt.c.done_at.label("receipt_done_at"),
        _receipt.c.given_up_at.label("receipt_given_up_at"),
    )
    .join(_merchant, _merchant.c.id == _order.c.merchant_id)
    .outerjoin(
        _contact,
        (_contact.c.merchant_id == _order.c.merchant_id) & (_contact.c.order_id == _order.c.id),
    )
    .outerjoin(_store, _store.c.id == _order.c.store_id)
    .outerjoin(
        _payment,
        (_payment.c.merchant_id == _order.c.merchant_id)
        & (_payment.c.order_id == _order.c.id)
        & (_payment.c.attempt == _latest_attempt),
    )
    .outerjoin(
        _origin,
        (_origin.c.merchant_id == _order.c.merchant_id) & (_origin.c.order_id == _order.c.id),
    )
    .outerjoin(_act, _act.c.id == _origin.c.interaction_id)
    .outerjoin(_placement, _placement.c.id == _act.c.placement_id)
    .outerjoin(_channel, _channel.c.id == _placement.c.channel_id)
    .outerjoin(
        _receipt,
        (_receipt.c.merchant_id == _order.c.merchant_id)
        & (_receipt.c.name == "send_receipt")
        & (_receipt.c.unique_key == cast(_order.c.id, String)),
    )
)
BY_NAME = ORDERS.where(
    _order.c.merchant_id == bindparam("merchant_id"), _order.c.public_id == bindparam("public_id")
)
BY_ID = ORDERS.where(_order.c.id == bindparam("order_id"))
_first_image = (
    select(_first.c.id)
    .where(
        _first.c.merchant_id == _variant.c.merchant_id,
        _first.c.product_id == _variant.c.product_id,
    )
    .order_by(_first.c.position, _first.c.id)
    .limit(1)
    .scalar_subquery()
)
LINES = (
    select(
        *(column for column in _line.c if column.name not in {"merchant_id", "order_id"}),
        _image.c.file,
        _image.c.alt,
        _image.c.width,
        _image.c.height,
        _image.c.widths,
    )
    .outerjoin(_variant, _variant.c.id == _line.c.variant_id)
    .outerjoin(_image, _image.c.id == _first_image)
    .where(
        _line.c.merchant_id == bindparam("merchant_id"), _line.c.order_id == bindparam("order_id")
    )
    .order_by(_line.c.position)
)
SHIPMENT = select(_shipment.c.carrier, _shipment.c.tracking_number, _shipment.c.tracking_url).where(
    _shipment.c.merchant_id == bindparam("merchant_id"),
    _shipment.c.order_id == bindparam("order_id"),
)


def find_named(session: Session, merchant_id: int, public_id: str) -> AnyRow | None:
    """Return an order of a merchant with all that stands in one row of it."""
    return read_one(session, BY_NAME, merchant_id=merchant_id, public_id=public_id)


def find_by_id(session: Session, order_id: int) -> AnyRow | None:
    """Return an order by its key, as `find_named` does."""
    return read_one(session, BY_ID, order_id=order_id)


def lines_of(session: Session, order: AnyRow) -> Sequence[AnyRow]:
    """Return an order's lines, each with the first picture of what it is about, if there is one."""
    statement, values = lines_asked(order)
    return read(session, statement, **values)


def lines_asked(order: AnyRow) -> Asked:
    """Return what `lines_of` asks."""
    return LINES, {"merchant_id": order.merchant_id, "order_id": order.id}


def find_shipment(session: Session, order: AnyRow) -> AnyRow | None:
    """Return how a shipped order can be followed, as far as somebody told."""
    return read_one(session, SHIPMENT, merchant_id=order.merchant_id, order_id=order.id)

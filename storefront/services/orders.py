"""Read orders: as their buyers may see them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from storefront.domain.fulfilment import buyer_may_cancel_until, stage
from storefront.domain.money import Money
from storefront.domain.orders import OrderStatus, status
from storefront.errors import NotFound
from storefront.models import (
    Dispute,
    Merchant,
    Order,
    Payment,
    ProductImage,
    Shipment,
    Store,
    Variant,
)
from storefront.services import receipts
from storefront.services.checkout import ORDER_PURPOSE
from storefront.services.pictures import picture_view
from storefront.services.placements import get_placement_by_id
from storefront.services.views import (
    ImageView,
    OrderLineView,
    OrderView,
    StoreView,
    SumsView,
    TrackingView,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.kinds import LineKind, Panel
    from storefront.ports import Signer
    from storefront.settings import Settings


def read_order_token(sign: Signer, token: str | None, order_public_id: str) -> int:
    """Return the merchant id that the token vouches for; raise `NotFound` for any other token."""
    value = sign.unseal(ORDER_PURPOSE, token or "")
    if not isinstance(value, list) or len(value) != 2 or value[1] != order_public_id:  # noqa: PLR2004
        raise NotFound
    return int(value[0])


def get_order(
    session: Session, merchant_id: int, public_id: str, *, settings: Settings, now: datetime
) -> OrderView:
    """Return an order of this merchant; raise `NotFound` otherwise."""
    return order_view(session, load_order(session, merchant_id, public_id), settings, now=now)


def load_order(session: Session, merchant_id: int, public_id: str) -> Order:
    """Return the row of an order of this merchant, with its lines; raise `NotFound` otherwise."""
    order = session.scalars(
        select(Order)
        .options(selectinload(Order.lines), joinedload(Order.contact))
        .where(Order.merchant_id == merchant_id, Order.public_id == public_id)
    ).first()
    if order is None:
        raise NotFound
    return order


def panels_of(
    session: Session, order: Order, *, kinds: Iterable[LineKind], now: datetime
) -> tuple[Panel, ...]:
    """Return what kinds of lines add to an order, on its page and in its letters."""
    shown = [kind.show(session, order, now) for kind in kinds]
    return tuple(panel for panel in shown if panel)


def order_view(session: Session, order: Order, settings: Settings, *, now: datetime) -> OrderView:
    """Return an order that has been loaded with its lines, for its buyer's eyes."""
    payment = session.scalars(
        select(Payment).where(Payment.order_id == order.id).order_by(Payment.attempt.desc())
    ).first()
    contact = order.contact
    address = contact.address if contact else {}
    found = status(order.facts, now)
    return OrderView(
        public_id=order.public_id,
        number=order.number,
        status=found,
        is_taken_back=order.paid_at is not None and _is_taken_back(session, order.id),
        is_settling=found is OrderStatus.EXPIRED and order.expired_at is None,
        lines=_lines(session, order, settings),
        sums=_sums(order),
        refunded=Money(order.refunded_minor, order.currency),
        placed_at=order.placed_at,
        expires_at=order.held_until,
        paid_at=order.paid_at,
        fulfilment=order.fulfilment,
        store=_store(session, order.store_id),
        email=contact.email if contact else "",
        name=contact.name if contact else "",
        address=tuple(part for part in address.values() if part),
        failure=payment.failure if payment else None,
        client_secret=payment.client_secret if payment else None,
        account=payment.account if payment else "",
        placement=get_placement_by_id(session, order.placement_id),
        stage=stage(order.facts),
        ready_at=order.ready_at,
        picked_up_at=order.picked_up_at,
        shipped_at=order.shipped_at,
        cancelled_at=order.cancelled_at,
        tracking=_tracking(session, order) if order.shipped_at else None,
        cancel_until=_cancel_until(session, order, now=now) if order.paid_at else None,
        refusals=receipts.refusals_of(session, order),
        origin=receipts.origin_of(session, order),
        tax_number=session.get_one(Merchant, order.merchant_id).tax_number or "",
    )


def _tracking(session: Session, order: Order) -> TrackingView | None:
    row = session.scalars(
        select(Shipment).where(
            Shipment.merchant_id == order.merchant_id, Shipment.order_id == order.id
        )
    ).first()
    return TrackingView(row.carrier, row.tracking_number, row.tracking_url) if row else None


def _cancel_until(session: Session, order: Order, *, now: datetime) -> datetime | None:
    within = cancel_time(session, order.merchant_id)
    return buyer_may_cancel_until(order.facts, within=within, now=now)


def cancel_time(session: Session, merchant_id: int) -> timedelta:
    """Return for how long after paying this merchant's buyers may cancel."""
    minutes = session.scalar(select(Merchant.cancel_minutes).where(Merchant.id == merchant_id))
    return timedelta(minutes=minutes or 0)


def _sums(order: Order) -> SumsView:
    def money(minor: int) -> Money:
        return Money(minor, order.currency)

    return SumsView(
        goods=money(order.goods_minor),
        discount=money(order.discount_minor),
        fulfilment=order.fulfilment,
        shipping=money(order.shipping_minor),
        shipping_name=order.shipping_name,
        tax=money(order.tax_minor),
        tax_name=order.tax_name,
        tax_ppm=max((line.tax_ppm for line in order.lines), default=0),
        is_tax_included=order.is_tax_included,
        total=order.total,
    )


def _is_taken_back(session: Session, order_id: int) -> bool:
    """Return whether a bank has taken the order's money back over a dispute that is not won."""
    found = session.scalar(
        select(Dispute.id)
        .join(Payment, Payment.id == Dispute.payment_id)
        .where(
            Payment.order_id == order_id,
            Dispute.withdrawn_at.is_not(None),
            Dispute.won_at.is_(None),
        )
        .limit(1)
    )
    return found is not None


def _lines(session: Session, order: Order, settings: Settings) -> tuple[OrderLineView, ...]:
    pictures = _pictures(
        session, [line.variant_id for line in order.lines if line.variant_id], settings
    )
    discounts = receipts.discounts_of(session, order) if order.discount_minor else {}
    return tuple(
        OrderLineView(
            position=line.position,
            title=line.title,
            variant=line.variant_name,
            sku=line.sku,
            quantity=line.quantity,
            unit=line.unit,
            listed=line.unit * line.quantity,
            discount=Money(line.discount_minor, line.currency),
            tax=Money(line.tax_minor, line.currency),
            total=line.total,
            refunded_quantity=line.refunded_quantity,
            refunded=Money(line.refunded_minor, line.currency),
            image=pictures.get(line.variant_id or 0),
            discounts=discounts.get(line.position, ()),
        )
        for line in order.lines
    )


def _pictures(session: Session, variant_ids: list[int], settings: Settings) -> dict[int, ImageView]:
    rows = session.execute(
        select(Variant.id, ProductImage)
        .join(ProductImage, ProductImage.product_id == Variant.product_id)
        .where(Variant.id.in_(variant_ids))
        .order_by(ProductImage.position.desc(), ProductImage.id.desc())
    )
    return {variant_id: picture_view(image, settings) for variant_id, image in rows}


def _store(session: Session, store_id: int | None) -> StoreView | None:
    if store_id is None:
        return None
    store = session.get_one(Store, store_id)
    return StoreView(store.id, store.public_id, store.name, store.address, store.hours)

"""Read orders: as their buyers may see them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from storefront import links
from storefront.db.hot import ask_ahead
from storefront.domain.fulfilment import buyer_may_cancel_until, stage
from storefront.domain.money import Money
from storefront.domain.orders import OrderFacts, OrderStatus, status
from storefront.errors import NotFound
from storefront.kinds import GOODS
from storefront.models import Merchant, Order
from storefront.services import order_rows, receipts
from storefront.services.placements import asked_by_id, get_placement_by_id
from storefront.services.views import (
    ImageView,
    OrderLineView,
    OrderView,
    ReceiptView,
    StoreView,
    SumsView,
    TrackingView,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.db.hot import AnyRow
    from storefront.kinds import LineKind, Panel
    from storefront.services.views import DiscountView
    from storefront.settings import Settings


def get_order(
    session: Session, merchant_id: int, public_id: str, *, settings: Settings, now: datetime
) -> OrderView:
    """Return an order of this merchant; raise `NotFound` otherwise."""
    return _seen(session, order_rows.find_named(session, merchant_id, public_id), settings, now=now)


def get_order_by_id(
    session: Session, order_id: int, *, settings: Settings, now: datetime
) -> OrderView:
    """Return the order with this key; raise `NotFound` where there is none."""
    return _seen(session, order_rows.find_by_id(session, order_id), settings, now=now)


def panels_of(
    session: Session, order: OrderView, *, kinds: Iterable[LineKind], now: datetime
) -> tuple[Panel, ...]:
    """Return what the kinds of an order's lines add to it, on its page and in its letters."""
    there = {line.kind for line in order.lines} - {GOODS.name}
    if not there:
        return ()
    row = session.get_one(Order, order.id)
    shown = [kind.show(session, row, now) for kind in kinds if kind.name in there]
    return tuple(panel for panel in shown if panel)


def _seen(session: Session, row: AnyRow | None, settings: Settings, *, now: datetime) -> OrderView:
    """Return an order for its buyer's eyes."""
    if row is None:
        raise NotFound
    ask_ahead(session, order_rows.lines_asked(row), *asked_by_id(row.placement_id, row.merchant_id))
    lines = order_rows.lines_of(session, row)
    facts = _facts(row)
    found = status(facts, now)
    return OrderView(
        id=row.id,
        public_id=row.public_id,
        number=row.number,
        locale=row.locale,
        status=found,
        is_taken_back=row.paid_at is not None and row.is_taken_back,
        is_settling=found is OrderStatus.EXPIRED and row.expired_at is None,
        lines=_lines(lines, receipts.discounts_of(session, row), settings),
        sums=_sums(row, lines),
        refunded=Money(row.refunded_minor, row.currency),
        placed_at=row.placed_at,
        expires_at=row.held_until,
        paid_at=row.paid_at,
        fulfilment=row.fulfilment,
        store=_store(row),
        email=row.email or "",
        name=row.name or "",
        address=tuple(part for part in (row.address or {}).values() if part),
        town=_town(row.address or {}),
        failure=row.failure,
        client_secret=row.client_secret,
        account=row.account or "",
        placement=get_placement_by_id(session, row.placement_id),
        stage=stage(facts),
        ready_at=row.ready_at,
        picked_up_at=row.picked_up_at,
        shipped_at=row.shipped_at,
        cancelled_at=row.cancelled_at,
        tracking=_tracking(session, row) if row.shipped_at else None,
        cancel_until=buyer_may_cancel_until(
            facts, within=timedelta(minutes=row.cancel_minutes), now=now
        ),
        refusals=receipts.refusals_of(session, row),
        origin=receipts.origin_of(row),
        tax_number=row.tax_number or "",
        receipt=_receipt(row),
    )


def _town(address: Mapping[str, str]) -> str:
    return " ".join(part for part in (address.get("postcode"), address.get("city")) if part)


def _receipt(row: AnyRow) -> ReceiptView:
    """Return how far the mail is by the promise of it, which is forgotten some time after."""
    is_open = row.receipt_done_at is None and row.receipt_given_up_at is None
    return ReceiptView(
        sent_at=None if row.receipt_given_up_at else row.receipt_done_at,
        is_due=row.receipt_due_at is not None and is_open,
        has_failed=row.receipt_given_up_at is not None,
    )


def _facts(row: AnyRow) -> OrderFacts:
    return OrderFacts(
        held_until=row.held_until,
        processing_at=row.processing_at,
        paid_at=row.paid_at,
        expired_at=row.expired_at,
        cancelled_at=row.cancelled_at,
        needs_review_at=row.needs_review_at,
        total_minor=row.total_minor,
        refunded_minor=row.refunded_minor,
        fulfilment=row.fulfilment,
        ready_at=row.ready_at,
        picked_up_at=row.picked_up_at,
        shipped_at=row.shipped_at,
    )


def _tracking(session: Session, order: AnyRow) -> TrackingView | None:
    row = order_rows.find_shipment(session, order)
    return TrackingView(*row) if row else None


def cancel_time(session: Session, merchant_id: int) -> timedelta:
    """Return for how long after paying this merchant's buyers may cancel."""
    minutes = session.scalar(select(Merchant.cancel_minutes).where(Merchant.id == merchant_id))
    return timedelta(minutes=minutes or 0)


def _sums(order: AnyRow, lines: Sequence[AnyRow]) -> SumsView:
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
        tax_ppm=max((line.tax_ppm for line in lines), default=0),
        is_tax_included=order.is_tax_included,
        total=money(order.total_minor),
    )


def _lines(
    lines: Sequence[AnyRow],
    discounts: Mapping[int, tuple[DiscountView, ...]],
    settings: Settings,
) -> tuple[OrderLineView, ...]:
    return tuple(
        OrderLineView(
            kind=line.kind,
            position=line.position,
            title=line.title,
            variant=line.variant_name,
            sku=line.sku,
            quantity=line.quantity,
            unit=Money(line.unit_minor, line.currency),
            listed=Money(line.unit_minor * line.quantity, line.currency),
            discount=Money(line.discount_minor, line.currency),
            tax=Money(line.tax_minor, line.currency),
            total=Money(line.total_minor, line.currency),
            refunded_quantity=line.refunded_quantity,
            refunded=Money(line.refunded_minor, line.currency),
            image=_image(line, settings),
            discounts=discounts.get(line.position, ()),
        )
        for line in lines
    )


def _image(line: AnyRow, settings: Settings) -> ImageView | None:
    if line.file is None:
        return None
    return ImageView(
        links.media(settings, line.file),
        line.alt,
        line.width,
        line.height,
        links.picture_sources(settings, line.file, line.widths),
    )


def _store(order: AnyRow) -> StoreView | None:
    if order.store_id is None:
        return None
    return StoreView(
        order.store_id,
        order.store_public_id,
        order.store_name,
        order.store_address,
        order.hours,
    )

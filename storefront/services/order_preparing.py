"""What an order would be: looked up and priced, or refused at the price of a read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from storefront.errors import Invalid
from storefront.kinds import GOODS, Asking, kind_named
from storefront.services import attribution, card_testing, order_lines, stock
from storefront.services.offering import Occasion, offer_lines
from storefront.services.order_foresight import ask_about_order
from storefront.services.order_requests import PlaceOrder, buyer_key
from storefront.services.quotes import Destination, price_lines
from storefront.services.shelf import list_stores
from storefront.services.taxes import Place
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.domain.attribution import Touch
    from storefront.kinds import LineKind
    from storefront.ports import Ports
    from storefront.services.offering import Offered
    from storefront.services.views import CartLineView, PlacementView, QuoteView, StoreView


@frozen
class Prepared:
    """Everything that is written down when the order is placed."""

    placement: PlacementView
    lines: Sequence[CartLineView]
    offered: Offered
    quote: QuoteView
    store: StoreView | None
    command: PlaceOrder
    kind: LineKind
    buyer_key: str
    path: Sequence[Touch]
    now: datetime


def prepare(
    session: Session,
    ports: Ports,
    placement: PlacementView,
    *,
    command: PlaceOrder,
    now: datetime,
) -> Prepared:
    """Look up what is ordered and what it costs; refuse what can be seen to be gone."""
    visitor, email = command.visitor, command.buyer.email
    key, destination = buyer_key(ports.sign, email), destination_of(command)
    if command.asked is None:
        ask_about_order(
            session, ports, placement.merchant, command=command, destination=destination, now=now
        )
    kind, lines = _find_lines(session, ports, placement, command=command, key=key, now=now)
    scarce = [line for line in lines if order_lines.is_scarce(line)]
    stock.refuse_what_is_gone(session, order_lines.held_of(scarce), now=now)
    store = _find_store(session, placement, command)
    offered = _offer(session, placement, lines, command=command, key=key, now=now)
    quote = price_lines(
        session,
        placement.merchant,
        lines,
        destination=destination,
        discounts=offered.discounts,
    )
    merchant_id = placement.merchant.id
    card_testing.refuse_many_failures(
        session, merchant_id, visitor=visitor.key, email=email, now=now
    )
    path = attribution.find_path(
        session, merchant_id, visitor, now=now, lookback=ports.settings.lookback
    )
    return Prepared(placement, lines, offered, quote, store, command, kind, key, path, now)


def _offer(
    session: Session,
    placement: PlacementView,
    lines: Sequence[CartLineView],
    *,
    command: PlaceOrder,
    key: str,
    now: datetime,
) -> Offered:
    codes = (*command.entered.codes, *command.codes)
    entered, visitor = replace(command.entered, codes=codes), command.visitor
    known = visitor.key if visitor.is_known else None
    occasion = Occasion(now, placement.id, entered, key, visitor=known)
    return offer_lines(session, placement.merchant.id, lines, occasion=occasion)


def destination_of(command: PlaceOrder) -> Destination:
    """Return how and where an order reaches its buyer."""
    address = command.buyer.address or {}
    place = Place(address.get("country", ""), address.get("region", ""))
    return Destination(command.fulfilment, place)


def _find_lines(
    session: Session,
    ports: Ports,
    placement: PlacementView,
    *,
    command: PlaceOrder,
    key: str,
    now: datetime,
) -> tuple[LineKind, Sequence[CartLineView]]:
    """Return what is ordered, and what kind of thing it is: an order holds one kind."""
    if command.asked is None:
        return GOODS, order_lines.goods_lines(session, placement, dict(command.lines))
    name, wish = command.asked
    kind = kind_named(name, ports.kinds)
    asked = kind.ask(session, wish, Asking(placement.merchant.id, key, command.visitor.key, now))
    return kind, [order_lines.asked_line(session, placement, asked)]


def _find_store(
    session: Session, placement: PlacementView, command: PlaceOrder
) -> StoreView | None:
    if command.fulfilment != "pickup":
        return None
    for store in list_stores(session, placement.merchant.id):
        if store.public_id == command.store:
            return store
    raise Invalid("unknown_store", field="store")

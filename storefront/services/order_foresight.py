"""What an order or a quote will ask the database, asked ahead: PostgreSQL answers in one way there
and back. The questions are those of whoever reads the answers, and so are their values; what is
asked otherwise after all, is asked then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.db.hot import ask_ahead
from storefront.services import card_testing
from storefront.services.attribution import TOUCHES
from storefront.services.offer_terms import CANDIDATES, REMEMBERED
from storefront.services.order_lines import WANTED
from storefront.services.quotes import SHIPPING
from storefront.services.shelf import STORES
from storefront.services.taxes import RATES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.db.hot import Asked
    from storefront.ports import Ports
    from storefront.services.order_requests import PlaceOrder
    from storefront.services.quotes import Destination
    from storefront.services.views import MerchantView


def ask_about_order(
    session: Session,
    ports: Ports,
    merchant: MerchantView,
    *,
    command: PlaceOrder,
    destination: Destination,
    now: datetime,
) -> None:
    """Ask what `prepare` will want to know of goods that are ordered."""
    visitor, own = command.visitor, {"merchant_id": merchant.id}
    path = {"visitor": visitor.key, "since": now - ports.settings.lookback}
    failures = card_testing.asked(
        merchant.id, visitor=visitor.key, email=command.buyer.email, now=now
    )
    ask_ahead(
        session,
        *_about_prices(
            merchant,
            (variant for variant, _ in command.lines),
            destination=destination,
            seen=command.entered.seen,
            now=now,
        ),
        (STORES, own),
        failures,
        (TOUCHES, {**own, **path}),
    )


def ask_about_quote(
    session: Session,
    merchant: MerchantView,
    variants: Iterable[str],
    *,
    destination: Destination | None,
    now: datetime,
) -> None:
    """Ask what a price for these variants depends on."""
    ask_ahead(
        session, *_about_prices(merchant, variants, destination=destination, seen=(), now=now)
    )


def _about_prices(
    merchant: MerchantView,
    variants: Iterable[str],
    *,
    destination: Destination | None,
    seen: Iterable[str],
    now: datetime,
) -> list[Asked]:
    own = {"merchant_id": merchant.id}
    offers = {"recently": now - REMEMBERED, "by_code": [], "seen": list(seen)}
    asked: list[Asked] = [
        (WANTED, {**own, "variants": list(variants)}),
        (CANDIDATES, {**own, **offers}),
    ]
    if destination is not None:
        is_sent = destination.fulfilment == SHIPPING
        country = destination.place.country if is_sent else merchant.country
        asked.append((RATES, {**own, "country": country}))
    return asked

"""The checkout form's page, wherever it is shown: what is bought, how it can reach the buyer, and
what it costs for the way that is chosen so far. No routes here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from storefront.domain.regions import ELSEWHERE
from storefront.errors import Invalid
from storefront.services import carts, delivery, shelf
from storefront.services.quotes import PICKUP, SHIPPING, Destination
from storefront.services.taxes import Place
from storefront.values import frozen
from storefront.web.context import ports
from storefront.web.countries import preferred_country
from storefront.web.occasions import occasion_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from storefront.services.views import CartView, DeliveryView, StoreView
    from storefront.web.frame import FrameState


@frozen
class CheckoutForm:
    """What the page shows. `fault` says why the way that was chosen has no price."""

    cart: CartView
    stores: tuple[StoreView, ...]
    delivery: DeliveryView | None
    fault: Invalid | None

    @property
    def values(self) -> dict[str, Any]:
        """What the template is given."""
        return {"cart": self.cart, "stores": self.stores, "delivery": self.delivery}


def checkout_form(session: Session, state: FrameState, given: Mapping[str, Any]) -> CheckoutForm:
    """Return the form's page for what was given so far; nothing is required of it."""
    merchant, settings = state.placement.merchant, ports().settings
    lines = carts.read_cart(ports().sign, state.cart_token, merchant.public_id) or {}
    stores = shelf.list_stores(session, merchant.id)
    sent_to = delivery.delivery_of(session, merchant.id)
    destination, occasion, fault = _destination(given, stores, sent_to), occasion_of(state), None
    try:
        cart = carts.price_cart(
            session,
            merchant,
            lines,
            settings=settings,
            occasion=occasion,
            destination=destination,
        )
    except Invalid as refused:
        fault = refused
        cart = carts.price_cart(session, merchant, lines, settings=settings, occasion=occasion)
    return CheckoutForm(cart, stores, sent_to, fault)


def _destination(
    given: Mapping[str, Any], stores: tuple[StoreView, ...], sent_to: DeliveryView | None
) -> Destination | None:
    """Return the way that is chosen; the browser's country stands in for one not chosen yet."""
    way = given.get("fulfilment") or (PICKUP if stores else SHIPPING)
    if way == PICKUP:
        return Destination(PICKUP, Place())
    country = str(given.get("address_country") or _likely_country(sent_to)).upper()
    if not country:
        return None
    return Destination(SHIPPING, Place(country, str(given.get("address_region") or "")))


def _likely_country(sent_to: DeliveryView | None) -> str:
    country = preferred_country()
    known = sent_to.countries if sent_to else ()
    return country if country in known or ELSEWHERE in known else ""

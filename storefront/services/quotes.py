"""What a cart costs at a place: the one way from lines to sums, for cart, checkout and order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.domain.money import Money, total
from storefront.domain.pricing import PricedLine, TaxTerms, price_order, shipping_price
from storefront.services.delivery import get_shipping_rate
from storefront.services.order_lines import is_value
from storefront.services.taxes import Place, TaxRates, rates_for
from storefront.services.views import QuoteView
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from storefront.services.views import CartLineView, MerchantView

PICKUP, SHIPPING, GIFT = "pickup", "shipping", "gift"


@frozen
class Destination:
    """How an order reaches its buyer, and where; the place of a pick-up and of a gift is the
    merchant's."""

    fulfilment: str
    place: Place


def price_lines(
    session: Session,
    merchant: MerchantView,
    lines: Sequence[CartLineView],
    *,
    destination: Destination | None,
    discounts: Sequence[Money] = (),
) -> QuoteView:
    """Return what these lines cost, with a discount for each of them or none at all.

    Without a destination, delivery and tax are left out, and the quote says that it is not the
    last word. Raises `Invalid` no_delivery, not_delivered_there or region_needed.
    """
    nothing = Money(0, merchant.currency)
    off = tuple(discounts) or (nothing,) * len(lines)
    priced = [PricedLine(line.variant.list_price, line.quantity) for line in lines]
    goods = total((line.total for line in priced), merchant.currency)
    goods = goods - total(off, merchant.currency)
    name, shipping = "", nothing
    if destination and destination.fulfilment == SHIPPING:
        rate = get_shipping_rate(session, merchant.id, destination.place.country)
        name, shipping = rate.name, shipping_price(rate.terms, goods)
    tax = _tax(session, merchant, destination)
    untaxed = TaxTerms(merchant.prices_include_tax, 0)
    sums = price_order(
        priced,
        off,
        shipping=shipping,
        tax=[untaxed if is_value(line) else tax.goods for line in lines],
        shipping_tax=tax.delivery,
    )
    is_taxed = shipping.minor > 0 or not all(map(is_value, lines))
    way = destination.fulfilment if destination else ""
    return QuoteView(sums, way, name, tax.name if is_taxed else "")


def _tax(session: Session, merchant: MerchantView, destination: Destination | None) -> TaxRates:
    if destination is None:
        nothing = TaxTerms(merchant.prices_include_tax, 0)
        return TaxRates("", nothing, nothing)
    if destination.fulfilment in {PICKUP, GIFT}:
        return rates_for(session, merchant, Place(merchant.country, merchant.region))
    return rates_for(session, merchant, destination.place)

"""How shoppers would see an offer at a moment, published or not: on the shelf where it makes a
price by itself, else in a cart. Nothing is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import select

from storefront.domain.evaluation import evaluate
from storefront.domain.offers import Facts, Kind, Scope, TypedCode, normalise_code
from storefront.models import Product, Variant
from storefront.services import carts, shelf
from storefront.services.offer_shelf import price_products
from storefront.services.offer_terms import Named, offers_for
from storefront.services.offering import Entered, Occasion, Offered, item_of
from storefront.services.views import CartLineView
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.domain.offers import OfferTerms
    from storefront.models import Offer
    from storefront.services.offer_terms import KnownOffers
    from storefront.services.views import CartView, MerchantView, ProductView
    from storefront.settings import Settings

NEAR = timedelta(hours=1)
MOST_SHOWN = 6
IN_CART = 2
"""So many things lie in the cart that shows an offer which no shelf does."""


class Stage(StrEnum):
    """When somebody looks: before an offer's window, within it, or once it is over."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


@frozen
class Previewed:
    """What shoppers see at a moment; a cart where the offer counts there only."""

    at: datetime
    products: tuple[ProductView, ...]
    cart: CartView | None


def moment_of(terms: OfferTerms, stage: Stage, *, now: datetime) -> datetime:
    """Return a moment of this stage: the present one where it fits, else one near the window."""
    start, end = terms.window.starts_at or now, terms.window.ends_at
    if stage is Stage.BEFORE:
        return start - NEAR
    if stage is Stage.AFTER:
        return end or start + NEAR
    if terms.window.contains(now):
        return now
    return start + (NEAR if end is None else min(NEAR, (end - start) / 2))


def preview_offer(
    session: Session,
    merchant: MerchantView,
    offer: Offer,
    *,
    code: str,
    stage: Stage,
    now: datetime,
    settings: Settings,
) -> Previewed:
    """Return what the offer's things cost at a stage, beside the offers that are in force then."""
    at = moment_of(offer.terms, stage, now=now)
    terms = _as_published(offer.terms, stage, at=at)
    known = _with(offers_for(session, merchant.id, now=at), terms, offer=offer, code=code)
    entered = Entered(links=frozenset({terms.link} if terms.link else ()))
    occasion = Occasion(at, terms.placement_id, entered)
    found = _things(session, merchant, terms, settings=settings)
    products = price_products(session, found, known, occasion=occasion)
    in_cart = terms.kind is Kind.CODE or terms.scope is Scope.ORDER
    cart = _cart(session, merchant, found, known=known, occasion=occasion) if in_cart else None
    return Previewed(at, products, cart)


def _as_published(terms: OfferTerms, stage: Stage, *, at: datetime) -> OfferTerms:
    """Return the terms as if the offer were in force, and neither paused nor ended by hand."""
    is_over = stage is Stage.AFTER and terms.window.ends_at is None
    return replace(
        terms,
        id=terms.id or 0,
        published_at=at,
        paused_at=None,
        ended_at=at if is_over else None,
        window=replace(terms.window, starts_at=terms.window.starts_at or _start(stage, at)),
    )


def _start(stage: Stage, at: datetime) -> datetime:
    """Return when an offer begins that begins with its publishing."""
    return at + NEAR if stage is Stage.BEFORE else at - NEAR


def _with(known: KnownOffers, terms: OfferTerms, *, offer: Offer, code: str) -> KnownOffers:
    plain = normalise_code(code)
    others = tuple(each for each in known.terms if each.id != terms.id)
    return replace(
        known,
        terms=(*others, terms),
        names={**known.names, terms.id: Named(offer.public_id, offer.name)},
        typed=(TypedCode(plain, terms.id),) if plain else (),
        shown={plain: code},
    )


def _things(
    session: Session, merchant: MerchantView, terms: OfferTerms, *, settings: Settings
) -> tuple[ProductView, ...]:
    """Return what the offer is about, with only the variants that are meant first in line."""
    if terms.scope is Scope.ORDER:
        return shelf.list_for_sale(session, merchant.id, settings, most=IN_CART)
    names = session.scalars(
        select(Product.public_id)
        .where(
            Product.merchant_id == merchant.id,
            Product.id.in_(terms.products)
            | Product.id.in_(select(Variant.product_id).where(Variant.id.in_(terms.variants))),
        )
        .order_by(Product.id)
        .limit(MOST_SHOWN)
    ).all()
    found = shelf.list_named(session, merchant.id, names, settings=settings)
    return tuple(
        replace(
            product,
            variants=tuple(
                sorted(product.variants, key=lambda each: each.id not in terms.variants)
            ),
        )
        for product in found
    )


def _cart(
    session: Session,
    merchant: MerchantView,
    products: Sequence[ProductView],
    *,
    known: KnownOffers,
    occasion: Occasion,
) -> CartView:
    """Return a cart with one piece of the first things, with this offer's code entered."""
    lines = [CartLineView(each, each.variants[0], quantity=1) for each in products[:IN_CART]]
    facts = Facts(
        now=occasion.now,
        codes=known.typed,
        placement_id=occasion.placement_id,
        links=occasion.entered.links,
        modes=known.modes,
    )
    items = [item_of(line.product, line.variant, line.quantity) for line in lines]
    offered = Offered(evaluate(items, known.terms, facts), known)
    return carts.cart_of(session, merchant, lines, offered=offered)

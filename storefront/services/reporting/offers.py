"""Offers for the console: the list, and everything about one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from storefront.domain.evaluation import evaluate
from storefront.domain.offers import Facts, Item, Scope, State, state
from storefront.models import Offer, OfferCode, OfferEvent, Placement, Product, Variant
from storefront.services.codes import CHOSEN
from storefront.services.offers import get_offer
from storefront.services.reporting.pages import Slice, cut
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.domain.money import Money

PAGE_SIZE = 25
PREVIEWED = 6
"""So many variants show what a draft would do to their prices."""


@frozen
class OfferRow:
    """An offer in the list."""

    offer: Offer
    state: State


@frozen
class FoundOffers:
    """One page of the list; `counts` are those of each state, whatever page and state is shown."""

    rows: tuple[OfferRow, ...]
    counts: dict[str, int]
    slice: Slice

    @property
    def is_empty(self) -> bool:
        """Whether the merchant has no offers at all, found or not."""
        return not sum(self.counts.values())


@frozen
class PricePreview:
    """What an offer does to the price of one piece."""

    name: str
    before: Money
    after: Money


@frozen
class Batch:
    """Codes that were made together: how many there are, and how many of them are used."""

    number: int
    count: int
    used: int
    uses: int | None


@frozen
class OfferPage:
    """One offer with all that belongs to it."""

    offer: Offer
    state: State
    code: str
    code_uses: int | None
    products: tuple[str, ...]
    variants: tuple[str, ...]
    needed: tuple[str, ...]
    goes_with: tuple[tuple[str, str], ...]
    placement: str | None
    preview: tuple[PricePreview, ...]
    batches: tuple[Batch, ...]
    events: tuple[tuple[str, datetime], ...]


def list_offers(
    session: Session, merchant_id: int, *, query: str, only: str, page: int, now: datetime
) -> FoundOffers:
    """Return a merchant's offers, the newest first, by name and state."""
    wanted = select(Offer).where(Offer.merchant_id == merchant_id).order_by(Offer.id.desc())
    if query:
        wanted = wanted.where(Offer.name.icontains(query, autoescape=True))
    rows = [OfferRow(offer, state(offer.terms, now)) for offer in session.scalars(wanted)]
    counts = {each.value: sum(row.state is each for row in rows) for each in State}
    shown = [row for row in rows if not only or row.state.value == only]
    part = cut(len(shown), page, size=PAGE_SIZE)
    return FoundOffers(tuple(shown[part.offset : part.offset + PAGE_SIZE]), counts, part)


def get_offer_page(
    session: Session, merchant_id: int, public_id: str, *, now: datetime
) -> OfferPage:
    """Return one offer with all that belongs to it; raise `NotFound`."""
    offer = get_offer(session, merchant_id, public_id)
    terms = offer.terms
    chosen = session.execute(
        select(OfferCode.shown, OfferCode.max_uses).where(
            OfferCode.offer_id == offer.id, OfferCode.batch == CHOSEN
        )
    ).first()
    return OfferPage(
        offer=offer,
        state=state(terms, now),
        code=chosen.shown if chosen else "",
        code_uses=chosen.max_uses if chosen else None,
        products=_names(session, Product, terms.products),
        variants=_names(session, Variant, terms.variants),
        needed=_names(session, Product, terms.conditions.products),
        goes_with=tuple(
            (row.public_id, row.name)
            for row in session.execute(
                select(Offer.public_id, Offer.name)
                .where(Offer.merchant_id == merchant_id, Offer.id.in_(terms.combines_with))
                .order_by(Offer.id)
            )
        ),
        placement=session.scalar(
            select(Placement.public_id).where(Placement.id == offer.placement_id)
        ),
        preview=_preview(session, offer, now=now),
        batches=_batches(session, offer),
        events=tuple(
            (row.kind, row.occurred_at)
            for row in session.scalars(
                select(OfferEvent)
                .where(OfferEvent.merchant_id == merchant_id, OfferEvent.offer_id == offer.id)
                .order_by(OfferEvent.id)
            )
        ),
    )


def _names(
    session: Session, table: type[Product | Variant], ids: Collection[int]
) -> tuple[str, ...]:
    """Return the public ids of things."""
    return tuple(
        session.scalars(select(table.public_id).where(table.id.in_(ids)).order_by(table.id))
    )


def _preview(session: Session, offer: Offer, *, now: datetime) -> tuple[PricePreview, ...]:
    """Return what the offer alone would do to one piece, as if it were on now."""
    terms = offer.terms
    if terms.scope is not Scope.CHOSEN:
        return ()
    rows = session.execute(
        select(Product.name, Product.is_promotable, Variant)
        .join(Variant, Variant.product_id == Product.id)
        .where(
            Variant.merchant_id == offer.merchant_id,
            Variant.withdrawn_at.is_(None),
            Variant.id.in_(terms.variants) | Variant.product_id.in_(terms.products),
        )
        .order_by(Product.id, Variant.position)
        .limit(PREVIEWED)
    )
    return tuple(
        PricePreview(
            f"{name} · {variant.name}" if variant.name else name,
            variant.price,
            variant.price - _off(offer, variant, now=now, is_promotable=is_promotable),
        )
        for name, is_promotable, variant in rows
    )


def _off(offer: Offer, variant: Variant, *, now: datetime, is_promotable: bool) -> Money:
    item = Item(variant.id, variant.product_id, variant.price, 1, is_promotable)
    return evaluate([item], [offer.terms.alone(now)], Facts(now=now)).discounts[0]


def _batches(session: Session, offer: Offer) -> tuple[Batch, ...]:
    rows = session.execute(
        select(
            OfferCode.batch,
            func.count(),
            func.sum(OfferCode.used),
            func.max(OfferCode.max_uses),
        )
        .where(OfferCode.offer_id == offer.id, OfferCode.batch != CHOSEN)
        .group_by(OfferCode.batch)
        .order_by(OfferCode.batch)
    )
    return tuple(Batch(number, count, int(used), uses) for number, count, used, uses in rows)

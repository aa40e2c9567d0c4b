"""Write offers down and find them again. Putting them in force is `offer_life.py`, who uses them
`offer_uses.py`, and what they take off a cart the domain's business."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from storefront.db.ids import public_id, random_symbols
from storefront.domain.money import Money
from storefront.domain.offers import WHOLE, Base, Benefit, Kind, Lane, Scope
from storefront.domain.pricing import refuse_unchargeable
from storefront.domain.window import end_of, start_of
from storefront.errors import Conflict, Invalid, NotFound
from storefront.models import Merchant, Offer, OfferTarget, Placement, Product, Variant
from storefront.models.offer import BENEFIT, CONDITION
from storefront.services import codes
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.domain.window import Typed

LONGEST_NAME = 120
LARGEST = 10**12


@frozen
class Draft:
    """An offer as a merchant fills it in. Things are named by their public ids, times as they
    were typed: 2026-05-31 or 2026-05-31T18:00, "" for none."""

    name: str
    kind: Kind = Kind.AUTOMATIC
    benefit: Benefit = Benefit.PERCENT
    scope: Scope = Scope.CHOSEN
    rate_ppm: int = 0
    value_minor: int = 0
    products: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    code: str = ""
    code_uses: int | None = None
    starts: str = ""
    ends: str = ""
    quota: int | None = None
    budget_minor: int | None = None
    per_buyer_limit: int | None = None
    max_discount_minor: int | None = None
    min_spend_minor: int = 0
    min_quantity: int = 0
    needed_products: tuple[str, ...] = ()
    is_first_order_only: bool = False
    lane: Lane = Lane.DEFAULT
    priority: int = 0
    base: Base = Base.DISCOUNTED
    is_exclusive: bool = False
    combines_with: tuple[str, ...] = ()
    placement: str = ""
    has_link: bool = False
    returns_use: bool = True


@frozen
class Times:
    """The moments that a draft's start and end mean; None where it names none."""

    start: Typed | None
    end: Typed | None


def read_times(draft: Draft, zone: str) -> Times:
    """Return what was typed as moments; raise `Invalid` for what is none, or for a wrong order."""
    start = start_of(draft.starts, zone, field="starts") if draft.starts else None
    end = end_of(draft.ends, zone, field="ends") if draft.ends else None
    if start and end and end.at <= start.at:
        raise Invalid("offer_ends_before_start", field="ends")
    return Times(start, end)


def add_draft(session: Session, merchant: Merchant, draft: Draft, *, now: datetime) -> Offer:
    """Write an offer down; it does nothing until it is published."""
    offer = sketch(session, merchant, draft, now=now)
    session.add(offer)
    session.flush()
    codes.set_chosen(session, offer, draft.code, max_uses=draft.code_uses, now=now)
    return offer


def sketch(session: Session, merchant: Merchant, draft: Draft, *, now: datetime) -> Offer:
    """Return the offer that a draft describes, without writing it down; raise `Invalid`."""
    offer = Offer(
        merchant_id=merchant.id,
        public_id=public_id("ofr"),
        currency=merchant.currency,
        zone=merchant.zone,
        held=0,
        used=0,
        spent_minor=0,
        created_at=now,
    )
    _fill(session, offer, draft)
    return offer


def draft_for(session: Session, merchant_id: int, draft: Draft, *, now: datetime) -> Offer:
    """Write an offer down for the merchant with this id."""
    return add_draft(session, session.get_one(Merchant, merchant_id), draft, now=now)


def sketch_for(session: Session, merchant_id: int, draft: Draft, *, now: datetime) -> Offer:
    """Return the offer that a draft describes for the merchant with this id."""
    return sketch(session, session.get_one(Merchant, merchant_id), draft, now=now)


def edit_draft(session: Session, offer: Offer, draft: Draft, *, now: datetime) -> None:
    """Change an offer that is not published yet.

    Raises `Conflict` offer_published afterwards: what people were promised stays as it was, and
    no countdown ever begins again.
    """
    lock_draft(session, offer)
    offer.targets.clear()
    session.flush()
    _fill(session, offer, draft)
    session.flush()
    codes.set_chosen(session, offer, draft.code, max_uses=draft.code_uses, now=now)


def lock_draft(session: Session, offer: Offer) -> None:
    """Keep others from changing or publishing a draft; raise `Conflict` where it is none."""
    draft = session.execute(
        select(Offer.id)
        .where(Offer.id == offer.id, Offer.published_at.is_(None), Offer.ended_at.is_(None))
        .with_for_update()
    ).first()
    if draft is None:
        raise Conflict("offer_published")


def _fill(session: Session, offer: Offer, draft: Draft) -> None:
    times = read_times(draft, offer.zone)
    _check(draft)
    _check_steps(draft, offer.currency)
    for name, value in _plain(draft).items():
        setattr(offer, name, value)
    offer.starts_at = times.start.at if times.start else None
    offer.ends_at = times.end.at if times.end else None
    offer.link = (offer.link or random_symbols(26)) if draft.has_link else None
    offer.placement_id = _placement_id(session, offer.merchant_id, draft.placement)
    offer.combines_with = sorted(
        _ids(session, Offer, offer.merchant_id, names=draft.combines_with, field="combines_with")
    )
    offer.targets.extend(_targets(session, offer.merchant_id, draft))


def _plain(draft: Draft) -> dict[str, Any]:
    return {
        "name": draft.name,
        "kind": draft.kind.value,
        "benefit": draft.benefit.value,
        "scope": draft.scope.value,
        "rate_ppm": draft.rate_ppm if draft.benefit is Benefit.PERCENT else 0,
        "value_minor": 0 if draft.benefit is Benefit.PERCENT else draft.value_minor,
        "max_discount_minor": draft.max_discount_minor,
        "min_spend_minor": draft.min_spend_minor,
        "min_quantity": draft.min_quantity,
        "is_first_order_only": draft.is_first_order_only,
        "lane": draft.lane.value,
        "priority": draft.priority,
        "base": draft.base.value,
        "is_exclusive": draft.is_exclusive,
        "starts_wall": draft.starts,
        "ends_wall": draft.ends,
        "quota": draft.quota,
        "budget_minor": draft.budget_minor,
        "per_buyer_limit": draft.per_buyer_limit,
        "returns_use": draft.returns_use,
    }


def _check(draft: Draft) -> None:
    if not 1 <= len(draft.name) <= LONGEST_NAME:
        raise Invalid("invalid_name", field="name")
    if draft.benefit is Benefit.PERCENT:
        if not 0 < draft.rate_ppm <= WHOLE:
            raise Invalid("invalid_percent", field="percent")
    elif not 0 < draft.value_minor <= LARGEST and draft.benefit is Benefit.AMOUNT:
        raise Invalid("invalid_amount", field="value")
    if draft.benefit is Benefit.FIXED_PRICE and draft.scope is Scope.ORDER:
        raise Invalid("offer_price_needs_products", field="scope")
    counts = {
        "quota": draft.quota,
        "budget": draft.budget_minor,
        "per_buyer_limit": draft.per_buyer_limit,
        "code_uses": draft.code_uses,
        "max_discount": draft.max_discount_minor,
    }
    for field, count in counts.items():
        if count is not None and not 0 < count <= LARGEST:
            raise Invalid("invalid_count", field=field)
    for field, least in (("min_spend", draft.min_spend_minor), ("value", draft.value_minor)):
        if not 0 <= least <= LARGEST:
            raise Invalid("invalid_amount", field=field)


def _check_steps(draft: Draft, currency: str) -> None:
    """Refuse amounts that would leave a total with which no card can be charged."""
    amounts = {
        "value": 0 if draft.benefit is Benefit.PERCENT else draft.value_minor,
        "max_discount": draft.max_discount_minor,
        "budget": draft.budget_minor,
    }
    for field, minor in amounts.items():
        refuse_unchargeable(Money(minor or 0, currency), field=field)


def _targets(session: Session, merchant_id: int, draft: Draft) -> list[OfferTarget]:
    products = variants = frozenset[int]()
    if draft.scope is Scope.CHOSEN:
        products = _ids(session, Product, merchant_id, names=draft.products, field="products")
        variants = _ids(session, Variant, merchant_id, names=draft.variants, field="variants")
    needed = _ids(
        session, Product, merchant_id, names=draft.needed_products, field="needed_products"
    )
    return [
        *(OfferTarget(merchant_id=merchant_id, role=BENEFIT, product_id=each) for each in products),
        *(OfferTarget(merchant_id=merchant_id, role=BENEFIT, variant_id=each) for each in variants),
        *(OfferTarget(merchant_id=merchant_id, role=CONDITION, product_id=each) for each in needed),
    ]


def _ids(
    session: Session,
    table: type[Offer | Product | Variant],
    merchant_id: int,
    *,
    names: Sequence[str],
    field: str,
) -> frozenset[int]:
    """Return the internal ids of a merchant's things; raise `Invalid` for any that it lacks."""
    wanted = set(names)
    if not wanted:
        return frozenset()
    found = session.scalars(
        select(table.id).where(table.merchant_id == merchant_id, table.public_id.in_(wanted))
    ).all()
    if len(found) != len(wanted):
        raise Invalid("unknown_thing", field=field)
    return frozenset(found)


def _placement_id(session: Session, merchant_id: int, name: str) -> int | None:
    if not name:
        return None
    found = session.scalar(
        select(Placement.id).where(
            Placement.merchant_id == merchant_id, Placement.public_id == name
        )
    )
    if found is None:
        raise Invalid("unknown_thing", field="placement")
    return found


def get_offer(session: Session, merchant_id: int, name: str) -> Offer:
    """Return a merchant's offer by its public id; raise `NotFound` otherwise."""
    found = session.scalars(
        select(Offer).where(Offer.merchant_id == merchant_id, Offer.public_id == name)
    ).first()
    if found is None:
        raise NotFound
    return found

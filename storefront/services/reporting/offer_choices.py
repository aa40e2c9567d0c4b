"""What the form of an offer lets a merchant choose from: things, other offers, placements."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import select

from storefront.domain.offers import State, state
from storefront.models import Offer, Placement, Product, Variant
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

MOST_CHOICES = 500


@frozen
class Choice:
    """A product that an offer can be about; `variants` are (public id, name)."""

    public_id: str
    name: str
    variants: tuple[tuple[str, str], ...]


def list_choices(session: Session, merchant_id: int) -> Sequence[Choice]:
    """Return everything that a merchant sells, for an offer to be about."""
    rows = session.execute(
        select(Product.id, Product.public_id, Product.name)
        .where(Product.merchant_id == merchant_id, Product.withdrawn_at.is_(None))
        .order_by(Product.name)
        .limit(MOST_CHOICES)
    ).all()
    variants = defaultdict(list)
    for product_id, public_id, name in session.execute(
        select(Variant.product_id, Variant.public_id, Variant.name)
        .where(
            Variant.merchant_id == merchant_id,
            Variant.withdrawn_at.is_(None),
            Variant.product_id.in_([row.id for row in rows]),
        )
        .order_by(Variant.position, Variant.id)
    ):
        variants[product_id].append((public_id, name))
    return [Choice(row.public_id, row.name, tuple(variants[row.id])) for row in rows]


def list_companions(
    session: Session, merchant_id: int, *, but: str | None, now: datetime
) -> Sequence[tuple[str, str]]:
    """Return (public id, name) of the other offers that are not over."""
    rows = session.scalars(
        select(Offer)
        .where(Offer.merchant_id == merchant_id, Offer.ended_at.is_(None), Offer.public_id != but)
        .order_by(Offer.id.desc())
        .limit(MOST_CHOICES)
    )
    return [(row.public_id, row.name) for row in rows if state(row.terms, now) is not State.ENDED]


def list_spots(session: Session, merchant_id: int) -> Sequence[tuple[str, str]]:
    """Return (public id, name) of the placements that an offer can be bound to."""
    rows = session.execute(
        select(Placement.public_id, Placement.name)
        .where(Placement.merchant_id == merchant_id, Placement.retired_at.is_(None))
        .order_by(Placement.name)
        .limit(MOST_CHOICES)
    )
    return [(row.public_id, row.name) for row in rows]

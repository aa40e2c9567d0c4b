"""Look placements up: the spot, its merchant, and who may frame it. How they are made is in
services/placing.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from storefront.errors import NotFound
from storefront.models import AllowedHost, Channel, Merchant, Placement
from storefront.services.facade import facade_of
from storefront.services.views import MerchantView, PlacementView

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.orm import Session

    from storefront.services.views import Facade

COLUMNS = (
    Placement.id,
    Placement.public_id,
    Placement.kind,
    Placement.name,
    Placement.post_url,
    Placement.first_loaded_at,
    Channel.name.label("channel"),
    Merchant.id.label("merchant_id"),
    Merchant.public_id.label("merchant_public_id"),
    Merchant.slug,
    Merchant.name.label("merchant_name"),
    Merchant.currency,
    Merchant.locale,
    Merchant.zone,
    Merchant.accent,
    Merchant.contact_email,
    Merchant.stripe_account,
    Merchant.country,
    Merchant.region,
    Merchant.prices_include_tax,
)


def get_placement(session: Session, public_id: str) -> PlacementView:
    """Return a placement that is in use; raise `NotFound` otherwise."""
    return _get(session, Placement.public_id == public_id, Placement.retired_at.is_(None))


def get_placement_by_id(session: Session, placement_id: int) -> PlacementView:
    """Return a placement even if it has been retired: what was sold there stays sold there."""
    return _get(session, Placement.id == placement_id)


def _get(session: Session, *conditions: ColumnElement[bool]) -> PlacementView:
    row = session.execute(
        select(*COLUMNS)
        .join(Channel, Channel.id == Placement.channel_id)
        .join(Merchant, Merchant.id == Placement.merchant_id)
        .where(*conditions)
    ).first()
    if row is None:
        raise NotFound
    facade = facade_of(session, row.merchant_id)
    return _view(row, list_origins(session, row.merchant_id), facade)


def note_first_load(session: Session, placement: PlacementView, *, now: datetime) -> None:
    """Remember when a placement was first seen; a placement that was seen costs no statement."""
    if not placement.is_loaded:
        session.execute(
            update(Placement)
            .where(Placement.id == placement.id, Placement.first_loaded_at.is_(None))
            .values(first_loaded_at=now)
            .execution_options(synchronize_session=False)
        )


def list_origins(session: Session, merchant_id: int) -> tuple[str, ...]:
    """Return the origins that may frame this merchant's storefront, in a stable order."""
    return tuple(
        session.scalars(
            select(AllowedHost.origin)
            .where(AllowedHost.merchant_id == merchant_id)
            .order_by(AllowedHost.origin)
        )
    )


def _view(row: Row[*tuple[Any, ...]], origins: tuple[str, ...], facade: Facade) -> PlacementView:
    merchant = MerchantView(
        id=row.merchant_id,
        public_id=row.merchant_public_id,
        slug=row.slug,
        name=row.merchant_name,
        currency=row.currency,
        locale=row.locale,
        zone=row.zone,
        accent=row.accent,
        contact_email=row.contact_email,
        stripe_account=row.stripe_account,
        country=row.country,
        region=row.region,
        prices_include_tax=row.prices_include_tax,
        allowed_origins=origins,
        facade=facade,
    )
    return PlacementView(
        id=row.id,
        public_id=row.public_id,
        kind=row.kind,
        name=row.name,
        post_url=row.post_url,
        channel=row.channel,
        is_loaded=row.first_loaded_at is not None,
        merchant=merchant,
    )

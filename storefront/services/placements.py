"""Look placements up: the spot, its merchant, and who may frame it. How they are made is in
services/placing.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from storefront.db.foreseen import foreseen, with_found
from storefront.db.hot import is_sqlite, read, read_each, table_of
from storefront.errors import NotFound
from storefront.models import Channel, Merchant, Placement
from storefront.services.facade import SHOWN, facade_from
from storefront.services.views import MerchantView, PlacementView

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Row, Select
    from sqlalchemy.orm import Session

    from storefront.db.bare import Bare
    from storefront.db.hot import Asked
    from storefront.services.views import Facade

_placement, _channel, _merchant = map(table_of, (Placement, Channel, Merchant))
_SPOTS = (
    select(
        _placement.c.id,
        _placement.c.public_id,
        _placement.c.kind,
        _placement.c.name,
        _placement.c.post_url,
        _placement.c.first_loaded_at,
        _channel.c.name.label("channel"),
        _merchant.c.id.label("merchant_id"),
        _merchant.c.public_id.label("merchant_public_id"),
        _merchant.c.slug,
        _merchant.c.name.label("merchant_name"),
        _merchant.c.currency,
        _merchant.c.locale,
        _merchant.c.zone,
        _merchant.c.accent,
        _merchant.c.contact_email,
        _merchant.c.stripe_account,
        _merchant.c.country,
        _merchant.c.region,
        _merchant.c.prices_include_tax,
    )
    .join(_channel, _channel.c.id == _placement.c.channel_id)
    .join(_merchant, _merchant.c.id == _placement.c.merchant_id)
)
IN_USE = _SPOTS.where(_placement.c.public_id == bindparam("key"), _placement.c.retired_at.is_(None))
BY_ID = _SPOTS.where(_placement.c.id == bindparam("key"))
_SHOWN_AT = {
    spot: with_found(
        SHOWN, merchant_id=spot.with_only_columns(_placement.c.merchant_id).scalar_subquery()
    )
    for spot in (IN_USE, BY_ID)
}


def get_placement(session: Session | Bare, public_id: str) -> PlacementView:
    """Return a placement that is in use; raise `NotFound` otherwise."""
    return _get(session, IN_USE, public_id)


def get_placement_by_id(session: Session, placement_id: int) -> PlacementView:
    """Return a placement even if it has been retired: what was sold there stays sold there."""
    return _get(session, BY_ID, placement_id)


def asked_by_id(placement_id: int, merchant_id: int) -> tuple[Asked, Asked]:
    """Return what `get_placement_by_id` asks, for who knows the placement's merchant."""
    return (BY_ID, {"key": placement_id}), (SHOWN, {"merchant_id": merchant_id})


def find_window(session: Session, *, instead_of: str | None = None) -> str | None:
    """Return where somebody finds the shop who came to a placement that is not in use: the public
    id of another one of its merchant, or of the only merchant here; None where that is nobody's.
    A collection shows most; of several, the latest."""
    merchant_id = session.scalar(
        select(Placement.merchant_id).where(Placement.public_id == instead_of)
    )
    if merchant_id is None:
        everybody = session.scalars(select(Merchant.id).limit(2)).all()
        merchant_id = everybody[0] if len(everybody) == 1 else None
    return session.scalar(
        select(Placement.public_id)
        .where(Placement.merchant_id == merchant_id, Placement.retired_at.is_(None))
        .order_by((Placement.kind == "collection").desc(), Placement.id.desc())
        .limit(1)
    )


def _get(session: Session | Bare, statement: Select[Any], key: str | int) -> PlacementView:
    rows, shown = _look(session, statement, key)
    if not rows:
        raise NotFound
    facade, origins = facade_from(shown)
    return _view(rows[0], origins, facade)


def _look(
    session: Session | Bare, statement: Select[Any], key: str | int
) -> Sequence[Sequence[Row[*tuple[Any, ...]]]]:
    """Return a placement's row, and those of its merchant's facade. PostgreSQL finds the merchant
    by itself, unless somebody has asked ahead."""
    if foreseen(session, statement, {"key": key}) is None and not is_sqlite(session):
        return read_each(session, (statement, {"key": key}), (_SHOWN_AT[statement], {"key": key}))
    rows = read(session, statement, key=key)
    return rows, read(session, SHOWN, merchant_id=rows[0].merchant_id) if rows else ()


def note_first_load(session: Session, placement: PlacementView, *, now: datetime) -> None:
    """Remember when a placement was first seen; a placement that was seen costs no statement."""
    if not placement.is_loaded:
        session.execute(
            update(Placement)
            .where(Placement.id == placement.id, Placement.first_loaded_at.is_(None))
            .values(first_loaded_at=now)
            .execution_options(synchronize_session=False)
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

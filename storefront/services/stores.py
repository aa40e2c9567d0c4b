"""A merchant's stores as members look after them: where orders are picked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from storefront.errors import Invalid, NotFound
from storefront.models import Store
from storefront.services import actions, merchants
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.services.members import SignedIn


@frozen
class StoreWish:
    """A store as a form describes it; `hours` in the merchant's own words."""

    name: str
    address: str
    hours: str


@frozen
class StoreRow:
    """A store, open or closed for good."""

    public_id: str
    name: str
    address: str
    hours: str
    is_closed: bool


def open_store(session: Session, who: SignedIn, wish: StoreWish, *, now: datetime) -> str:
    """Add a store after those that are there, and return its public id.

    Raises `Invalid` that names the field.
    """
    _check(wish)
    position = select(func.count(Store.id)).where(Store.merchant_id == who.merchant_id)
    store = merchants.add_store(
        session,
        who.merchant_id,
        name=wish.name,
        address=wish.address,
        hours=wish.hours,
        position=session.scalar(position) or 0,
    )
    actions.note(session, who, "store_opened", of=("store", store.public_id), now=now)
    return store.public_id


def change_store(
    session: Session, who: SignedIn, wish: StoreWish, *, public_id: str, now: datetime
) -> None:
    """Change what a store is called and where it is. Raises `NotFound`, or `Invalid`."""
    _check(wish)
    store = _get(session, who.merchant_id, public_id)
    store.name, store.address, store.hours = wish.name, wish.address, wish.hours
    actions.note(session, who, "store_changed", of=("store", public_id), now=now)


def close_store(
    session: Session, who: SignedIn, public_id: str, *, is_closed: bool, now: datetime
) -> None:
    """Offer a store for new orders no longer, or again; what was ordered there stays."""
    store = _get(session, who.merchant_id, public_id)
    if (store.closed_at is not None) == is_closed:
        return
    store.closed_at = now if is_closed else None
    thing = ("store", public_id)
    if is_closed:
        actions.note(session, who, "store_closed", of=thing, now=now)
    else:
        actions.note(session, who, "store_reopened", of=thing, now=now)


def list_all_stores(session: Session, merchant_id: int) -> tuple[StoreRow, ...]:
    """Return every store of a merchant, open ones first."""
    rows = session.scalars(
        select(Store)
        .where(Store.merchant_id == merchant_id)
        .order_by(Store.closed_at.is_not(None), Store.position, Store.id)
    )
    return tuple(
        StoreRow(row.public_id, row.name, row.address, row.hours, row.closed_at is not None)
        for row in rows
    )


def _check(wish: StoreWish) -> None:
    if not wish.name:
        raise Invalid("invalid_label", field="name")
    if not wish.address:
        raise Invalid("invalid_address", field="address")


def _get(session: Session, merchant_id: int, public_id: str) -> Store:
    store = session.scalars(
        select(Store)
        .where(Store.merchant_id == merchant_id, Store.public_id == public_id)
        .with_for_update()
    ).first()
    if store is None:
        raise NotFound
    return store


def open_store_id(session: Session, merchant_id: int, store: str) -> int:
    """Return the key of a merchant's store by its public id.

    Raises `Invalid` unknown_store for one that is closed or somebody else's.
    """
    found = session.scalar(
        select(Store.id).where(
            Store.merchant_id == merchant_id,
            Store.public_id == store,
            Store.closed_at.is_(None),
        )
    )
    if found is None:
        raise Invalid("unknown_store", field="store")
    return found

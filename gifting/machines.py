"""A merchant's own tills: programs that are known by a token, of one store or of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from gifting.models import Redemption
from gifting.tills import Till
from storefront.errors import Invalid, NotAllowed, NotFound, NotSignedIn
from storefront.models import ApiToken
from storefront.services.stores import open_store_id

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Protocol

    from sqlalchemy.orm import Session

    from storefront.ports import Ports

    class Machine(Protocol):
        """Whose token it is, and of which store; None is of all."""

        @property
        def merchant_id(self) -> int:
            """Return for whom it works."""

        @property
        def token(self) -> str:
            """Return the token's public id."""

        @property
        def store_id(self) -> int | None:
            """Return the store's key."""


def till_of(ports: Ports, who: Machine, store: str | None) -> Till:
    """Return the till that a machine is, at its own store or at the one that it names.

    Raises `Invalid` unknown_store, and `NotAllowed` where a store's token names another.
    """
    if store is None:
        if who.store_id is None:
            raise Invalid("unknown_store", field="store")
        return _till(who, who.store_id)
    with ports.reads() as session:
        found = open_store_id(session, who.merchant_id, store)
    if who.store_id not in {None, found}:
        raise NotAllowed
    return _till(who, found)


def till_for_undoing(ports: Ports, who: Machine, redemption: str) -> Till:
    """Return the till of a machine that undoes something: a token of the whole merchant stands
    where that was taken. Raises `NotFound`."""
    if who.store_id is not None:
        return _till(who, who.store_id)
    with ports.reads() as session:
        store_id = session.scalar(
            select(Redemption.store_id).where(
                Redemption.merchant_id == who.merchant_id, Redemption.public_id == redemption
            )
        )
    if store_id is None:
        raise NotFound
    return _till(who, store_id)


def _till(who: Machine, store_id: int) -> Till:
    def confirm(session: Session, _: datetime) -> None:
        """Raise where the token was revoked meanwhile."""
        is_good = select(ApiToken.id).where(
            ApiToken.merchant_id == who.merchant_id,
            ApiToken.public_id == who.token,
            ApiToken.revoked_at.is_(None),
        )
        if session.scalar(is_good) is None:
            raise NotSignedIn("token_needed")

    return Till(
        merchant_id=who.merchant_id,
        store_id=store_id,
        caller=who.token,
        member_id=None,
        device_id=None,
        is_senior=True,
        confirm=confirm,
        is_token=True,
    )

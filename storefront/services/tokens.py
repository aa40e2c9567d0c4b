"""The tokens of a merchant's machines as members look after them. How one is read from a request
is in storefront/web/api/access.py."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import or_, select, update

from storefront.db.ids import public_id
from storefront.errors import Invalid, NotFound
from storefront.models import ApiToken, Store
from storefront.services import actions, merchants
from storefront.services.stores import open_store_id
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storefront.ports import Ports, Signer
    from storefront.services.members import SignedIn
    from storefront.services.merchants import Bearer

LATELY = timedelta(minutes=10)
"""Uses closer together than this are noted once, so that a busy till does not write each time."""


@frozen
class TokenRow:
    """A token as the console lists it; `store` is None where it speaks for the whole shop."""

    public_id: str
    name: str
    last_four: str
    store: str | None
    is_store_closed: bool
    created_at: datetime
    used_at: datetime | None


@frozen
class TokenWish:
    """A token as a form describes it; `store` is a store's public id, "" the whole shop."""

    name: str
    store: str


def make_token(
    session: Session, who: SignedIn, wish: TokenWish, *, sign: Signer, now: datetime
) -> str:
    """Make a token and return it: the only time that it can be read.

    Raises `Invalid` invalid_label, or unknown_store for one that is closed or somebody else's.
    """
    if not wish.name:
        raise Invalid("invalid_label", field="name")
    token = public_id("tok")
    secret = merchants.issue_token(
        session,
        who.merchant_id,
        name=wish.name,
        sign=sign,
        now=now,
        store_id=open_store_id(session, who.merchant_id, wish.store) if wish.store else None,
        token_id=token,
    )
    store = wish.store or None
    actions.note(session, who, "token_made", of=("token", token), now=now, store=store)
    return secret


def revoke_token(session: Session, who: SignedIn, token: str, *, now: datetime) -> None:
    """End a token at once. Raises `NotFound`, also for one that is revoked already."""
    revoked = session.scalar(
        update(ApiToken)
        .where(
            ApiToken.merchant_id == who.merchant_id,
            ApiToken.public_id == token,
            ApiToken.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .returning(ApiToken.id)
        .execution_options(synchronize_session=False)
    )
    if revoked is None:
        raise NotFound
    actions.note(session, who, "token_revoked", of=("token", token), now=now)


def list_tokens(session: Session, merchant_id: int) -> Sequence[TokenRow]:
    """Return a merchant's tokens that are not revoked: the whole shop's, then by store and age."""
    rows = session.execute(
        select(
            ApiToken.public_id,
            ApiToken.name,
            ApiToken.last_four,
            Store.name,
            Store.closed_at.is_not(None),
            ApiToken.created_at,
            ApiToken.used_at,
        )
        .outerjoin(Store, Store.id == ApiToken.store_id)
        .where(ApiToken.merchant_id == merchant_id, ApiToken.revoked_at.is_(None))
        .order_by(ApiToken.store_id.is_not(None), Store.position, Store.id, ApiToken.id)
    )
    return tuple(TokenRow(*row) for row in rows)


def note_use(ports: Ports, token: Bearer) -> None:
    """Remember that a token is in use, unless that was noted a short while ago."""
    now = ports.clock.now()
    if token.used_at is not None and token.used_at > now - LATELY:
        return
    with ports.sessions.begin() as session:
        session.execute(
            update(ApiToken)
            .where(
                ApiToken.id == token.id,
                or_(ApiToken.used_at.is_(None), ApiToken.used_at <= now - LATELY),
            )
            .values(used_at=now)
            .execution_options(synchronize_session=False)
        )

"""What a till has to know of a card before it takes from it, read in one statement. Why nothing can
be taken is told in `refusals.py`; the taking itself is in `taking.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, func, select

from gifting import guessing
from gifting.domain import CardTerms
from gifting.models import Gift, GiftCard, Redemption
from storefront.db.hot import read_one, table_of
from storefront.domain.money import Money
from storefront.errors import NotFound
from storefront.models import Order, Store
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gifting.tills import Till
    from storefront.db.bare import Bare
    from storefront.db.hot import AnyRow

_card, _gift, _order = table_of(GiftCard), table_of(Gift), table_of(Order)
_store, _redemption = table_of(Store), table_of(Redemption)

_SEEN = (
    select(
        _card.c.id.label("card_id"),
        _card.c.public_id,
        _card.c.last_four,
        _card.c.currency,
        _card.c.face_minor,
        _card.c.balance_minor,
        _card.c.entries,
        _card.c.variant_id,
        _card.c.zone,
        _card.c.expires_on,
        _card.c.stores,
        _card.c.holder_key,
        _card.c.is_test,
        _card.c.blocked_at,
        _card.c.voided_at,
        _card.c.void_reason,
        _gift.c.title,
        _gift.c.visitor,
        func.coalesce(_gift.c.opened_interaction_id, _gift.c.origin_interaction_id).label(
            "parent_id"
        ),
        _order.c.placement_id,
        _store.c.name.label("store"),
        _redemption.c.id.label("earlier_id"),
    )
    .join_from(_card, _gift, _gift.c.id == _card.c.gift_id)
    .join(_order, _order.c.id == _gift.c.order_id)
    .join(_store, _store.c.id == bindparam("till_store"))
    .outerjoin(
        _redemption,
        and_(
            _redemption.c.merchant_id == bindparam("till_merchant"),
            _redemption.c.caller == bindparam("till_caller"),
            _redemption.c.request_key == bindparam("request_key"),
        ),
    )
    .where(_card.c.merchant_id == bindparam("till_merchant"))
)
BY_ID = _SEEN.where(_card.c.id == bindparam("card_id"))
BY_CODE = _SEEN.add_columns(guessing.STOPPED_UNTIL.label("stopped_until")).where(
    _card.c.code_digest == bindparam("digest")
)


@frozen
class ByCode:
    """A card as it is asked for: by its code's digest, and by whom, whose guesses are counted."""

    digest: str
    whom: guessing.Whom


@frozen
class SeenCard:
    """A card as it was a moment ago, and what is written down with a redemption of it. `parent_id`
    is the act that led here; `earlier_id` what this very request has taken before, if anything."""

    id: int
    public_id: str
    last_four: str
    title: str
    terms: CardTerms
    holder_key: str | None
    visitor: str
    parent_id: int | None
    placement_id: int | None
    store: str
    earlier_id: int | None


def see(session: Session, till: Till, request_key: str, *, card_id: int) -> SeenCard:
    """Return a card of the till's merchant by its key; raise `NotFound` for any other."""
    row = read_one(session, BY_ID, card_id=card_id, **_asked(till, request_key))
    if row is None:
        raise NotFound
    return _seen(row)


def see_by_code(
    session: Session | Bare, till: Till, request_key: str, *, card: ByCode, now: datetime
) -> SeenCard | None:
    """Return the card that has a code of this digest; None for a code that is nobody's, and for
    whoever has guessed too often, which are told apart elsewhere."""
    asked = asked_by_code(till, request_key, card=card, now=now)
    return seen_by_code(read_one(session, BY_CODE, **asked))


def asked_by_code(
    till: Till, request_key: str, *, card: ByCode, now: datetime
) -> dict[str, object]:
    """Return what `BY_CODE` is asked with."""
    return {
        "digest": card.digest,
        "till_digest": card.whom.till,
        "clerk_digest": card.whom.clerk,
        "now": now,
        **_asked(till, request_key),
    }


def seen_by_code(row: AnyRow | None) -> SeenCard | None:
    """Return what `BY_CODE` has found, as `see_by_code` does."""
    return _seen(row) if row is not None and row.stopped_until is None else None


def _asked(till: Till, request_key: str) -> dict[str, object]:
    return {
        "till_merchant": till.merchant_id,
        "till_store": till.store_id,
        "till_caller": till.caller,
        "request_key": request_key,
    }


def _seen(row: AnyRow) -> SeenCard:
    return SeenCard(
        id=row.card_id,
        public_id=row.public_id,
        last_four=row.last_four,
        title=row.title,
        terms=CardTerms(
            face=Money(row.face_minor, row.currency),
            balance=Money(row.balance_minor, row.currency),
            is_opened=row.entries > 0,
            is_product=row.variant_id is not None,
            zone=row.zone,
            expires_on=row.expires_on,
            stores=None if row.stores is None else tuple(row.stores),
            is_test=row.is_test,
            is_blocked=row.blocked_at is not None,
            is_void=row.voided_at is not None,
            void_reason=row.void_reason,
        ),
        holder_key=row.holder_key,
        visitor=row.visitor,
        parent_id=row.parent_id,
        placement_id=row.placement_id,
        store=row.store,
        earlier_id=row.earlier_id,
    )

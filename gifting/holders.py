"""Cards that are for one person alone: whoever spends one says the address that the gift went to.
The card keeps a keyed digest of it, and nobody at a counter is told whose it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, or_, select, update

from gifting.domain import why_holder_refused
from gifting.models import Gift, GiftCard
from gifting.presents import OWN, address_of
from storefront.errors import Invalid, NotAllowed

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from storefront.ports import Signer

PURPOSE = "gift_holder"
NOBODY = "-"
"""In place of the digest once the person is erased: no address has it."""

GONE, WRONG = "holder_gone", "not_the_holder"


def key_of(sign: Signer, merchant_id: int, email: str) -> str:
    """Return what an address is known by on a merchant's cards; "" for no address."""
    return sign.digest(PURPOSE, f"{merchant_id}.{email.lower()}") if email else ""


def key_for(session: Session, gift: Gift, *, sign: Signer) -> str | None:
    """Return by whom a gift's card can be spent, None for whoever has its code."""
    if not gift.is_bound:
        return None
    return key_to(sign, gift.merchant_id, address_of(session, gift))


def key_to(sign: Signer, merchant_id: int, email: str) -> str:
    """Return by what a card is bound to this address; to nobody, where it is ""."""
    return key_of(sign, merchant_id, email) or NOBODY


def bind_again(session: Session, gift: Gift, *, sign: Signer) -> None:
    """Bind the card of a bound gift to the address that it goes to by now."""
    session.execute(
        update(GiftCard)
        .where(GiftCard.gift_id == gift.id, GiftCard.holder_key.is_not(None))
        .values(holder_key=key_for(session, gift, sign=sign))
        .execution_options(synchronize_session=False)
    )


def check(card: GiftCard, shown: str) -> None:
    """Raise `Invalid` holder_needed or `NotAllowed` not_the_holder, unless the card is for whoever
    has its code, or `shown` is the key of the person it is for."""
    code = why_holder_refused(card.holder_key, shown)
    if code == WRONG:
        raise NotAllowed(code)
    if code is not None:
        raise Invalid(code, field="holder")


def leave(session: Session, *, given_to: Select[int], given_by: Select[int], now: datetime) -> None:
    """Block what was bound to a person who is erased: nobody inherits it, and none of its worth is
    lost. `given_to` and `given_by` are the keys of the gifts that they were given, and that they
    gave and may have kept for themselves."""
    own = select(Gift.id).where(Gift.id.in_(given_by), Gift.way == OWN)
    session.execute(
        update(GiftCard)
        .where(
            GiftCard.holder_key.is_not(None),
            or_(GiftCard.gift_id.in_(given_to), GiftCard.gift_id.in_(own)),
        )
        .values(
            holder_key=NOBODY,
            blocked_at=case((GiftCard.blocked_at.is_(None), now), else_=GiftCard.blocked_at),
            block_reason=GONE,
        )
        .execution_options(synchronize_session=False)
    )

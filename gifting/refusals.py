"""Why nothing, or not so much, can be taken from a card at a till, as errors that say what the
clerk needs to know. The rules are in `domain.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from gifting.card_views import list_uses
from gifting.domain import amount_to_take, why_amount_refused, why_refused
from storefront.errors import Conflict, Invalid, NotAllowed
from storefront.models import Store

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gifting.domain import CardTerms
    from gifting.models import GiftCard
    from gifting.redemption import Redeem
    from gifting.tills import Till
    from storefront.errors import StorefrontError


def check_card(
    session: Session, card: GiftCard, till: Till, *, is_live: bool, now: datetime
) -> None:
    """Raise why nothing can be taken from a card at a till, if so."""
    code = why_refused(card.terms, store_id=till.store_id, is_live=is_live, now=now)
    if code == "not_allowed_here":
        raise NotAllowed(code, stores=_accepting(session, card))
    if code == "code_expired":
        raise Conflict(code, field="code", day=card.expires_on)
    if code == "already_redeemed":
        raise _used_up(session, card)
    if code is not None:
        raise Conflict(code, field="code")


def check_amount(terms: CardTerms, wish: Redeem) -> int:
    """Return what is to be taken, in minor units; raise why that much cannot be."""
    code = why_amount_refused(terms, wish.amount_minor, wish.basket_minor)
    if code == "insufficient_balance":
        raise Conflict(code, field="amount_minor", balance=terms.balance)
    if code is not None:
        raise Invalid(code, field="basket_minor" if code == "basket_too_small" else "amount_minor")
    return amount_to_take(terms, wish.amount_minor) or 0


def _accepting(session: Session, card: GiftCard) -> str:
    names = session.scalars(
        select(Store.name)
        .where(Store.merchant_id == card.merchant_id, Store.id.in_(card.stores or []))
        .order_by(Store.position, Store.id)
    )
    return ", ".join(names)


def _used_up(session: Session, card: GiftCard) -> StorefrontError:
    """Say when, where and by whom the last of a card was taken."""
    last = next((use for use in list_uses(session, card.id) if not use.is_reversed), None)
    if last is None:
        return Conflict("code_refunded", field="code")
    return Conflict(
        "already_redeemed",
        field="code",
        at=last.at,
        store=last.store,
        who=last.who,
        receipt=last.receipt,
    )

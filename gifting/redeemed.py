"""What a redemption came to, as a till is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from gifting.models import Gift, GiftCard, Redemption
from storefront.domain.money import Money
from storefront.models import Store
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gifting.tills import Till


@frozen
class Redeemed:
    """What was taken, and what is left. `public_id` is the receipt's number; `on_top` is what was
    paid besides, where the till told its basket. A replay is the answer to an earlier request."""

    public_id: str
    card: str
    last_four: str
    title: str
    amount: Money
    balance: Money
    basket: Money | None
    store: str
    at: datetime
    is_replayed: bool

    @property
    def on_top(self) -> Money | None:
        """What this gift has brought beyond its own value."""
        return None if self.basket is None else self.basket - self.amount


def find_by_key(session: Session, till: Till, request_key: str) -> Redemption | None:
    """Return what a till has taken under a request key, if anything."""
    return session.scalars(
        select(Redemption).where(
            Redemption.merchant_id == till.merchant_id,
            Redemption.caller == till.caller,
            Redemption.request_key == request_key,
        )
    ).first()


def tell(session: Session, redemption: Redemption, *, is_replayed: bool) -> Redeemed:
    """Return what a redemption took."""
    card, last_four, title, store = session.execute(
        select(GiftCard.public_id, GiftCard.last_four, Gift.title, Store.name)
        .join(Gift, Gift.id == GiftCard.gift_id)
        .join(Store, Store.id == redemption.store_id)
        .where(GiftCard.id == redemption.card_id)
    ).one()
    basket, currency = redemption.basket_minor, redemption.currency
    return Redeemed(
        public_id=redemption.public_id,
        card=card,
        last_four=last_four,
        title=title,
        amount=redemption.amount,
        balance=Money(redemption.balance_after_minor, currency),
        basket=None if basket is None else Money(basket, currency),
        store=store,
        at=redemption.occurred_at,
        is_replayed=is_replayed,
    )

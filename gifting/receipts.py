"""What was taken at a counter: one receipt, and those of a shift. Days are in day_close.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from gifting.domain import UNDO_TIME
from gifting.models import Gift, GiftCard, Redemption, Reversal
from storefront.domain.money import Money
from storefront.errors import NotFound
from storefront.models import Member, Store
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row, Select
    from sqlalchemy.orm import Session

    from gifting.shifts import Shift

LAST = 10


@frozen
class Receipt:
    """A redemption as the counter shows it. `on_top` is what was paid besides, where the basket
    was told; `who` is "" for a till's machine."""

    public_id: str
    card: str
    title: str
    is_product: bool
    last_four: str
    amount: Money
    balance: Money
    on_top: Money | None
    store: str
    store_id: int
    who: str
    member_id: int | None
    at: datetime
    undone_at: datetime | None

    def can_undo(self, shift: Shift, *, now: datetime) -> bool:
        """Return whether the clerk at work may still undo it: their own, for ten minutes; a
        manager or owner at any time."""
        if self.undone_at is not None:
            return False
        is_own = self.member_id == shift.member_id and self.store_id == shift.device.store_id
        return shift.is_senior or (is_own and now < self.at + UNDO_TIME)


def get_receipt(session: Session, merchant_id: int, public_id: str) -> Receipt:
    """Return a redemption by its receipt number; raise `NotFound`, also for another merchant's."""
    row = session.execute(_receipts(merchant_id).where(Redemption.public_id == public_id)).first()
    if row is None:
        raise NotFound
    return _receipt(row)


def find_by_key(session: Session, shift: Shift, request_key: str) -> str | None:
    """Return the receipt number of what this device has taken under a key, None for nothing."""
    return session.scalar(
        select(Redemption.public_id).where(
            Redemption.merchant_id == shift.merchant_id,
            Redemption.caller == shift.device.public_id,
            Redemption.request_key == request_key,
        )
    )


def list_of_shift(session: Session, shift: Shift) -> tuple[Receipt, ...]:
    """Return the last redemptions of a shift, latest first."""
    rows = session.execute(
        _receipts(shift.merchant_id)
        .where(
            Redemption.device_id == shift.device.id,
            Redemption.member_id == shift.member_id,
            Redemption.occurred_at >= shift.started_at,
        )
        .order_by(Redemption.occurred_at.desc(), Redemption.id.desc())
        .limit(LAST)
    )
    return tuple(_receipt(row) for row in rows)


def _receipts(merchant_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(Redemption, GiftCard, Gift.title, Store.name, Member.name, Reversal.occurred_at)
        .join(GiftCard, GiftCard.id == Redemption.card_id)
        .join(Gift, Gift.id == GiftCard.gift_id)
        .join(Store, Store.id == Redemption.store_id)
        .outerjoin(Member, Member.id == Redemption.member_id)
        .outerjoin(Reversal, Reversal.redemption_id == Redemption.id)
        .where(Redemption.merchant_id == merchant_id)
    )


def _receipt(row: Row[*tuple[Any, ...]]) -> Receipt:
    redemption, card, title, store, who, undone_at = row
    basket = redemption.basket_minor
    return Receipt(
        public_id=redemption.public_id,
        card=card.public_id,
        title=title,
        is_product=card.variant_id is not None,
        last_four=card.last_four,
        amount=redemption.amount,
        balance=Money(redemption.balance_after_minor, redemption.currency),
        on_top=None
        if basket is None
        else Money(basket - redemption.amount_minor, redemption.currency),
        store=store,
        store_id=redemption.store_id,
        who=who or "",
        member_id=redemption.member_id,
        at=redemption.occurred_at,
        undone_at=undone_at,
    )

"""What members and machines see of a card: what it is worth, for whom it is, where it was used.
Never its code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from gifting.domain import status
from gifting.models import Gift, GiftCard, GiftContact, Redemption, Reversal
from storefront.domain.money import Money
from storefront.models import ApiToken, Member, Store
from storefront.values import frozen

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from gifting.domain import Status


@frozen
class UseView:
    """A redemption: its receipt number, how much, when, where and by whom. `who` is a clerk's name
    or a token's; `basket` is the whole bill, where it was told."""

    receipt: str
    amount: Money
    basket: Money | None
    store: str
    who: str
    at: datetime
    is_reversed: bool


@frozen
class CardView:
    """A card as a till shows it. `title` says what to hand over, where it is a product. One that is
    bound to a person names nobody: whoever shows it has to say whose it is."""

    public_id: str
    last_four: str
    title: str
    is_product: bool
    status: Status
    balance: Money
    face: Money
    expires_on: date | None
    sender: str
    recipient: str
    is_bound: bool


def view_card(session: Session, card: GiftCard, *, now: datetime) -> CardView:
    """Return what a till shows of a card."""
    title, sender, recipient = session.execute(
        select(Gift.title, GiftContact.sender, GiftContact.recipient)
        .outerjoin(GiftContact, GiftContact.gift_id == Gift.id)
        .where(Gift.id == card.gift_id)
    ).one()
    is_bound = card.holder_key is not None
    return CardView(
        public_id=card.public_id,
        last_four=card.last_four,
        title=title,
        is_product=card.variant_id is not None,
        status=status(card.terms, now),
        balance=card.balance,
        face=card.face,
        expires_on=card.expires_on,
        sender="" if is_bound else sender or "",
        recipient="" if is_bound else recipient or "",
        is_bound=is_bound,
    )


def list_uses(session: Session, card_id: int) -> tuple[UseView, ...]:
    """Return the redemptions of a card, latest first."""
    rows = session.execute(
        select(Redemption, Store.name, Member.name, ApiToken.name, Reversal.id)
        .join(Store, Store.id == Redemption.store_id)
        .outerjoin(Member, Member.id == Redemption.member_id)
        .outerjoin(
            ApiToken,
            (ApiToken.merchant_id == Redemption.merchant_id)
            & (ApiToken.public_id == Redemption.caller),
        )
        .outerjoin(Reversal, Reversal.redemption_id == Redemption.id)
        .where(Redemption.card_id == card_id)
        .order_by(Redemption.id.desc())
    )
    return tuple(
        UseView(
            receipt=row.public_id,
            amount=row.amount,
            basket=None if row.basket_minor is None else Money(row.basket_minor, row.currency),
            store=store,
            who=clerk or token or "",
            at=row.occurred_at,
            is_reversed=reversal is not None,
        )
        for row, store, clerk, token, reversal in rows
    )

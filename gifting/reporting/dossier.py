"""One gift with everything that happened to it, for the members of its merchant. Never its code,
and never the words between giver and recipient."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select

from gifting import returns
from gifting.card_views import list_uses
from gifting.handover import LATER
from gifting.models import Gift, GiftCard, GiftDelivery, GiftEntry, Redemption
from gifting.reporting.gifts import every_gift
from gifting.reporting.search import GiftSearch
from gifting.reporting.thanks import ThanksCredit, credit_of_thanks
from storefront.domain.money import Money
from storefront.errors import NotFound
from storefront.models import Action, Member, Store
from storefront.values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from gifting.card_views import UseView
    from gifting.reporting.gifts import GiftRow

THING = "gift_card"
SHOWN_ACTIONS = ("gift_card_blocked", "gift_card_unblocked")
"""What members do to a card without an entry in its ledger."""

PUT_OFF = f"_{LATER}"


@frozen
class Happening:
    """Something that happened to a gift: `amount` is signed, what moved on its card; `on_top` was
    paid besides; `detail` is a reason or an outcome."""

    kind: str
    at: datetime
    amount: Money | None = None
    on_top: Money | None = None
    store: str = ""
    who: str = ""
    detail: str = ""


@frozen
class CardFacts:
    """A card as the console acts on it. `refundable` can go back for it by default, `spent` was
    redeemed and not undone; `stores` are those that accept it, none is all."""

    public_id: str
    is_test: bool
    blocked_at: datetime | None
    block_reason: str
    voided_at: datetime | None
    void_reason: str
    stores: tuple[str, ...]
    refundable: Money
    spent: Money


@frozen
class GiftDossier:
    """A gift, its card once it is paid, and its history, the first thing first."""

    row: GiftRow
    design: str
    resent: int
    is_bound: bool
    deliver_at: datetime | None
    zone: str
    card: CardFacts | None
    history: tuple[Happening, ...]
    thanks: ThanksCredit | None

    @property
    def wished_for(self) -> datetime | None:
        """When it is wished for, on the clock of its zone."""
        return self.deliver_at.astimezone(ZoneInfo(self.zone)) if self.deliver_at else None


def get_gift_dossier(
    session: Session, merchant_id: int, public_id: str, *, now: datetime, thanks_percent: int = 50
) -> GiftDossier:
    """Return a gift of this merchant; raise `NotFound` otherwise."""
    gift = session.scalars(
        select(Gift).where(Gift.merchant_id == merchant_id, Gift.public_id == public_id)
    ).first()
    if gift is None:
        raise NotFound
    search = GiftSearch(gift=public_id)
    (row,) = every_gift(session, merchant_id, search, now=now)
    card = session.scalars(select(GiftCard).where(GiftCard.gift_id == gift.id)).first()
    return GiftDossier(
        row=row,
        design=gift.design,
        resent=gift.resent,
        is_bound=gift.is_bound,
        deliver_at=gift.deliver_at,
        zone=gift.zone,
        card=None if card is None else _card(session, gift, card),
        history=_history(session, gift, card),
        thanks=credit_of_thanks(session, gift, percent=thanks_percent),
    )


def _card(session: Session, gift: Gift, card: GiftCard) -> CardFacts:
    uses = list_uses(session, card.id)
    spent = sum(use.amount.minor for use in uses if not use.is_reversed)
    names = session.scalars(
        select(Store.name)
        .where(Store.merchant_id == card.merchant_id, Store.id.in_(card.stores or []))
        .order_by(Store.position, Store.id)
    )
    return CardFacts(
        public_id=card.public_id,
        is_test=card.is_test,
        blocked_at=card.blocked_at,
        block_reason=card.block_reason or "",
        voided_at=card.voided_at,
        void_reason=card.void_reason or "",
        stores=tuple(names),
        refundable=Money(returns.left_for(session, gift, card), gift.currency),
        spent=Money(spent, gift.currency),
    )


def _history(session: Session, gift: Gift, card: GiftCard | None) -> tuple[Happening, ...]:
    """Return what happened in its order; of what has one moment, causes come first. Of mails that
    were put off one after the other, the first is shown: the others say nothing new."""
    found = [Happening("ordered", gift.placed_at)]
    if card is not None:
        found += [*_entries(session, card), *_actions(session, card)]
    found += [*_deliveries(session, gift), *_facts(gift)]
    found.sort(key=lambda each: each.at)
    runs = ((kind, list(run)) for kind, run in groupby(found, key=lambda each: each.kind))
    return tuple(
        each for kind, run in runs for each in (run[:1] if kind.endswith(PUT_OFF) else run)
    )


def _facts(gift: Gift) -> Iterator[Happening]:
    facts = {
        "opened": gift.opened_at,
        "thanked": gift.thanked_at,
        "cancelled": gift.cancelled_at,
    }
    yield from (Happening(kind, at) for kind, at in facts.items() if at is not None)


def _deliveries(session: Session, gift: Gift) -> Iterator[Happening]:
    rows = session.scalars(
        select(GiftDelivery).where(
            GiftDelivery.merchant_id == gift.merchant_id, GiftDelivery.gift_id == gift.id
        )
    )
    for row in rows:
        yield Happening(f"{row.cause}_{row.outcome}", row.occurred_at)


def _entries(session: Session, card: GiftCard) -> Iterator[Happening]:
    uses = {use.receipt: use for use in list_uses(session, card.id)}
    rows = session.execute(
        select(GiftEntry, Store.name, Member.name, Redemption.public_id)
        .outerjoin(Store, Store.id == GiftEntry.store_id)
        .outerjoin(Member, Member.id == GiftEntry.member_id)
        .outerjoin(Redemption, Redemption.id == GiftEntry.redemption_id)
        .where(GiftEntry.merchant_id == card.merchant_id, GiftEntry.card_id == card.id)
        .order_by(GiftEntry.sequence)
    )
    for entry, store, member, receipt in rows:
        use: UseView | None = uses.get(receipt) if entry.kind == "redeem" else None
        yield Happening(
            kind=entry.kind,
            at=entry.occurred_at,
            amount=Money(entry.amount_minor, entry.currency),
            on_top=None if use is None or use.basket is None else use.basket - use.amount,
            store=store or "",
            who=member or (use.who if use else ""),
            detail=entry.reason,
        )


def _actions(session: Session, card: GiftCard) -> Sequence[Happening]:
    rows = session.execute(
        select(Action, Member.name)
        .outerjoin(Member, Member.id == Action.member_id)
        .where(
            Action.merchant_id == card.merchant_id,
            Action.object_kind == THING,
            Action.object_id == card.public_id,
            Action.action.in_(SHOWN_ACTIONS),
        )
        .order_by(Action.id)
    )
    return [
        Happening(
            kind=row.action.removeprefix("gift_card_"),
            at=row.done_at,
            who=name or "",
            detail=str((row.figures or {}).get("reason", "")),
        )
        for row, name in rows
    ]

"""What the rows of the real shop and its gateway's books say, and what the ideal shop says: two
values that are equal, or something is wrong."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, or_, select

from gifting.models import Gift, GiftCard, Redemption, Reversal
from storefront.db.types import UtcDateTime
from storefront.models import LedgerEntry, LineItem, OfferUse, Order, Payment, Variant
from storefront.services.ledger import Account
from tests.model.driving import THINGS, RealShop
from tests.model.ideal import Card, Shop

NOW = bindparam("now", type_=UtcDateTime())


@dataclass(frozen=True)
class Books:
    """Units sold and held of each thing; uses of the offer that are taken or held; the state of
    each order with what it has kept; each card; and money, by our ledger and by the gateway."""

    stock: dict[str, tuple[int, int]]
    uses: int
    orders: list[tuple[str, int]]
    cards: list["CardBooks"]
    ledger: int
    gateway: int


@dataclass(frozen=True)
class CardBooks:
    """What a card holds and what was taken from it; whether it can be used; the mails that
    brought it."""

    balance: int
    redeemed: int
    is_void: bool
    is_blocked: bool
    mails: int


def ideal_books(shop: Shop) -> Books:
    """Return what ought to be."""
    known = [order for order in shop.orders if order.state in {"paid", "back"}]
    sent = (refund for order in known for refund in order.refunds if refund.is_sent)
    return Books(
        stock={
            thing: (
                sum(o.units_sold for o in known if o.thing == thing and o.state == "paid"),
                sum(o.units for o in shop.orders if o.thing == thing and shop.holds(o)),
            )
            for thing in shop.stock
        },
        uses=shop.quota - shop.uses_left(),
        orders=[(order.state, order.kept) for order in shop.orders],
        cards=[_ideal_card(card) for card in shop.cards],
        ledger=sum(order.kept - order.withdrawn for order in known),
        gateway=sum(order.total for order in shop.orders if order.is_charged)
        - sum(refund.money for refund in sent if not refund.has_failed),
    )


def _ideal_card(card: Card) -> CardBooks:
    return CardBooks(card.balance, sum(card.uses), card.is_void, card.is_blocked, card.mails)


def real_books(shop: RealShop) -> Books:
    """Return what is."""
    with shop.bench.database.reads() as session:
        orders = session.execute(ORDERS).all()
        cards = session.execute(CARDS).all()
        stock = session.execute(STOCK, {"now": shop.now}).all()
        uses = session.execute(USES, {"now": shop.now}).scalar_one()
        ledger = session.execute(LEDGER).scalar_one()
    mails = [message.message_id for message in shop.bench.mailbox.sent]
    return Books(
        stock={row.name: (row.sold, int(row.held)) for row in stock if row.name in THINGS},
        uses=uses,
        orders=[(_state(row), row.kept) for row in orders],
        cards=[_card(row, mails) for row in cards],
        ledger=int(ledger or 0),
        gateway=_at_the_gateway(shop),
    )


def _state(row: Any) -> str:
    facts = {"paid": row.paid_at, "back": row.returned_at, "over": row.expired_at}
    return next((state for state, moment in facts.items() if moment), "waiting")


def _card(row: Any, mails: list[str]) -> CardBooks:
    return CardBooks(
        row.balance_minor,
        int(row.redeemed),
        row.voided_at is not None,
        row.voided_at is None and row.blocked_at is not None,
        mails.count(f"<gift.{row.public_id}.1@shop.test>"),
    )


def _at_the_gateway(shop: RealShop) -> int:
    gateway = shop.bench.gateway
    charged = (each for each in gateway.snapshots.values() if each.state == "succeeded")
    refunded = (each for key, each in gateway.refunds.items() if key not in shop.failed)
    return sum(each.amount.minor for each in charged) - sum(each.amount.minor for each in refunded)


def _redeemed() -> ColumnElement[int]:
    undone = select(Reversal.id).where(Reversal.redemption_id == Redemption.id).exists()
    taken = select(func.coalesce(func.sum(Redemption.amount_minor), 0))
    of_card = taken.where(Redemption.card_id == GiftCard.id, ~undone)
    return of_card.correlate(GiftCard).scalar_subquery()


def _held() -> ColumnElement[int]:
    of_variant = (
        select(func.coalesce(func.sum(LineItem.quantity), 0))
        .join(Order, Order.id == LineItem.order_id)
        .where(
            LineItem.variant_id == Variant.id,
            LineItem.sold_at.is_(None),
            LineItem.released_at.is_(None),
            Order.held_until > NOW,
        )
    )
    return of_variant.correlate(Variant).scalar_subquery()


ORDERS = (
    select(
        Order.paid_at,
        Order.expired_at,
        Payment.returned_at,
        (Payment.amount_minor - Payment.refunded_minor).label("kept"),
    )
    .join(Payment, Payment.order_id == Order.id)
    .order_by(Order.id)
)
CARDS = (
    select(
        GiftCard.balance_minor,
        GiftCard.voided_at,
        GiftCard.blocked_at,
        Gift.public_id,
        _redeemed().label("redeemed"),
    )
    .join(Gift, Gift.id == GiftCard.gift_id)
    .order_by(Gift.id)
)
STOCK = select(Variant.name, Variant.sold, _held().label("held"))
USES = (
    select(func.count())
    .select_from(OfferUse)
    .join(Order, Order.id == OfferUse.order_id)
    .where(
        OfferUse.released_at.is_(None),
        or_(OfferUse.taken_at.is_not(None), Order.held_until > NOW),
    )
)
LEDGER = select(func.sum(LedgerEntry.amount_minor)).where(LedgerEntry.account == Account.GATEWAY)

"""Gift cards in a race: sold as in life, and what a till asks of them."""

import json
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from gifting import codes
from gifting.models import Gift, GiftCard, GiftEntry, Redemption
from storefront.db.ids import public_id
from storefront.models import LineItem, Order
from storefront.services import merchants
from tests.gifting.factories import gift_json
from tests.races import clients
from tests.races.clients import Request
from tests.races.market import JSON, Market


@dataclass(frozen=True)
class Card:
    """A card in somebody's hands: its code, and its key for looking into the books."""

    id: int
    code: str


def gift_order(market: Market, minor: int, *, buyer: str, **gift: Any) -> Request:
    """Return a request that orders gifts."""
    body = gift_json(market.world, amount_minor=minor, **gift) | {"email": buyer}
    headers = {**JSON, "Idempotency-Key": secrets.token_urlsafe(24)}
    return Request(market.shop.host, "/orders", json.dumps(body), headers)


def order_gift(
    market: Market, minor: int = 5000, *, buyer: str = "ada@buyer.test", **gift: Any
) -> dict[str, Any]:
    """Place an order for gifts; return what the buyer is told."""
    answer = clients.ask(gift_order(market, minor, buyer=buyer, **gift))
    assert 201 == answer.status, answer.body
    placed: dict[str, Any] = answer.json
    return placed


def give(market: Market, minor: int = 5000, **gift: Any) -> list[Card]:
    """Sell gifts and let them be paid; return their cards."""
    placed = order_gift(market, minor, **gift)
    told = clients.ask(market.news(placed))
    assert 200 == told.status, told.body
    return cards_of(market, placed)


def come_back(market: Market, placed: dict[str, Any]) -> Request:
    """Return the look at the order with which a buyer's browser comes back from paying."""
    path = f"/orders/{placed['public_id']}?t={placed['token']}"
    return Request(market.shop.host, path, headers={"Accept": "application/json"}, method="GET")


def cards_of(market: Market, placed: dict[str, Any]) -> list[Card]:
    """Return the cards of an order; their codes are read as the shop reads them."""
    with market.shop.database.reads() as session:
        rows = session.scalars(
            select(GiftCard)
            .join(Gift, Gift.id == GiftCard.gift_id)
            .join(Order, Order.id == Gift.order_id)
            .where(Order.public_id == placed["public_id"])
            .order_by(GiftCard.id)
        ).all()
    return [Card(row.id, codes.unseal(market.shop.sign, row.code_sealed) or "") for row in rows]


def give_directly(market: Market, minor: int = 5000) -> Card:
    """Write a card with all that it hangs on, for a shop that knows no gifts."""
    world, code, now = market.world, codes.new_code(), market.shop.clock.now()
    own = {"merchant_id": world.merchant.id, "currency": "USD"}
    with market.shop.database.begin() as session:
        order = Order(
            **own, public_id=public_id("ord"), placement_id=world.placement.id, visitor="v",
            fulfilment="gift", locale="en", goods_minor=minor, shipping_minor=0,
            total_minor=minor, placed_at=now, held_until=now,
        )  # fmt: skip
        session.add(order)
        session.flush()
        line = LineItem(
            **own, order_id=order.id, position=0, kind="gift", title="Gift card",
            variant_name="", sku="", unit_minor=minor, quantity=1, total_minor=minor,
        )  # fmt: skip
        session.add(line)
        session.flush()
        gift = Gift(
            **own, public_id=public_id("gft"), order_id=order.id, line_item_id=line.id,
            position=0, title="Gift card", face_minor=minor, paid_minor=minor, design="plain",
            way="link", visitor="v", placed_at=now, issued_at=now,
        )  # fmt: skip
        session.add(gift)
        session.flush()
        card = GiftCard(
            **own, public_id=public_id("crd"), gift_id=gift.id,
            code_digest=codes.digest_of(market.shop.sign, code), last_four=code[-4:],
            code_sealed="", face_minor=minor, balance_minor=minor, entries=1, zone="UTC",
            is_test=True, issued_at=now,
        )  # fmt: skip
        session.add(card)
        session.flush()
        return Card(card.id, code)


def till(market: Market, name: str = "till") -> str:
    """Return the token of one more till in the merchant's store."""
    with market.shop.database.begin() as session:
        return merchants.issue_token(
            session,
            market.world.merchant.id,
            name=name,
            sign=market.shop.sign,
            now=market.shop.clock.now(),
            store_id=market.world.store.id,
        )


def ask(market: Market, token: str, path: str, *, key: str | None = None, **body: Any) -> Request:
    """Return a request of a till; without a key it is one of its own."""
    headers = {
        **JSON,
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": key or secrets.token_urlsafe(24),
    }
    return Request(market.shop.host, f"/api/v1{path}", json.dumps(body), headers)


def take(market: Market, token: str, card: Card, minor: int, **more: Any) -> Request:
    """Return the request that takes so much from a card."""
    return ask(market, token, "/redemptions", code=card.code, amount_minor=minor, **more)


@dataclass(frozen=True)
class Books:
    """What the books say of a card: all four must fit together."""

    balance: int
    ledger: int
    redeemed: int
    redemptions: int


def books_of(market: Market, card: Card) -> Books:
    """Read a card's balance, the sum of its ledger, and what was redeemed in how many pieces."""
    with market.shop.database.reads() as session:
        redeemed = select(func.coalesce(func.sum(Redemption.amount_minor), 0), func.count()).where(
            Redemption.card_id == card.id
        )
        lines = select(func.sum(GiftEntry.amount_minor)).where(GiftEntry.card_id == card.id)
        minor, count = session.execute(redeemed).one()
        balance = select(GiftCard.balance_minor).where(GiftCard.id == card.id)
        return Books(
            session.scalars(balance).one(), int(session.scalar(lines) or 0), int(minor), count
        )

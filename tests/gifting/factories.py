"""Gifts to test with: an order that is paid, and on it a gift with a card that can be spent."""

import secrets
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gifting import codes, ledger
from gifting.designs import DESIGNS
from gifting.models import Gift, GiftCard, GiftContact
from gifting.wishes import GiftWish, Recipient
from storefront.db.ids import public_id
from storefront.models import LineItem, Order
from storefront.services.order_requests import PlacedOrder
from storefront.services.payments import apply_event
from tests.factories import World, pay, place
from tests.fakes import Bench, event_body, signature


@dataclass(frozen=True)
class Given:
    """A gift with its card: their keys, and the code that nothing else tells."""

    code: str
    gift_id: int
    card_id: int
    card: str
    order: str


def a_gift(
    bench: Bench, world: World, *, face_minor: int = 2000, code: str | None = None, **facts: Any
) -> Given:
    """Sell a gift: a paid order, and a card with its face value. `facts` are the card's columns."""
    placed = place(bench, world)
    _pay(bench, placed)
    now, sign = bench.clock.now(), bench.ports.sign
    code = code or codes.new_code()
    with bench.database.begin() as session:
        line = session.scalars(
            select(LineItem)
            .join(Order, LineItem.order_id == Order.id)
            .where(Order.public_id == placed.public_id)
        ).one()
        gift = Gift(
            merchant_id=world.merchant.id,
            public_id=public_id("gft"),
            order_id=line.order_id,
            line_item_id=line.id,
            position=0,
            variant_id=facts.get("variant_id"),
            title="Gift card",
            currency=facts.get("currency", "USD"),
            face_minor=face_minor,
            paid_minor=face_minor,
            design="plain",
            way="email",
            visitor="v" * 26,
            placed_at=now,
            issued_at=now,
        )
        session.add(gift)
        session.flush()
        session.add(
            GiftContact(
                merchant_id=world.merchant.id,
                gift_id=gift.id,
                sender="Ada",
                recipient="Lin",
                email="lin@friend.test",
                words="Enjoy!",
                locale="en",
            )
        )
        row = {
            "merchant_id": world.merchant.id,
            "public_id": public_id("crd"),
            "gift_id": gift.id,
            "code_digest": codes.digest_of(sign, code),
            "last_four": codes.last_four(code),
            "code_sealed": codes.seal(sign, code),
            "currency": "USD",
            "face_minor": face_minor,
            "zone": "America/New_York",
            "is_test": True,
            "issued_at": now,
            **facts,
        }
        ledger.issue(session, line, [row], now=now)
        card_id = session.scalars(select(GiftCard.id).where(GiftCard.gift_id == gift.id)).one()
        return Given(code, gift.id, card_id, str(row["public_id"]), placed.public_id)


def _pay(bench: Bench, placed: PlacedOrder) -> None:
    """Let the gateway say that the payment has succeeded, without a web server between."""
    snapshot = replace(bench.gateway.snapshots[placed.payment_reference], state="succeeded")
    now = bench.clock.now()
    body = event_body(
        "payment_intent.succeeded",
        snapshot,
        event_id=f"evt_{secrets.token_hex(8)}",
        created=int(now.timestamp()),
    )
    event = bench.gateway.read_event(body, signature(body))
    with bench.database.begin() as session:
        apply_event(session, event, body.decode(), kinds=bench.ports.kinds, now=now)


BEN = Recipient("Ben", "ben@friends.test")
CLEO = Recipient("Cleo", "cleo@friends.test")


def a_wish(**changes: Any) -> GiftWish:
    """Return the wish for a gift of 50.00 for one friend, at once and by mail."""
    values: dict[str, Any] = {
        "recipients": (BEN,),
        "way": "email",
        "sender": "Ada",
        "words": "Enjoy the summer!",
        "design": DESIGNS[0],
        "amount_minor": 5000,
    }
    if "variant" in changes:
        values.pop("amount_minor")
    return GiftWish(**{**values, **changes})


def place_gift(bench: Bench, world: World, **wish: Any) -> PlacedOrder:
    """Place an order for a gift."""
    return place(
        bench, world, lines=(), fulfilment="gift", store=None, asked=("gift", a_wish(**wish))
    )


def sell_gift(bench: Bench, world: World, **wish: Any) -> PlacedOrder:
    """Place an order for a gift and pay it."""
    placed = place_gift(bench, world, **wish)
    pay(bench.client(), bench, placed)
    return placed


def gift_json(world: World, **gift: Any) -> dict[str, Any]:
    """Return the JSON of an order for a gift."""
    wished = {
        "amount_minor": 5000,
        "recipients": [{"name": "Ben", "email": "ben@friends.test"}],
        "from": "Ada",
        "words": "Enjoy the summer!",
        **gift,
    }
    return {
        "placement": world.placement.public_id,
        "email": "ada@buyer.test",
        "name": "Ada",
        "gift": {name: value for name, value in wished.items() if value is not None},
    }


def gifts_of(session: Session, placed: PlacedOrder) -> list[Gift]:
    """Return the gifts of an order."""
    return list(
        session.scalars(
            select(Gift)
            .join(Order, Order.id == Gift.order_id)
            .where(Order.public_id == placed.public_id)
            .order_by(Gift.position)
        )
    )


def cards_of(session: Session, placed: PlacedOrder) -> list[GiftCard]:
    """Return the cards of an order's gifts."""
    return list(
        session.scalars(
            select(GiftCard)
            .join(Gift, Gift.id == GiftCard.gift_id)
            .join(Order, Order.id == Gift.order_id)
            .where(Order.public_id == placed.public_id)
            .order_by(Gift.position)
        )
    )


def code_of(bench: Bench, card: GiftCard) -> str:
    """Return a card's code, as its holder knows it."""
    code = codes.unseal(bench.ports.sign, card.code_sealed)
    assert code is not None
    return code

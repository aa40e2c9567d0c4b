"""Gifts to test with: an order that is paid, and on it a gift with a card that can be spent."""

import secrets
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from gifting import codes, ledger
from gifting.models import Gift, GiftCard, GiftContact
from storefront.db.ids import public_id
from storefront.models import LineItem, Order
from storefront.services.checkout import PlacedOrder
from storefront.services.payments import apply_event
from tests.factories import World, place
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
        card = GiftCard(
            **{
                "merchant_id": world.merchant.id,
                "public_id": public_id("crd"),
                "gift_id": gift.id,
                "code_digest": codes.digest_of(sign, code),
                "last_four": codes.last_four(code),
                "code_sealed": codes.seal(sign, code),
                "currency": "USD",
                "face_minor": face_minor,
                "balance_minor": 0,
                "zone": "America/New_York",
                "is_test": True,
                "issued_at": now,
                **facts,
            }
        )
        session.add(card)
        session.flush()
        ledger.open_card(session, card.id, now=now)
        return Given(code, gift.id, card.id, card.public_id, placed.public_id)


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

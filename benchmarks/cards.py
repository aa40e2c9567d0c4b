"""Orders of gifts, and cards that can be spent, written straight into the tables."""

import secrets
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from benchmarks.serving import Served
from gifting import codes
from gifting.models import Gift, GiftCard
from storefront.db.ids import public_id
from storefront.models import LineItem, Order
from tests.factories import World

FACE = 1_000_000


def write_cards(served: Served, world: World, count: int) -> list[str]:
    """Write cards that can be spent, all of one order; return their codes."""
    shop, now = served.shop, served.shop.clock.now()
    fresh = [codes.new_code() for _ in range(count)]
    own = {"merchant_id": world.merchant.id, "currency": "USD", "face_minor": FACE}
    with shop.database.begin() as session:
        line = gifts_line(session, world, count, face=FACE, now=now)
        gifts = [
            {
                **own,
                "public_id": public_id("gft"),
                "order_id": line.order_id,
                "line_item_id": line.id,
                "position": position,
                "title": "Gift card",
                "paid_minor": FACE,
                "design": "plain",
                "way": "link",
                "visitor": secrets.token_hex(13),
                "placed_at": now,
                "issued_at": now,
            }
            for position in range(count)
        ]
        ids = session.scalars(
            insert(Gift).returning(Gift.id, sort_by_parameter_order=True), gifts
        ).all()
        session.execute(
            insert(GiftCard),
            [
                {
                    **own,
                    "public_id": public_id("crd"),
                    "gift_id": gift_id,
                    "code_digest": codes.digest_of(shop.sign, code),
                    "last_four": codes.last_four(code),
                    "code_sealed": "",
                    "balance_minor": FACE,
                    "entries": 1,
                    "zone": "UTC",
                    "is_test": True,
                    "issued_at": now,
                }
                for gift_id, code in zip(ids, fresh, strict=True)
            ],
        )
    return fresh


def gifts_line(session: Session, world: World, count: int, *, face: int, now: datetime) -> LineItem:
    """Write an order of so many gifts; return its one line."""
    total = count * face
    order = Order(
        merchant_id=world.merchant.id,
        currency="USD",
        public_id=public_id("ord"),
        placement_id=world.placement.id,
        visitor=secrets.token_hex(13),
        fulfilment="gift",
        locale="en",
        goods_minor=total,
        shipping_minor=0,
        total_minor=total,
        placed_at=now,
        held_until=now,
    )
    session.add(order)
    session.flush()
    line = LineItem(
        merchant_id=world.merchant.id,
        currency="USD",
        order_id=order.id,
        position=0,
        kind="gift",
        title="Gift card",
        variant_name="",
        sku="",
        unit_minor=face,
        quantity=count,
        total_minor=total,
    )
    session.add(line)
    session.flush()
    return line

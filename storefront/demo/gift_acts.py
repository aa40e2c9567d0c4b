"""What people do with gifts in the demo's stories, one function each, through the services that
everybody uses. When they do it is for stories.py to say."""

import hashlib
import json
import secrets
from datetime import timedelta
from urllib.request import Request, urlopen
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from gifting import opening, redemption
from gifting.cancelling import cancel_gift
from gifting.models import Gift, GiftCard
from gifting.presents import Present, present_of
from gifting.redemption import Redeem
from gifting.tills import Till
from gifting.wishes import EMAIL, LINK, GiftWish, Recipient
from storefront.demo.values import DemoGift, DemoSpending
from storefront.models import Order, Payment, Variant
from storefront.ports import Ports
from storefront.services import interactions, settling
from storefront.services.checkout import place_order
from storefront.services.interactions import Act
from storefront.services.order_requests import Buyer, PlacedOrder, PlaceOrder
from storefront.services.placements import get_placement
from storefront.services.visitors import Visitor

PATIENCE_SECONDS = 10


def arrive(ports: Ports, placement: str, story: DemoGift) -> Visitor:
    """Bring the buyer to the post, by a shared link where the story has one, and let them click."""
    buyer = _visitor(story.buyer[1])
    if story.sharer:
        buyer = _follow(ports, placement, buyer, sharer=_visitor(story.sharer))
    else:
        act(ports, placement, "view", visitor=buyer)
    act(ports, placement, "click", visitor=buyer)
    return buyer


def _follow(ports: Ports, placement: str, buyer: Visitor, *, sharer: Visitor) -> Visitor:
    token = act(ports, placement, "share", visitor=sharer) or ""
    with ports.reads() as session:
        link = interactions.find_share(session, token, sign=ports.sign)
    now = ports.clock.now()
    return interactions.open_share(ports.sessions, link, buyer, referrer=None, now=now).visitor


def act(ports: Ports, placement: str, kind: str, *, visitor: Visitor) -> str | None:
    """Record one act in a frame; return the link's token where it is a share."""
    with ports.sessions.begin() as session:
        return interactions.record(
            session,
            get_placement(session, placement),
            Act(kind=kind, visitor=visitor, assurance="signed", surface="frame"),
            sign=ports.sign,
            now=ports.clock.now(),
        ).share_token


def _visitor(name: str) -> Visitor:
    return Visitor(hashlib.sha256(name.encode()).hexdigest()[:26], "verified")


def buy(ports: Ports, placement: str, story: DemoGift, *, secret_key: str) -> PlacedOrder:
    """Order the story's gift and pay it with the sandbox's good card."""
    visitor = arrive(ports, placement, story)
    name, email = story.buyer
    with ports.reads() as session:
        wish = _wish(session, story, ports)
    placed = place_order(
        ports,
        PlaceOrder(
            placement=placement,
            lines=(),
            visitor=visitor,
            buyer=Buyer(email, name),
            fulfilment="gift",
            store=None,
            locale="en",
            request_key=secrets.token_urlsafe(24),
            body_hash="",
            asked=("gift", wish),
        ),
    )
    _pay(ports, placed, secret_key=secret_key)
    return placed


def _wish(session: Session, story: DemoGift, ports: Ports) -> GiftWish:
    tomorrow = ports.clock.now().astimezone(ZoneInfo(story.zone or "UTC")) + timedelta(days=1)
    return GiftWish(
        recipients=tuple(Recipient(name, email) for name, email in story.friends),
        way=EMAIL if story.friends[0][1] else LINK,
        sender=story.buyer[0],
        words=story.words,
        design=story.design,
        variant=session.scalar(select(Variant.public_id).where(Variant.sku == story.sku)),
        amount_minor=story.amount_minor,
        at=f"{tomorrow.date()}T{story.at}" if story.at else "",
        zone=story.zone,
    )


def _pay(ports: Ports, placed: PlacedOrder, *, secret_key: str) -> None:
    """Confirm the payment as its form would, and learn from the gateway that it is paid."""
    address = ports.settings.stripe_api_url
    request = Request(  # noqa: S310 - the sandbox's own address
        f"{address}/v1/payment_intents/{placed.payment_reference}/confirm",
        json.dumps({"payment_method": "pm_card_visa"}).encode(),
        {"Authorization": f"Bearer {secret_key}", "Content-Type": "application/json"},
    )
    urlopen(request, timeout=PATIENCE_SECONDS).close()  # noqa: S310 - as above
    with ports.reads() as session:
        payment = session.scalars(
            select(Payment.id).where(Payment.gateway_reference == placed.payment_reference)
        ).one()
    settling.reconcile_payment(ports, payment)


def open_gifts(ports: Ports, order: PlacedOrder) -> None:
    """Let the recipients be shown their codes."""
    now = ports.clock.now()
    with ports.sessions.begin() as session:
        for gift in gifts_of(session, order):
            opening.open_gift(session, gift, _present(session, gift, ports), now=now)


def thank(ports: Ports, order: PlacedOrder, words: str) -> None:
    """Let the recipients thank the giver."""
    now = ports.clock.now()
    with ports.sessions.begin() as session:
        for gift in gifts_of(session, order):
            opening.thank(
                session,
                gift,
                _present(session, gift, ports),
                words=words,
                sign=ports.sign,
                now=now,
            )


def spend(ports: Ports, order: PlacedOrder, spending: DemoSpending, *, till: Till) -> None:
    """Take from the card at a counter what the story says, or all of it."""
    with ports.reads() as session:
        card = session.scalars(
            select(GiftCard).where(GiftCard.gift_id == gifts_of(session, order)[0].id)
        ).one()
    amount = card.balance_minor if spending.amount_minor is None else spending.amount_minor
    wish = Redeem("", amount, secrets.token_urlsafe(16), spending.basket_minor)
    redemption.redeem_card(ports, till, wish, card_id=card.id)


def call_off(ports: Ports, order: PlacedOrder) -> None:
    """Let the giver call the gifts off; their money goes back."""
    with ports.sessions.begin() as session:
        for gift in gifts_of(session, order):
            cancel_gift(session, gift, kinds=ports.kinds, now=ports.clock.now())


def gifts_of(session: Session, order: PlacedOrder) -> list[Gift]:
    """Return the gifts of an order."""
    return list(
        session.scalars(
            select(Gift)
            .join(Order, Order.id == Gift.order_id)
            .where(Order.public_id == order.public_id)
            .order_by(Gift.position)
        )
    )


def _present(session: Session, gift: Gift, ports: Ports) -> Present:
    present = present_of(session, gift, ports, now=ports.clock.now())
    if present is None:
        raise LookupError(gift.public_id)
    return present

"""The real shop, driven act by act through its services, and what its rows say afterwards. An act
returns whether the shop allowed it; which words it refuses with is for other tests."""

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gifting import cards, delivery
from gifting.models import Gift, GiftSettings
from gifting.redemption import Redeem, redeem
from gifting.reversal import Reverse, reverse
from gifting.wishes import Recipient
from storefront.domain.money import Money
from storefront.domain.offers import Scope
from storefront.domain.payments import DisputeNews, RefundNews
from storefront.errors import NotFound, StorefrontError
from storefront.models import Order, Payment, Refund
from storefront.services import catalog, fulfilment, privacy
from storefront.services.checkout import place_order
from storefront.services.fulfilment import Handling
from storefront.services.order_requests import Buyer, PlacedOrder
from storefront.services.privacy import Person
from storefront.services.refunds import Wish, refund_order
from storefront.worker import run_due, sweep
from tests.factories import an_order, running_offer, world_on
from tests.fakes import event_body, make_bench
from tests.gifting.factories import a_wish, cards_of, code_of
from tests.gifting.tills import a_till
from tests.storefront.gateway_news import apply, tell_of_dispute, tell_of_refund

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
THINGS = {"cone": (4, 450), "cake": (3, 2500)}
"""What is on sale: how many of it, at what price."""

QUOTA = 2
MEMBER = 1


def is_allowed(act: Callable[[], object]) -> bool:
    """Do it; a refusal is an answer, and anything else that is raised a fault."""
    try:
        act()
    except StorefrontError:
        return False
    return True


@dataclass
class HeldCard:
    """A card in its holder's hands."""

    id: int
    public_id: str
    gift_id: int
    code: str


class RealShop:
    """A merchant with two things on sale, an offer with a quota, gifts, and one till."""

    def __init__(self, folder: Path, url: str) -> None:
        self.bench = make_bench(folder, url, NOW)
        self.world = world_on(self.bench, stock=0)
        self.till = a_till(self.world, member_id=MEMBER, is_senior=True)
        self.who = Handling(self.world.merchant.id, "", MEMBER)
        self.variants = {name: self._put_on_sale(name) for name in THINGS}
        self._allow_offers_on_gifts()
        running_offer(
            self.bench, self.world, rate_ppm=200_000, quota=QUOTA, scope=Scope.ORDER, products=()
        )
        self.placed: list[PlacedOrder] = []
        self.cards: dict[int, list[HeldCard]] = {}
        self.failed: set[str] = set()

    def _put_on_sale(self, name: str) -> str:
        stock, price = THINGS[name]
        with self.bench.database.begin() as session:
            return catalog.add_variant(
                session, self.world.merchant, self.world.product,
                name=name, sku=name, price_minor=price, stock=stock,
            ).public_id  # fmt: skip

    def _allow_offers_on_gifts(self) -> None:
        terms = {"least_minor": 100, "most_minor": 50000, "presets": [1000]}
        with self.bench.database.begin() as session:
            session.add(
                GiftSettings(
                    merchant_id=self.world.merchant.id, changed_at=NOW, are_promotable=True, **terms
                )
            )

    @property
    def now(self) -> datetime:
        return self.bench.clock.now()

    def buy(self, buyer: str, thing: str, units: int) -> bool:
        return self._place(buyer, lines=((self.variants[thing], units),))

    def give(self, buyer: str, friends: list[str], *, at: str, **what: Any) -> bool:
        people = tuple(Recipient("Ben", friend) for friend in friends)
        if "thing" in what:
            what = {"variant": self.variants[what["thing"]]}
        wish = a_wish(recipients=people, at=at, zone="UTC" if at else "", **what)
        return self._place(buyer, lines=(), fulfilment="gift", store=None, asked=("gift", wish))

    def _place(self, buyer: str, **changes: Any) -> bool:
        command = an_order(self.world, buyer=Buyer(buyer, "Ada"), **changes)
        return is_allowed(lambda: self.placed.append(place_order(self.bench.ports, command)))

    def charge(self, order: int) -> None:
        self._set_payment(order, "succeeded", None)

    def decline(self, order: int) -> None:
        self._set_payment(order, "requires_payment_method", "card_declined")
        self._tell(order, "payment_intent.payment_failed")

    def tell_of_money(self, order: int) -> None:
        self._tell(order, "payment_intent.succeeded")

    def _set_payment(self, order: int, state: str, failure: str | None) -> None:
        reference = self.placed[order].payment_reference
        told = self.bench.gateway.snapshots
        told[reference] = replace(told[reference], state=state, failure=failure)

    def _tell(self, order: int, type_: str) -> None:
        snapshot = self.bench.gateway.snapshots[self.placed[order].payment_reference]
        name = f"evt_{secrets.token_hex(8)}"
        body = event_body(type_, snapshot, event_id=name, created=int(self.now.timestamp()))
        apply(self.bench, body)

    def work(self) -> None:
        """Let a worker do what is due, sweep, and do what came of that."""
        while run_due(self.bench.ports):
            pass
        sweep(self.bench.ports)
        while run_due(self.bench.ports):
            pass

    def take_out_cards(self, order: int) -> list[HeldCard]:
        """Return the cards of a paid order; their codes are read once, as a mail tells them."""
        if order not in self.cards:
            with self.bench.database.reads() as session:
                found = cards_of(session, self.placed[order])
            self.cards[order] = [
                HeldCard(card.id, card.public_id, card.gift_id, code_of(self.bench, card))
                for card in found
            ]
        return self.cards[order]

    def redeem(self, card: HeldCard, minor: int) -> str | None:
        """Take so much; return the receipt's number, None where it is refused."""
        wish = Redeem(card.code, minor, secrets.token_hex(12))
        try:
            return redeem(self.bench.ports, self.till, wish).public_id
        except StorefrontError:
            return None

    def undo(self, receipt: str) -> bool:
        wish = Reverse(receipt, secrets.token_hex(12))
        return is_allowed(lambda: reverse(self.bench.ports, self.till, wish))

    def refund(self, order: int, **wish: Any) -> bool:
        def act(session: Session) -> None:
            refund_order(
                session, self.world.merchant.id, self.placed[order].public_id,
                wish=Wish(**wish), kinds=self.bench.ports.kinds, now=self.now,
            )  # fmt: skip

        return self._write(act)

    def fail_refund(self, order: int, number: int) -> None:
        """Let the bank send one of an order's refunds back."""
        with self.bench.database.reads() as session:
            refund = session.scalars(
                select(Refund)
                .join(Payment, Payment.id == Refund.payment_id)
                .join(Order, Order.id == Payment.order_id)
                .where(Order.public_id == self.placed[order].public_id)
                .order_by(Refund.id)
            ).all()[number]
        key = f"{refund.public_id}-{refund.amount_minor}"
        reference = self.placed[order].payment_reference
        news = RefundNews(f"re_fake_{key}", "failed", refund.amount, payment=reference)
        self.failed.add(key)
        self.bench.gateway.tell("refund", news)
        tell_of_refund(self.bench, refund, "failed")

    def dispute(self, order: int, name: str, minor: int, state: str) -> None:
        """Let the buyer's bank say how a dispute stands."""
        placed = self.placed[order]
        amount, reference = Money(minor, "USD"), placed.payment_reference
        news = DisputeNews(name, state, amount, reference, "fraudulent", None)
        self.bench.gateway.tell("dispute", news)
        tell_of_dispute(self.bench, placed, minor, state, id=name)

    def hand_over(self, order: int) -> bool:
        handling = replace(self.who, order=self.placed[order].public_id)
        return self._write(lambda session: fulfilment.pick_up(session, handling, now=self.now))

    def erase(self, email: str) -> bool:
        person, kinds = Person(self.world.merchant.id, email), self.bench.ports.kinds

        def act(session: Session) -> None:
            with suppress(NotFound):  # nothing is kept any more: that is what was wanted
                privacy.erase_person(session, self.who, person, kinds=kinds, now=self.now)

        return self._write(act)

    def block(self, card: HeldCard) -> bool:
        return self._write(lambda session: cards.block(
            session, self.who, card.public_id, reason="suspicion", now=self.now
        ))  # fmt: skip

    def unblock(self, card: HeldCard) -> bool:
        return self._write(lambda session: cards.unblock(
            session, self.who, card.public_id, reason="cleared", now=self.now
        ))  # fmt: skip

    def void(self, card: HeldCard) -> bool:
        return self._write(lambda session: cards.void(
            session, self.who, card.public_id, reason="fraud", now=self.now
        ))  # fmt: skip

    def resend(self, card: HeldCard) -> bool:
        return self._write(lambda session: delivery.resend(
            session, session.get_one(Gift, card.gift_id), now=self.now
        ))  # fmt: skip

    def _write(self, act: Callable[[Session], object]) -> bool:
        def write() -> None:
            with self.bench.database.begin() as session:
                act(session)

        return is_allowed(write)

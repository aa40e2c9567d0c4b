"""The state machine that lets the real shop and the ideal one live through the same, step by step.
Which acts there are, and what must be true after each; how many and on what is for the tests."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import timedelta
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.model.driving import NOW, QUOTA, THINGS, HeldCard, RealShop
from tests.model.ideal import Card, Order, Refund, Shop
from tests.model.saying import ideal_books, real_books

A_FEW = st.integers(min_value=1, max_value=3)
ANY = st.integers(min_value=0, max_value=59)
"""Which of several: what is left when as many as there are divide it."""

ORDERS_OF_A_BUYER = 4
T = TypeVar("T")
OpenShop = Callable[[], AbstractContextManager[RealShop]]


class Life(RuleBasedStateMachine):
    """A real shop and an ideal one, side by side."""

    ideal_shop = Shop

    def __init__(self, open_shop: OpenShop) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.real = self.stack.enter_context(open_shop())
        self.ideal = self.ideal_shop(NOW, THINGS, quota=QUOTA)
        self.declined: set[Order] = set()
        self.receipts: list[tuple[Card, int, str]] = []
        self.undone: set[str] = set()

    def teardown(self) -> None:
        self.stack.close()

    @invariant()
    def both_say_the_same(self) -> None:
        expected, actual = ideal_books(self.ideal), real_books(self.real)
        assert expected == actual, f"{expected} is not {actual}"

    @invariant()
    def the_audit_finds_nothing(self) -> None:
        assert self.real.bench.findings() == []

    # Orders and their money

    @rule(thing=st.sampled_from(sorted(THINGS)), units=A_FEW, is_paid=st.booleans())
    def buy(self, thing: str, units: int, *, is_paid: bool) -> None:
        buyer = self.a_buyer()
        order = self.ideal.place(buyer, thing, units)
        assert (order is not None) == self.real.buy(buyer, thing, units)
        if order is not None and is_paid:
            self.take_money(order)

    @rule(
        face=st.sampled_from([1000, 2500, 3335]),
        friends=A_FEW,
        is_thing=st.booleans(),
        is_later=st.booleans(),
        is_paid=st.booleans(),
    )
    def give(
        self, face: int, friends: int, *, is_thing: bool, is_later: bool, is_paid: bool
    ) -> None:
        thing = "cake" if is_thing else None
        face = THINGS["cake"][1] if is_thing else face
        buyer, number = self.a_buyer(), len(self.ideal.orders)
        addresses = [f"friend-{number}-{friend}@friends.test" for friend in range(friends)]
        due = self.ideal.now + timedelta(days=2) if is_later else self.ideal.now
        due = due.replace(second=0) if is_later else due
        at = f"{due:%Y-%m-%dT%H:%M}" if is_later else ""
        what = {"thing": thing} if is_thing else {"amount_minor": face}
        order = self.ideal.place(buyer, thing, friends, face)
        assert (order is not None) == self.real.give(buyer, addresses, at=at, **what)
        if order is not None:
            self.ideal.give(order, face, due)
            if is_paid:
                self.take_money(order)

    @precondition(lambda self: self.payable())
    @rule(which=ANY, is_told=st.booleans())
    def pay(self, which: int, *, is_told: bool) -> None:
        order = one_of(self.payable(), which)
        order.is_charged = True
        self.real.charge(self.number(order))
        if is_told:
            self.take_money(order)

    @precondition(lambda self: self.charged())
    @rule(which=ANY)
    def hear_again_of_money(self, which: int) -> None:
        self.take_money(one_of(self.charged(), which))

    @precondition(lambda self: set(self.payable()) - self.declined)
    @rule(which=ANY)
    def decline(self, which: int) -> None:
        order = one_of([each for each in self.payable() if each not in self.declined], which)
        self.declined.add(order)
        self.real.decline(self.number(order))

    @rule(minutes=st.sampled_from([1, 11, 25 * 60]))
    def pass_time(self, minutes: int) -> None:
        self.ideal.now += timedelta(minutes=minutes)
        self.real.bench.clock.pass_time(minutes=minutes)

    @rule()
    def work(self) -> None:
        self.ideal.work()
        self.real.work()

    @precondition(lambda self: self.ideal.orders)
    @rule(which=ANY)
    def hand_over(self, which: int) -> None:
        order = one_of(self.ideal.orders, which)
        is_here = order.state == "paid" and not order.cards and order.kept > 0
        assert (is_here and not order.is_handed_over) == self.real.hand_over(self.number(order))
        order.is_handed_over |= is_here

    # Money back

    @precondition(lambda self: self.ideal.orders)
    @rule(which=ANY, units=A_FEW)
    def refund_units(self, which: int, units: int) -> None:
        order = one_of(self.ideal.orders, which)
        allowed = self.ideal.refund(order, units=units)
        assert allowed == self.real.refund(self.number(order), lines={0: units})

    @precondition(lambda self: self.ideal.orders)
    @rule(which=ANY, parts=A_FEW)
    def refund_a_part(self, which: int, parts: int) -> None:
        order = one_of(self.ideal.orders, which)
        minor = max(1, order.kept // parts)
        allowed = self.ideal.refund(order, minor=minor)
        assert allowed == self.real.refund(self.number(order), amount_minor=minor)

    @precondition(lambda self: self.ideal.orders)
    @rule(which=ANY)
    def refund_all_that_is_left(self, which: int) -> None:
        order = one_of(self.ideal.orders, which)
        assert self.ideal.refund(order) == self.real.refund(self.number(order))

    @precondition(lambda self: self.sent_refunds())
    @rule(which=ANY)
    def fail_refund(self, which: int) -> None:
        order, refund = one_of(self.sent_refunds(), which)
        self.ideal.fail(order, refund)
        self.real.fail_refund(self.number(order), order.refunds.index(refund))

    @precondition(lambda self: self.disputable())
    @rule(which=ANY, parts=A_FEW)
    def dispute(self, which: int, parts: int) -> None:
        order = one_of(self.disputable(), which)
        minor = max(1, (order.kept - order.withdrawn) // parts)
        name = f"du_{self.number(order)}_{len(order.disputes)}"
        order.disputes[name] = (minor, "open")
        self.real.dispute(self.number(order), name, minor, "needs_response")

    @precondition(lambda self: self.undecided())
    @rule(which=ANY, verdict=st.sampled_from(["won", "lost"]))
    def decide(self, which: int, verdict: str) -> None:
        order, name = one_of(self.undecided(), which)
        minor, _ = order.disputes[name]
        order.disputes[name] = (minor, verdict)
        self.real.dispute(self.number(order), name, minor, verdict)

    # Cards

    @precondition(lambda self: self.ideal.cards)
    @rule(which=ANY, parts=st.integers(min_value=0, max_value=3))
    def redeem(self, which: int, parts: int) -> None:
        card = one_of(self.ideal.cards, which)
        minor = max(1, card.balance // parts) if parts else card.balance + 1
        receipt = self.real.redeem(self.in_hand(card), minor)
        assert self.ideal.redeem(card, minor) == (receipt is not None)
        if receipt is not None:
            self.receipts.append((card, minor, receipt))

    @precondition(lambda self: self.receipts)
    @rule(which=ANY)
    def undo(self, which: int) -> None:
        card, minor, receipt = one_of(self.receipts, which)
        allowed = receipt not in self.undone and self.ideal.undo(card, minor)
        assert allowed == self.real.undo(receipt)
        if allowed:
            self.undone.add(receipt)

    @precondition(lambda self: self.ideal.cards)
    @rule(which=ANY)
    def block(self, which: int) -> None:
        card = one_of(self.ideal.cards, which)
        assert self.ideal.block(card) == self.real.block(self.in_hand(card))

    @precondition(lambda self: self.ideal.cards)
    @rule(which=ANY)
    def unblock(self, which: int) -> None:
        card = one_of(self.ideal.cards, which)
        assert self.ideal.unblock(card) == self.real.unblock(self.in_hand(card))

    @precondition(lambda self: self.ideal.cards)
    @rule(which=ANY)
    def void(self, which: int) -> None:
        card = one_of(self.ideal.cards, which)
        assert self.ideal.void(card) == self.real.void(self.in_hand(card))

    @precondition(lambda self: self.ideal.cards)
    @rule(which=ANY)
    def resend(self, which: int) -> None:
        card = one_of(self.ideal.cards, which)
        if card.mails:
            is_good = not card.is_void and card.has_address
            assert is_good == self.real.resend(self.in_hand(card))

    # People

    @precondition(lambda self: self.ideal.orders)
    @rule(which=ANY)
    def erase_a_buyer(self, which: int) -> None:
        buyer = one_of(self.ideal.orders, which).buyer
        assert self.ideal.erase(buyer) == self.real.erase(buyer)

    @precondition(lambda self: self.ideal.cards)
    @rule(which=ANY)
    def erase_a_friend(self, which: int) -> None:
        card = one_of(self.ideal.cards, which)
        number, friend = self.number(card.order), card.order.cards.index(card)
        assert self.real.erase(f"friend-{number}-{friend}@friends.test")
        card.has_address = False

    def a_buyer(self) -> str:
        """Return the next buyer: each comes a few times."""
        return f"buyer-{len(self.ideal.orders) // ORDERS_OF_A_BUYER}@buyers.test"

    def number(self, order: Order) -> int:
        """Return an order's place among those that were placed."""
        return self.ideal.orders.index(order)

    def in_hand(self, card: Card) -> HeldCard:
        """Return the real card."""
        return self.real.take_out_cards(self.number(card.order))[card.order.cards.index(card)]

    def take_money(self, order: Order) -> None:
        """Let the gateway take an order's money, if it has not, and say so."""
        order.is_charged = True
        self.ideal.hear_of_money(order)
        self.real.charge(self.number(order))
        self.real.tell_of_money(self.number(order))
        for card in order.cards if order.state == "paid" else ():
            self.in_hand(card)

    def payable(self) -> list[Order]:
        """Return the orders whose payment is open at the gateway."""
        return [o for o in self.ideal.orders if o.state == "waiting" and not o.is_charged]

    def charged(self) -> list[Order]:
        """Return the orders that somebody has paid at the gateway."""
        return [order for order in self.ideal.orders if order.is_charged]

    def disputable(self) -> list[Order]:
        """Return the orders of whose money something is left to fight about."""
        return [o for o in self.ideal.orders if o.state == "paid" and o.kept > o.withdrawn]

    def undecided(self) -> list[tuple[Order, str]]:
        """Return the disputes that may still end otherwise."""
        return [
            (order, name)
            for order in self.ideal.orders
            for name, (_, verdict) in order.disputes.items()
            if verdict != "won"
        ]

    def sent_refunds(self) -> list[tuple[Order, Refund]]:
        """Return the refunds that a bank may send back."""
        return [
            (order, refund)
            for order in self.ideal.orders
            for refund in order.refunds
            if refund.is_sent and not refund.has_failed
        ]


def one_of(several: Sequence[T], which: int) -> T:
    """Return one of several."""
    return several[which % len(several)]

"""The shop as it ought to be, and nothing else: numbers and moments, without a database, a gateway
or a line of the shop's own code. What happened is kept; all else is derived from it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

HOLD, A_DAY, RETURNS_USE = timedelta(minutes=10), timedelta(days=1), timedelta(days=90)
EVERYTHING = None
"""The amount of a refund that takes all there is left."""


@dataclass(eq=False)
class Card:
    """One gift of an order, and what became of its value."""

    order: "Order"
    face: int
    paid: int
    due: datetime
    is_product: bool
    uses: list[int] = field(default_factory=list)
    returns: list["Return"] = field(default_factory=list)
    is_void_by_member: bool = False
    is_blocked_by_member: bool = False
    has_address: bool = True
    mails: int = 0

    @property
    def left(self) -> int:
        returned = sum(each.value for each in self.returns if not each.refund.has_failed)
        return self.face - sum(self.uses) - returned

    @property
    def is_void(self) -> bool:
        emptied = any(each.is_whole for each in self.returns if not each.refund.has_failed)
        is_gone = emptied and not self.left
        return self.is_void_by_member or "lost" in self.order.disputed or is_gone

    @property
    def is_blocked(self) -> bool:
        return not self.is_void and (self.is_blocked_by_member or "open" in self.order.disputed)

    @property
    def balance(self) -> int:
        return 0 if self.is_void else self.left

    @property
    def worth(self) -> int:
        """What a refund can give back for it: the unspent share of what was paid."""
        returned = sum(each.money for each in self.returns if not each.refund.has_failed)
        return max(0, min(self.paid - returned, self.paid * self.balance // self.face))


@dataclass(eq=False)
class Refund:
    """Money on its way back. `restocked` units are on sale again."""

    money: int
    units: int = 0
    restocked: int = 0
    is_sent: bool = False
    has_failed: bool = False


@dataclass(frozen=True)
class Return:
    """What a refund took from a card; `is_whole` when nothing is left to give back."""

    refund: Refund
    value: int
    money: int
    is_whole: bool


@dataclass(eq=False)
class Order:
    """Units of a thing or a value, for a buyer or as gifts. `state` is waiting, paid, back (its
    money came too late) or over."""

    buyer: str
    thing: str | None
    units: int
    total: int
    placed: datetime
    has_use: bool
    state: str = "waiting"
    is_charged: bool = False
    is_handed_over: bool = False
    is_erased: bool = False
    paid_at: datetime | None = None
    has_returned_use: bool = False
    cards: list[Card] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    disputes: dict[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def disputed(self) -> set[str]:
        return {verdict for _, verdict in self.disputes.values()}

    @property
    def withdrawn(self) -> int:
        return sum(minor for minor, verdict in self.disputes.values() if verdict != "won")

    @property
    def kept(self) -> int:
        return self.total - sum(each.money for each in self.refunds if not each.has_failed)

    @property
    def units_kept(self) -> int:
        return self.units - sum(each.units for each in self.refunds if not each.has_failed)

    @property
    def units_sold(self) -> int:
        return self.units - sum(each.restocked for each in self.refunds)


class Shop:
    """What may happen to the shop. Each act says whether it is allowed, and then has happened."""

    def __init__(self, now: datetime, stock: dict[str, tuple[int, int]], *, quota: int) -> None:
        self.now = now
        self.stock = {thing: units for thing, (units, _) in stock.items()}
        self.prices = {thing: price for thing, (_, price) in stock.items()}
        self.quota = quota
        self.orders: list[Order] = []

    @property
    def cards(self) -> list[Card]:
        return [card for order in self.orders if order.state == "paid" for card in order.cards]

    def holds(self, order: Order) -> bool:
        return order.state == "waiting" and self.now < order.placed + HOLD

    def left(self, thing: str | None, *, but: Order | None = None) -> int:
        if thing is None:
            return 10**9
        mine = [each for each in self.orders if each.thing == thing and each is not but]
        sold = sum(each.units_sold for each in mine if each.state == "paid")
        return self.stock[thing] - sold - sum(each.units for each in mine if self.holds(each))

    def uses_left(self, *, but: Order | None = None) -> int:
        mine = [each for each in self.orders if each.has_use and each is not but]
        taken = sum(each.state == "paid" and not each.has_returned_use for each in mine)
        return self.quota - taken - sum(map(self.holds, mine))

    def place(self, buyer: str, thing: str | None, units: int, face: int = 0) -> Order | None:
        if self.left(thing) < units:
            return None
        has_use, listed = self.uses_left() > 0, face or self.prices[thing or ""]
        total = units * listed * 4 // 5 if has_use else units * listed
        self.orders.append(Order(buyer, thing, units, total, self.now, has_use))
        return self.orders[-1]

    def give(self, order: Order, face: int, due: datetime) -> None:
        is_product = order.thing is not None
        order.cards = [
            Card(order, face, order.total // order.units, due, is_product)
            for _ in range(order.units)
        ]

    def hear_of_money(self, order: Order) -> None:
        if order.state != "waiting" or not order.is_charged:
            return
        has_use = not order.has_use or self.uses_left(but=order) > 0
        if has_use and self.left(order.thing, but=order) >= order.units:
            order.state, order.paid_at = "paid", self.now
        else:
            order.state, order.refunds = "back", [Refund(order.total)]

    def work(self) -> None:
        for order in self.orders:
            if order.state == "waiting" and not self.holds(order):
                self.hear_of_money(order)
                order.state = "over" if order.state == "waiting" else order.state
        for refund in (refund for order in self.orders for refund in order.refunds):
            refund.is_sent = True
        for card in self.cards:
            if not card.mails and card.has_address and card.due <= self.now and card.balance:
                if card.is_blocked:
                    card.due = self.now + A_DAY
                else:
                    card.mails = 1

    def redeem(self, card: Card, minor: int) -> bool:
        is_part = card.is_product and minor != card.balance
        if card.is_void or card.is_blocked or is_part or not 0 < minor <= card.balance:
            return False
        card.uses.append(minor)
        return True

    def undo(self, card: Card, minor: int) -> bool:
        if card.is_void or minor not in card.uses:
            return False
        card.uses.remove(minor)
        return True

    def block(self, card: Card) -> bool:
        if card.is_void or card.is_blocked:
            return False
        card.is_blocked_by_member = True
        return True

    def unblock(self, card: Card) -> bool:
        if card.is_void or not card.is_blocked_by_member:
            return False
        card.is_blocked_by_member = False
        return True

    def void(self, card: Card) -> bool:
        if card.is_void:
            return False
        card.is_void_by_member = True
        return True

    def refund(self, order: Order, *, units: int = 0, minor: int | None = EVERYTHING) -> bool:
        free = order.kept - order.withdrawn
        if units:
            wanted = order.kept * units // order.units_kept if units <= order.units_kept else 0
        else:
            wanted = min(order.kept, free) if minor is EVERYTHING else minor
            units = order.units_kept if minor is EVERYTHING and wanted == order.kept else 0
        if order.state != "paid" or not 0 < wanted <= free:
            return False
        refund = Refund(wanted, units, min(units, order.units_sold))
        if order.cards and not self._empty(order.cards, refund):
            return False
        order.refunds.append(refund)
        is_early = order.paid_at is not None and self.now < order.paid_at + RETURNS_USE
        order.has_returned_use |= order.kept == 0 and is_early
        return True

    def _empty(self, cards: list[Card], refund: Refund) -> bool:
        if sum(card.worth for card in cards) < refund.money:
            return False
        rest = refund.money
        for card in reversed(cards):
            money = min(rest, card.worth)
            if money:
                is_whole = money == card.worth
                value = card.balance if is_whole else -(-card.face * money // card.paid)
                card.returns.append(Return(refund, value, money, is_whole))
                rest -= money
        return True

    def fail(self, order: Order, refund: Refund) -> None:
        refund.has_failed = True
        if order.state == "paid" and self.left(order.thing) >= refund.restocked:
            refund.restocked = 0
        if order.state == "paid" and order.has_returned_use and self.uses_left() > 0:
            order.has_returned_use = False

    def erase(self, buyer: str) -> bool:
        mine = [each for each in self.orders if each.buyer == buyer and not each.is_erased]
        if any(
            each.state == "paid" and not (each.cards or each.is_handed_over) and each.kept
            for each in mine
        ):
            return False
        for order in mine:
            order.is_erased = True
        return True

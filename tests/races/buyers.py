"""Buyers who go on buying while things break, for themselves and as gifts: each remembers what it
was told, repeats under its key what was not answered, and pays at the gateway as its page would.
A gift that was paid goes to a till at once, which takes a part of it."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.races import cards
from tests.races.cards import Card
from tests.races.clients import Answer, Request, ask
from tests.races.market import Market

PATIENCE = 60.0
PAUSE = 0.1
ONE_IN_GIVES = 4
ONE_IN_WALKS_AWAY = 8
FACE = 5000
UNANSWERED = {0, 502, 503, 504}
ANOTHER_WAS_FASTER = "offer_gone"
"""The last use of an offer went to somebody else; asked again, the order has its full price."""


@dataclass
class Told:
    """What buyers were told; the shop and the gateway must be able to stand by it."""

    placed: dict[str, dict[str, Any]] = field(default_factory=dict)
    paid: set[str] = field(default_factory=set)
    taken: dict[Card, int] = field(default_factory=dict)
    unanswered: list[Request] = field(default_factory=list)
    surprises: list[Answer] = field(default_factory=list)


class Buyers:
    """So many buyers, each of whom buys one thing after the other until told to stop."""

    def __init__(self, market: Market, variant: str, *, count: int) -> None:
        self.told = Told()
        self._market = market
        self._variant = variant
        self._till = cards.till(market)
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=self._buy_on, args=(random.Random(number),), daemon=True)
            for number in range(count)
        ]

    def start(self) -> None:
        """Open the doors."""
        for thread in self._threads:
            thread.start()

    def close(self) -> Told:
        """Let everybody finish what they have begun; return what they were told."""
        self._closing.set()
        for thread in self._threads:
            thread.join(2 * PATIENCE)
        assert not any(thread.is_alive() for thread in self._threads)
        return self.told

    def _buy_on(self, chance: random.Random) -> None:
        while not self._closing.is_set():
            is_gift = not chance.randrange(ONE_IN_GIVES)
            request = self._a_gift(chance) if is_gift else self._market.order(self._variant)
            answer = self._insist(request, until=lambda answer: answer.status == 201)
            if answer is None:
                self.told.unanswered.append(request)
                continue
            self.told.placed[answer.json["public_id"]] = answer.json
            if chance.randrange(ONE_IN_WALKS_AWAY) and self._pay(answer.json) and is_gift:
                self._spend(answer.json, chance.randrange(1, FACE))

    def _a_gift(self, chance: random.Random) -> Request:
        buyer = f"buyer-{chance.getrandbits(64):x}@buyer.test"  # each may give so many a day
        return cards.gift_order(self._market, FACE, buyer=buyer)

    def _pay(self, placed: dict[str, Any]) -> bool:
        """Pay, and look at the order's page until it says so; return whether it did."""
        # A repeat after a lost answer is told that the payment has succeeded already.
        confirmed = self._insist(
            self._market.confirm(placed), until=lambda answer: answer.status in {200, 400}
        )
        assert confirmed is not None
        is_told = self._insist(look(self._market, placed), until=is_paid) is not None
        if is_told:
            self.told.paid.add(placed["public_id"])
        return is_told

    def _spend(self, placed: dict[str, Any], minor: int) -> None:
        """Take a part of a gift's card, under one key until somebody answers."""
        [card] = cards.cards_of(self._market, placed)
        request = cards.take(self._market, self._till, card, minor)
        if self._insist(request, until=lambda answer: answer.status == 201) is None:
            self.told.unanswered.append(request)
        self.told.taken[card] = minor

    def _insist(self, request: Request, *, until: Callable[[Answer], bool]) -> Answer | None:
        """Ask again while nobody answers or it is not so yet; None when patience is over.

        Who has lost an answer and meets their own first try waits no longer than the doors are
        open: its lease ends in half a minute.
        """
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            answer = ask(request)
            if until(answer):
                return answer
            if answer.status == 409 and answer.code == "in_progress":
                return None
            is_told = answer.status == 409 and answer.code == ANOTHER_WAS_FASTER
            if answer.status not in {*UNANSWERED, 200} and not is_told:
                self.told.surprises.append(answer)
            time.sleep(PAUSE)
        return None


def look(market: Market, placed: dict[str, Any]) -> Request:
    """Return the request with which a buyer's page asks how an order is."""
    path = f"/orders/{placed['public_id']}?t={placed['token']}"
    return Request(market.shop.host, path, "", {"Accept": "application/json"}, "GET")


def is_paid(answer: Answer) -> bool:
    """Tell whether an order's page says that it is paid."""
    return answer.status == 200 and answer.json["status"] == "paid"

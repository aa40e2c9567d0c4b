"""The races themselves, run alike against the shop and against its naive twin. What must come of
them is for the tests to say."""

import random
from collections.abc import Sequence
from typing import Any

from storefront.models import Job, Offer
from tests.races.cards import Card, ask, take, till
from tests.races.clients import Answer, Request, ask_in_turn, race
from tests.races.market import Market, wait_until
from tests.races.sizes import Size

ORDERS_IN_A_HUNDRED = 10
HOLDS_ARE_OVER = 11 * 60
CLIENTS_AT_THE_END = 16


def many_buyers(market: Market, variant: str, size: Size) -> list[Answer]:
    """Let everybody order one unit of the same thing, each under a key of their own."""
    requests = [market.order(variant) for _ in range(size.attempts)]
    return race(requests, clients=size.clients)


def one_request(request: Request, size: Size) -> list[Answer]:
    """Send one and the same request, again and again."""
    return race([request] * size.attempts, clients=size.clients)


def one_event_each(market: Market, *, orders: int, at_once: int) -> list[Answer]:
    """Deliver the message that an order is paid so many times at once, order by order."""
    placed = market.place(*[market.add_variant(stock=orders)] * orders)
    events = [market.news(each) for each in placed]
    return race([event for event in events for _ in range(at_once)], clients=at_once)


def many_payments(markets: Sequence[Market], *, orders: int, clients: int) -> list[Answer]:
    """Let so many orders of each merchant be paid at one moment."""
    events = [
        market.news(placed)
        for market in markets
        for placed in market.place(*[market.add_variant(stock=None)] * orders)
    ]
    random.Random(3).shuffle(events)
    return race(events, clients=clients)


def many_refunds(market: Market, placed: dict[str, Any], *, minor: int, size: Size) -> list[Answer]:
    """Let an order be paid; then give so much of it back, many times, each under its own key."""
    market.pay([placed])
    ask_in_turn([market.news(placed)], clients=1)
    requests = [market.refund(placed, amount_minor=minor) for _ in range(size.attempts)]
    return race(requests, clients=size.clients)


def many_writes(market: Market, size: Size) -> list[Answer]:
    """Let visitors look, and one in ten order."""
    variant = market.add_variant(stock=None)
    orders = size.attempts * ORDERS_IN_A_HUNDRED // 100
    requests = [market.order(variant) for _ in range(orders)]
    requests += [market.interaction("view") for _ in range(size.attempts - orders)]
    random.Random(11).shuffle(requests)
    return race(requests, clients=size.clients)


def one_offer(market: Market, variant: str, offer: Offer, size: Size) -> list[Answer]:
    """Let everybody order one piece at an offer's price, each under an address of their own."""
    requests = [
        market.order(variant, email=f"buyer-{number}@buyer.test", seen_offers=[offer.public_id])
        for number in range(size.attempts)
    ]
    return race(requests, clients=size.clients)


def one_buyer(market: Market, variant: str, offer: Offer, size: Size) -> list[Answer]:
    """Let one buyer order at an offer's price again and again, in as many browsers."""
    request = [market.order(variant, seen_offers=[offer.public_id]) for _ in range(size.attempts)]
    return race(request, clients=size.clients)


def one_order(market: Market, placed: dict[str, Any], size: Size) -> list[Answer]:
    """Let half of the members hand one paid order over while the other half cancel it."""
    market.pay([placed])
    ask_in_turn([market.news(placed)], clients=1)
    requests = [market.hand_over(placed), market.cancel(placed)] * (size.attempts // 2)
    return race(requests, clients=size.clients)


def one_shelf(market: Market, variant: str, size: Size) -> list[Answer]:
    """Let half of them order a unit while the other half find that one is gone."""
    requests = []
    for _ in range(size.attempts // 2):
        requests += [market.order(variant), market.lose_one(variant)]
    return race(requests, clients=size.clients)


def one_undo(market: Market, card: Card, minor: int, size: Size) -> list[Answer]:
    """Take something from a card once; then undo that again and again, each under its own key."""
    token = till(market)
    [taken] = race([take(market, token, card, minor)], clients=2)
    path = f"/redemptions/{taken.json['public_id']}/reversal"
    requests = [ask(market, token, path) for _ in range(size.attempts)]
    return race(requests, clients=size.clients)


def one_card(market: Market, card: Card, minor: int, size: Size) -> list[Answer]:
    """Take so much from one card again and again, each time under a key of its own."""
    token = till(market)
    requests = [take(market, token, card, minor) for _ in range(size.attempts)]
    return race(requests, clients=size.clients)


def at_the_end_of_holds(market: Market, requests: Sequence[Request]) -> list[Answer]:
    """Let every hold of the market end, and send requests while two workers clear up."""
    shuffled = list(requests)
    random.Random(5).shuffle(shuffled)
    market.shop.pass_time(HOLDS_ARE_OVER)
    for _ in range(2):
        market.shop.start_worker()
    wait_until(lambda: market.count(Job, name="expire_order", attempts=1) > 0, "a worker begins")
    answers = race(shuffled, clients=CLIENTS_AT_THE_END)
    wait_until(lambda: not market.has_due_jobs("expire_order"), "every hold has ended")
    return answers

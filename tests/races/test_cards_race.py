"""Many tills and one card: never more than it holds, a repeat takes nothing, an undo is one."""

import random
import secrets

import pytest

from gifting.models import GiftCard, GiftEntry, Redemption, Reversal
from storefront.models import Job
from tests.races import cards, heats
from tests.races.cards import Books, books_of, come_back, give, order_gift, take, till
from tests.races.clients import count_codes, race
from tests.races.conftest import Figure, OpenMarket
from tests.races.market import Market
from tests.races.one_packet import in_one_packet
from tests.races.sizes import PROOF, SIZES, VARIATION, VARIATIONS, Size

FACE = 5000
PARTS = (
    pytest.param(VARIATION, 119, 42, id="120x16"),
    pytest.param(PROOF, 7, 714, id="10000x64", marks=SIZES[1].marks),
)
"""How many parts of which amount fit into the card; two cents are left."""

UNDOERS = VARIATION
IN_A_PACKET = 50


def test_a_card_is_redeemed_in_full_exactly_once(
    market: Market, size: Size, figure: Figure
) -> None:
    [card] = give(market, FACE)

    answers = heats.one_card(market, card, FACE, size)

    figure(answers)
    assert {"201": 1, "already_redeemed": size.attempts - 1} == count_codes(answers)
    assert {201, 409} == {answer.status for answer in answers}
    assert Books(0, 0, FACE, 1) == books_of(market, card)


@pytest.mark.parametrize(("size", "minor", "parts"), PARTS)
def test_parts_are_taken_until_there_is_no_whole_part_left(
    market: Market, figure: Figure, *, size: Size, minor: int, parts: int
) -> None:
    [card] = give(market, FACE)

    answers = heats.one_card(market, card, minor, size)

    figure(answers)
    assert {"201": parts, "insufficient_balance": size.attempts - parts} == count_codes(answers)
    assert Books(2, 2, 4998, parts) == books_of(market, card)


def test_fifty_redemptions_in_one_packet_take_once(market: Market) -> None:
    """Bad input 27, as attackers send it: one HTTP/2 packet completes all fifty requests."""
    [card] = give(market, FACE)
    token = till(market)

    answers = in_one_packet([take(market, token, card, FACE) for _ in range(IN_A_PACKET)])

    assert {"201": 1, "already_redeemed": IN_A_PACKET - 1} == count_codes(answers)
    assert Books(0, 0, FACE, 1) == books_of(market, card)


@pytest.mark.parametrize("size", VARIATIONS)
def test_mixed_parts_never_add_up_to_more_than_the_card(market: Market, size: Size) -> None:
    [card] = give(market, FACE)
    token, chance = till(market), random.Random(7)
    most = max(60, 12 * FACE // size.attempts)
    asked = [take(market, token, card, chance.randint(1, most)) for _ in range(size.attempts)]

    answers = race(asked, clients=size.clients)

    told = sum(answer.json["amount_minor"] for answer in answers if answer.status == 201)
    books = books_of(market, card)
    assert {"201", "insufficient_balance", "already_redeemed"} >= set(count_codes(answers))
    assert (FACE, FACE - told, told) == (books.balance + told, books.ledger, books.redeemed)
    entries = market.rows(GiftEntry, card_id=card.id)
    assert list(range(1, len(entries) + 1)) == sorted(entry.sequence for entry in entries)


@pytest.mark.parametrize("size", VARIATIONS)
def test_the_same_request_many_times_takes_once_and_gets_one_answer(
    market: Market, size: Size
) -> None:
    [card] = give(market, FACE)
    request = take(market, till(market), card, FACE, key=secrets.token_urlsafe(24))

    answers = heats.one_request(request, size)

    assert {"201": size.attempts} == count_codes(answers)
    assert 1 == len({answer.body for answer in answers})
    assert 1 == sum("idempotent-replayed" not in answer.headers for answer in answers)
    assert Books(0, 0, FACE, 1) == books_of(market, card)


def test_many_undos_give_back_once(market: Market) -> None:
    [card] = give(market, FACE)

    answers = heats.one_undo(market, card, 1234, UNDOERS)

    assert {"201": 1, "already_reversed": UNDOERS.attempts - 1} == count_codes(answers)
    assert Books(FACE, FACE, 1234, 1) == books_of(market, card)
    assert (1, 3) == (market.count(Reversal), market.count(GiftEntry, card_id=card.id))


@pytest.mark.parametrize("at_once", [16])
def test_a_paid_gift_is_issued_once_whatever_says_so(open_market: OpenMarket, at_once: int) -> None:
    """One message many times, and many messages of one payment: one card, opened once."""
    market = open_market()
    placed = cards.order_gift(market, FACE)
    one = market.news(placed)
    others = [market.news(placed) for _ in range(at_once)]

    answers = race([*[one] * at_once, *others], clients=at_once)

    assert {200} == {answer.status for answer in answers}
    [card] = cards.cards_of(market, placed)
    assert (1, 1) == (market.count(GiftCard), market.count(GiftEntry))
    assert Books(FACE, FACE, 0, 0) == books_of(market, card)
    assert 0 == market.count(Redemption)


@pytest.mark.parametrize(
    "orders", [6, pytest.param(200, marks=[pytest.mark.prove, pytest.mark.timeout(1800)])]
)
def test_messages_the_poller_and_buyers_who_come_back_issue_each_gift_once(
    quiet_market: Market, orders: int
) -> None:
    """All at one moment: two messages of each payment, twice; two workers that ask the gateway
    how those payments stand; and buyers' browsers that look whether they have paid."""
    market, friends = quiet_market, [{"name": name, "email": f"{name}@x.test"} for name in "ab"]
    placed = [
        order_gift(market, FACE, buyer=f"buyer-{number}@buyer.test", recipients=friends)
        for number in range(orders)
    ]
    market.pay(placed)
    news = [market.news(each) for each in placed for _ in range(2)] * 2
    returns = [come_back(market, each) for each in placed] * 4

    answers = heats.at_the_end_of_holds(market, news + returns)

    assert {200} == {answer.status for answer in answers}
    assert (2 * orders,) * 2 == (market.count(GiftCard), market.count(GiftEntry))
    assert {2} == {len(cards.cards_of(market, each)) for each in placed}
    assert 2 * orders == market.count(Job, name="deliver_gift")

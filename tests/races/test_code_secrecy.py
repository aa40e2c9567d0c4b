"""Codes of gifts in the world: nothing that is kept holds one, and whoever guesses gets nowhere,
over several processes, a restart and made-up addresses. Their owners are never locked out."""

import random
import secrets
import statistics
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import make_url, select

from gifting import codes, links
from gifting.models import Gift
from storefront.models import Alarm
from tests.engines import ENGINES, Databases, pg_dump
from tests.races.cards import Card, ask, cards_of, give, give_directly, order_gift, take, till
from tests.races.clients import Answer, Request, count_codes, race
from tests.races.market import Market, wait_until
from tests.races.servers import Shop, running_shop

FRIENDS = 10
AT_FULL_SIZE = [pytest.mark.prove, pytest.mark.timeout(1800)]
ORDERS = (pytest.param(1, id="10 gifts"), pytest.param(100, id="1000 gifts", marks=AT_FULL_SIZE))
THIEVES = (pytest.param(100, id="2000"), pytest.param(500, id="10000", marks=AT_FULL_SIZE))
TRIES_EACH = 20
STRANGERS, STRANGE_TRIES = 8, 25
THE_STORE = 1
"""The one address of everybody in the store: thieves, strangers and the owner."""

WRONG_IN_A_ROW = 100


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def url(databases: Databases, engine: str) -> Iterator[str]:
    with databases.fresh(engine) as url:
        yield url


def kept(shop: Shop) -> bytes:
    """Return all that a copy of the shop's database and of its logs would hold."""
    logs = b"".join(log.read_bytes() for log in sorted(shop.settings.instance_dir.glob("*.log")))
    url = make_url(shop.settings.database_url)
    if url.get_backend_name() != "sqlite":
        return pg_dump(shop.settings.database_url) + logs
    file = Path(url.database or "")
    return file.read_bytes() + Path(f"{file}-wal").read_bytes() + logs


def secrets_of(market: Market, cards: list[Card]) -> set[str]:
    """Return the codes of cards in every form, and the links of their gifts."""
    with market.shop.database.reads() as session:
        gifts = session.scalars(
            select(Gift).where(Gift.merchant_id == market.world.merchant.id)
        ).all()
        tokens = {links.gift_token(market.shop.sign, gift) for gift in gifts}
    whole = {card.code for card in cards}
    shown = {codes.grouped(code) for code in whole}
    dashed = {each.replace(" ", "-") for each in shown}
    return {*tokens, *(token[-32:] for token in tokens), *whole, *shown, *dashed,
            *(code.lower() for code in whole), *(code[:-1] for code in whole)}  # fmt: skip


@pytest.mark.parametrize("orders", ORDERS)
def test_neither_the_database_nor_a_log_holds_a_code_or_a_link(market: Market, orders: int) -> None:
    friends = [{"name": f"Friend {n}", "email": f"friend-{n}@friends.test"} for n in range(FRIENDS)]
    placed = [
        order_gift(market, 5000, buyer=f"buyer-{number}@buyer.test", recipients=friends)
        for number in range(orders)
    ]
    market.pay(placed)
    for number in range(1, orders + 1):
        wait_until(lambda most=number * FRIENDS: delivered(market) >= most, "gifts were delivered")
    cards = [card for each in placed for card in cards_of(market, each)]
    token = till(market)
    wrong = [ask(market, token, "/gift-cards/lookup", code=cards[0].code + "A")]
    looks = [ask(market, token, "/gift-cards/lookup", code=card.code) for card in cards]
    takes = [take(market, token, card, 5000) for card in cards[1:]]
    race([*wrong, *looks, *takes], clients=2)

    found = kept(market.shop)

    assert orders * FRIENDS == len({card.code for card in cards})
    assert [] == [each for each in secrets_of(market, cards) if each.encode() in found]
    assert cards[0].code[-4:].encode() in found
    assert placed[0]["public_id"].encode() in found


def delivered(market: Market) -> int:
    return sum(gift.delivered_at is not None for gift in market.rows(Gift))


@pytest.fixture(scope="module", params=ENGINES)
def proxied(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """Run a shop that believes one proxy, so that a test can come from many addresses."""
    folder = tmp_path_factory.mktemp(f"proxied-{request.param}")
    with (
        databases.fresh(request.param) as url,
        running_shop(url, folder, job_workers=0, has_webhooks=False, trusted_proxies=1) as shop,
    ):
        yield shop
    assert [] == shop.complaints()


@pytest.mark.parametrize("thieves", THIEVES)
def test_thousands_of_guesses_of_one_store_hit_nothing_and_lock_nobody_out(
    proxied: Shop, thieves: int, record_property: Callable[[str, object], None]
) -> None:
    market, rival = (
        Market(proxied, slug=f"robbed-{thieves}"),
        Market(proxied, slug=f"rival-{thieves}"),
    )
    [card] = give(market)
    theirs = [give_directly(rival).code for _ in range(10)]
    known = dict.fromkeys(theirs, "foreign")
    asked = [
        (code, from_address(ask(market, thief, "/gift-cards/lookup", code=code), THE_STORE))
        for thief in [till(market) for _ in range(thieves)]
        for code in [*theirs, *(codes.new_code() for _ in range(TRIES_EACH - len(theirs)))]
    ]
    random.Random(5).shuffle(asked)

    answers = race([request for _, request in asked], clients=16)
    token = till(market)
    owner = race([from_address(take(market, token, card, 5000), THE_STORE)], clients=2)

    kinds = [known.get(code, "unknown") for code, _ in asked]
    record_property("figure", gap(kinds, answers))
    limit = thieves * TRIES_EACH // 2
    assert {"code_not_found": limit, "too_many_tries": limit} == count_codes(answers)
    assert 1 == len({bytes_of(each) for each in answers if each.status == 404})
    assert {"foreign", "unknown"} == {
        kind for kind, each in zip(kinds, answers, strict=True) if each.status == 404
    }
    alarms = Counter(alarm.kind for alarm in market.rows(Alarm))
    assert {"gift_codes_guessed": 1} == alarms
    assert [201] == [answer.status for answer in owner]


def from_address(request: Request, number: int) -> Request:
    """Return a request that a trusted proxy hands on for another address each."""
    forwarded = {**request.headers, "X-Forwarded-For": f"198.51.{number // 250}.{number % 250}"}
    return replace(request, headers=forwarded)


def bytes_of(answer: Answer) -> tuple[int, str]:
    """Return what a caller can see of an answer, but for the name that each request has."""
    return answer.status, answer.body.replace(str(answer.json["request_id"]), "")


def gap(kinds: list[str], answers: list[Answer]) -> str:
    """Say how long refusals of unknown codes and of foreign ones took: told, never asserted."""
    by_kind: dict[str, list[float]] = {"foreign": [], "unknown": []}
    for kind, answer in zip(kinds, answers, strict=True):
        if answer.status == 404:
            by_kind[kind].append(answer.seconds * 1000)
    medians = {kind: statistics.median(each) for kind, each in by_kind.items()}
    return ", ".join(f"{kind} {median:.1f} ms" for kind, median in medians.items())


def test_strangers_have_twenty_tries_an_address_whatever_they_try(proxied: Shop) -> None:
    """Made-up tokens of tills, and made-up links of gifts; a gift's own link opens meanwhile."""
    market = Market(proxied, slug="strange")
    [card] = give(market)
    [gift] = market.rows(Gift)
    asked = [
        from_address(request, number)
        for number in range(STRANGERS)
        for _ in range(STRANGE_TRIES)
        for request in (made_up_link(market), made_up_token(market))
    ]
    random.Random(5).shuffle(asked)

    answers = race(asked, clients=16)
    good = link(market, links.gift_token(proxied.sign, gift))
    friends = [from_address(good, number) for number in range(STRANGERS)]
    known = race([*friends, from_address(take(market, till(market), card, 1), 0)], clients=4)

    counted = count_codes(answers)
    assert STRANGERS * (2 * STRANGE_TRIES - 20) == counted["too_many_tries"]
    assert STRANGERS * 20 == counted["not_found"] + counted["token_needed"]
    assert [200] * STRANGERS + [201] == [answer.status for answer in known]


def made_up_link(market: Market) -> Request:
    """Return what opens no gift."""
    return link(market, secrets.token_hex(24))


def made_up_token(market: Market) -> Request:
    """Return what a till asks with a token that is nobody's."""
    headers = {"Authorization": f"Bearer {secrets.token_urlsafe(24)}"}
    path = "/api/v1/orders/ord_0000000000000000"
    return Request(market.shop.host, path, headers=headers, method="GET")


def link(market: Market, token: str) -> Request:
    """Return the opening of a gift's page by a program."""
    headers = {"Accept": "application/json, text/html;q=0.9"}
    return Request(market.shop.host, f"/g/{token}", headers=headers, method="GET")


def test_a_guesser_is_counted_over_processes_a_restart_and_made_up_addresses(
    url: str, tmp_path: Path
) -> None:
    with running_shop(url, tmp_path, workers=4, job_workers=0, has_webhooks=False) as shop:
        market = Market(shop, slug="robbed")
        [card] = give(market)
        thief = till(market)
        made_up = [from_address(made_up_token(market), number) for number in range(WRONG_IN_A_ROW)]
        guesses = [
            from_address(ask(market, thief, "/gift-cards/lookup", code=codes.new_code()), number)
            for number in range(WRONG_IN_A_ROW)
        ]
        strange = race(made_up, clients=16)
        answers = race(guesses, clients=16)
        owner = race([take(market, till(market), card, 1)], clients=2)

    assert {"token_needed": 20, "too_many_tries": 80} == count_codes(strange)
    assert {"code_not_found": 10, "too_many_tries": 90} == count_codes(answers)
    assert [(429, True)] == list({(a.status, "retry-after" in a.headers)
                                  for a in answers if a.status == 429})  # fmt: skip
    assert [201] == [answer.status for answer in owner]

    with running_shop(url, tmp_path, job_workers=0, has_webhooks=False) as again:
        market.shop = again
        later = race(
            [ask(market, thief, "/gift-cards/lookup", code=card.code),
             take(market, till(market), card, 1),
             made_up_token(market)],
            clients=2,
        )  # fmt: skip
    assert ["too_many_tries", "201", "too_many_tries"] == [answer.code for answer in later]

"""R-A4 and R-A5: an offer's quota and each buyer's limit, wanted by many at one moment; and hot
offers on hot things, bought in both orders."""

import itertools
import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from storefront.models import Offer, OfferUse, Order, Refund
from tests.races.clients import Answer, count_codes, race
from tests.races.conftest import Figure
from tests.races.heats import one_buyer, one_offer
from tests.races.market import Market, wait_until
from tests.races.sizes import EVERY_DAY, VARIATION, Size

QUOTA = 100
LIMIT = 3
LATE = 16
OFFERS, AT_ONCE = 6, 8
OVER = 11 * 60
HOUR = timedelta(hours=1)
PROOF = pytest.param(
    Size(attempts=5_000, clients=64),
    id="5000x64",
    marks=[pytest.mark.prove, pytest.mark.timeout(1800)],
)


@pytest.mark.parametrize("size", [pytest.param(EVERY_DAY.quarter, id="250x16"), PROOF])
def test_an_offer_of_a_hundred_has_a_hundred_buyers_and_nobody_else_is_charged(
    market: Market, size: Size, figure: Figure
) -> None:
    variant = market.add_variant(stock=None)
    offer = market.add_offer(variant, quota=QUOTA)

    answers = one_offer(market, variant, offer, size)

    figure(answers)
    assert {"201": QUOTA, "offer_gone": size.attempts - QUOTA} == count_codes(answers)
    assert {360} == {answer.json["amount_minor"] for answer in answers if answer.status == 201}
    assert (QUOTA, 0) == market.uses(offer)
    assert QUOTA == market.count(Order) == len(market.payments_at_the_gateway())

    market.pay([answer.json for answer in answers if answer.status == 201])
    wait_until(lambda: market.uses(offer) == (0, QUOTA), "all of them have paid")
    late = one_offer(market, variant, offer, Size(LATE, LATE))

    assert {"offer_gone": LATE} == count_codes(late)
    assert QUOTA == market.count(Order)


@pytest.mark.parametrize("size", [pytest.param(VARIATION, id="120x16"), PROOF])
def test_one_buyer_has_as_many_orders_as_the_limit_says(
    market: Market, size: Size, figure: Figure
) -> None:
    variant = market.add_variant(stock=None)
    offer = market.add_offer(variant, per_buyer_limit=LIMIT)

    answers = one_buyer(market, variant, offer, size)

    figure(answers)
    assert {"201": LIMIT, "limit_reached": size.attempts - LIMIT} == count_codes(answers)
    assert (LIMIT, 0) == market.uses(offer)
    assert LIMIT == market.count(Order)


def test_hot_offers_on_hot_things_in_both_orders_never_lock_each_other_out(
    market: Market,
) -> None:
    """Half of the buyers name the things one way round, half the other, while earlier ones pay."""
    size = VARIATION
    quota = size.attempts // 5
    first, second = market.add_variant(stock=None), market.add_variant(stock=quota)
    offers = [market.add_offer(each, quota=quota) for each in (second, first)]
    seen = [offer.public_id for offer in offers]
    both_ways = itertools.cycle([(first, second), (second, first)])
    early = [market.order(*next(both_ways), seen_offers=seen) for _ in range(quota // 2)]
    paying = race(early, clients=size.clients)
    requests = [market.confirm(answer.json) for answer in paying]
    requests += [
        market.order(*next(both_ways), seen_offers=seen[:: random.Random(turn).choice([1, -1])])
        for turn in range(size.attempts - quota)
    ]
    random.Random(7).shuffle(requests)

    answers = race(requests, clients=size.clients)

    told = count_codes(
        answer
        for request, answer in zip(requests, answers, strict=True)
        if request.path == "/orders"
    )
    left = quota - quota // 2
    assert left == told.pop("201")
    assert told.keys() <= {"offer_gone", "all_held", "sold_out"}
    for offer in offers:
        wait_until(lambda each=offer: market.uses(each) == (left, quota // 2), "they have paid")


def test_start_and_end_are_noted_once_by_members_and_workers_in_many_processes(
    quiet_market: Market,
) -> None:
    """Everybody publishes at one moment; two workers start the offers; half are ended by hand
    by everybody, half by two workers."""
    market = quiet_market
    variant = market.add_variant(stock=None)
    end = market.shop.clock.now().astimezone(ZoneInfo(market.world.merchant.zone)) + HOUR
    ends = end.strftime("%Y-%m-%dT%H:%M")
    offers = [market.draft_offer(variant, ends=ends) for _ in range(OFFERS)]
    cookie = market.sign_in()

    published = _at_once(market, cookie, offers, "publish")
    for _ in range(2):
        market.shop.start_worker()
    wait_until(lambda: not market.has_due_jobs("start_offer"), "all have started")
    ended = _at_once(market, cookie, offers[::2], "end")
    market.shop.pass_time(2 * HOUR.total_seconds())
    wait_until(lambda: not market.has_due_jobs("end_offer"), "all have ended")

    assert {303: OFFERS, 409: OFFERS * (AT_ONCE - 1)} == Counter(each.status for each in published)
    assert {303, 409} >= {each.status for each in ended}
    for offer in offers:
        assert ["published", "started", "ended"] == market.offer_events(offer)


def _at_once(market: Market, cookie: str, offers: Sequence[Offer], act: str) -> list[Answer]:
    requests = [market.act(cookie, offer, act) for offer in offers for _ in range(AT_ONCE)]
    return race(requests, clients=AT_ONCE)


def test_of_two_late_payments_of_one_buyer_one_has_the_only_use(quiet_market: Market) -> None:
    """Both orders were let go of for others, and both are paid at one moment, after all."""
    market = quiet_market
    terms = {"quota": 1, "per_buyer_limit": 1}
    offers = [market.add_offer(market.add_variant(stock=None), **terms) for _ in range(OFFERS)]
    first = _everybody(market, offers, "ada")
    _everybody(market, offers, "eve")
    second = _everybody(market, offers, "ada")
    _everybody(market, offers, "bea")
    market.shop.pass_time(OVER)
    paid = [*first, *second]
    market.pay(paid)

    answers = race([market.news(each) for each in paid for _ in range(2)], clients=AT_ONCE)

    assert {200: 4 * OFFERS} == Counter(each.status for each in answers)
    assert [(0, 1)] * OFFERS == [market.uses(offer) for offer in offers]
    kept = [order for order in market.orders() if order.paid_at is not None]
    assert OFFERS == len(kept) == market.count(Refund)
    assert [1] * OFFERS == [use.slot for use in market.rows(OfferUse) if use.taken_at is not None]


def _everybody(market: Market, offers: Sequence[Offer], name: str) -> list[dict[str, Any]]:
    """Let one buyer for each offer order at its price, once all earlier holds are over."""
    market.shop.pass_time(OVER)
    requests = [
        market.order(
            market.variant_of(offer),
            email=f"{name}-{number}@buyer.test",
            seen_offers=[offer.public_id],
        )
        for number, offer in enumerate(offers)
    ]
    answers = race(requests, clients=AT_ONCE)
    assert [201] * len(offers) == [answer.status for answer in answers]
    return [answer.json for answer in answers]

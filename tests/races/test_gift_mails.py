"""R-C2: workers are killed outright while they send gifts. No gift is lost, and a death costs at
most one mail too many, which is the same mail again."""

import json
import os
import secrets
import signal
from collections import Counter

import pytest

from gifting.models import Gift, GiftDelivery
from storefront.services.jobs import LEASE
from tests.gifting.factories import gift_json
from tests.races.clients import Request, race
from tests.races.market import JSON, Market, wait_until
from tests.races.post_office import PostOffice

IN_AN_ORDER = 10
FOR_A_KILL = 3
"""A killed worker leaves one gift in its hands, and another was sent before."""

KILLS = (
    pytest.param(4, id="4-kills"),
    pytest.param(200, id="200-kills", marks=[pytest.mark.prove, pytest.mark.timeout(1800)]),
)


@pytest.mark.parametrize("kills", KILLS)
def test_no_gift_is_lost_when_workers_are_killed(
    quiet_market: Market, post_office: PostOffice, kills: int
) -> None:
    market = quiet_market
    _sell(market, orders=-(-kills * FOR_A_KILL // IN_AN_ORDER))
    for number in range(kills):
        if number % 2:
            _kill_before_a_mail_is_taken(market, post_office)
        else:
            _kill_after_a_mail(market, post_office)
    market.shop.pass_time(LEASE.total_seconds() + 1)
    market.shop.start_worker()
    wait_until(lambda: not market.has_due_jobs("deliver_gift"), "every gift is sent")
    gifts, letters = market.rows(Gift), _letters(market, post_office)

    assert set(letters) == {_name(gift) for gift in gifts}
    assert sum(letters.values()) - len(letters) <= kills
    assert all(gift.delivered_at is not None for gift in gifts)
    assert market.count(GiftDelivery, cause="gift", outcome="sent") == len(gifts)


def _sell(market: Market, *, orders: int) -> None:
    answers = race([_order(market, number) for number in range(orders)], clients=2)
    assert {answer.status for answer in answers} == {201}
    race([market.news(answer.json) for answer in answers], clients=2)
    assert market.count(Gift) == orders * IN_AN_ORDER


def _order(market: Market, number: int) -> Request:
    friends = [
        {"name": f"Friend {friend}", "email": f"friend.{number}.{friend}@friends.test"}
        for friend in range(IN_AN_ORDER)
    ]
    body = gift_json(market.world, recipients=friends)
    body["email"] = f"buyer.{number}@buyer.test"
    headers = {**JSON, "Idempotency-Key": secrets.token_urlsafe(24)}
    return Request(market.shop.host, "/orders", json.dumps(body), headers)


def _kill_before_a_mail_is_taken(market: Market, post_office: PostOffice) -> None:
    post_office.shut()
    worker = market.shop.start_worker()
    try:
        wait_until(post_office.has_caller, "a worker calls")
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    finally:
        post_office.open()


def _kill_after_a_mail(market: Market, post_office: PostOffice) -> None:
    """Kill it as soon as the mail server has a mail, most likely before that was noted."""
    before = post_office.received.total()
    worker = market.shop.start_worker()
    wait_until(lambda: post_office.received.total() > before, "a mail arrives")
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()


def _letters(market: Market, post_office: PostOffice) -> Counter[str]:
    """Return how often each gift of the market has come."""
    own = {_name(gift) for gift in market.rows(Gift)}
    return Counter({name: times for name, times in post_office.received.items() if name in own})


def _name(gift: Gift) -> str:
    return f"<gift.{gift.public_id}.{gift.link_number}@shop.test>"

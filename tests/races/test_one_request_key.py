"""The same request many times at once: one order, one payment, one answer."""

import secrets

from storefront.models import IdempotentRequest, Order, Payment
from tests.races.clients import ask, count_codes, race
from tests.races.conftest import Figure
from tests.races.heats import one_request
from tests.races.market import Market
from tests.races.sizes import Size

REPEATS = 16


def test_a_thousand_identical_requests_make_one_order_and_give_one_answer(
    market: Market, size: Size, figure: Figure
) -> None:
    request = market.order(market.add_variant(stock=None), key=secrets.token_urlsafe(24))

    answers = one_request(request, size)
    later = one_request(request, Size(REPEATS, REPEATS))

    figure(answers)
    assert set(count_codes(answers)) <= {"201", "in_progress"}
    running = [answer for answer in answers if answer.code == "in_progress"]
    assert {"1"} >= {answer.headers["retry-after"] for answer in running}
    done = [answer for answer in answers + later if answer.status == 201]
    assert size.attempts + REPEATS == len(running) + len(done)
    assert len({answer.body for answer in done}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in done) == 1
    tables = (Order, Payment, IdempotentRequest)
    assert [market.count(table) for table in tables] == [1, 1, 1]
    assert len(market.payments_at_the_gateway()) == 1


def test_another_request_under_a_used_key_is_refused_and_changes_nothing(market: Market) -> None:
    variant, key = market.add_variant(stock=None), secrets.token_urlsafe(24)
    ask(market.order(variant, key=key))

    other = market.order(variant, key=key, name="Grace")
    answers = race([other] * REPEATS, clients=REPEATS)

    assert count_codes(answers) == {"idempotency_mismatch": REPEATS}
    assert {422} == {answer.status for answer in answers}
    assert market.counters(variant) == (1, 0)
    assert market.count(Order) == 1

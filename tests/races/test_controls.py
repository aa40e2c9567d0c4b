"""The negative controls: against a shop without guards every race shows its fault.

If one of these fails, its race has become too tame to prove anything."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from gifting.models import Reversal
from storefront.models import Job, Order, Payment, Refund
from tests.engines import Databases
from tests.races import cards, heats, unguarded
from tests.races.clients import Answer, count_codes
from tests.races.market import Market
from tests.races.servers import Shop, running_shop
from tests.races.sizes import Size

TRIES = 5
SMALL = Size(attempts=64, clients=16)

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def twin(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory, engine: str
) -> Iterator[Shop]:
    """Run the naive twin."""
    with (
        databases.fresh(engine) as url,
        running_shop(
            url,
            tmp_path_factory.mktemp(f"twin-{engine}"),
            job_workers=0,
            has_webhooks=False,
            application=unguarded.APPLICATION,
        ) as twin,
    ):
        if engine == "postgresql":
            unguarded.drop_last_guards(twin.database.writer)
        yield twin


@pytest.fixture(scope="module")
def engine(request: pytest.FixtureRequest) -> str:
    """Name the engine, which each test chooses."""
    name: str = request.param
    return name


on_postgresql = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
on_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@on_postgresql
def test_without_guards_the_last_unit_has_several_buyers(twin: Shop) -> None:
    def has_several_buyers(market: Market) -> bool:
        answers = heats.many_buyers(market, market.add_variant(stock=1), SMALL)
        return count_codes(answers)["201"] > 1

    assert _shows(twin, has_several_buyers)


@on_postgresql
def test_without_guards_an_offer_has_more_buyers_than_its_quota(twin: Shop) -> None:
    def has_too_many(market: Market) -> bool:
        variant = market.add_variant(stock=None)
        answers = heats.one_offer(market, variant, market.add_offer(variant, quota=4), SMALL)
        return count_codes(answers)["201"] > 4

    assert _shows(twin, has_too_many)


@on_postgresql
def test_without_guards_a_buyer_has_more_than_the_limit(twin: Shop) -> None:
    def has_too_many(market: Market) -> bool:
        variant = market.add_variant(stock=None)
        offer = market.add_offer(variant, per_buyer_limit=3)
        return count_codes(heats.one_buyer(market, variant, offer, SMALL))["201"] > 3

    assert _shows(twin, has_too_many)


@on_postgresql
def test_without_guards_one_request_makes_several_orders(twin: Shop) -> None:
    def makes_several_orders(market: Market) -> bool:
        heats.one_request(market.order(market.add_variant(stock=None)), SMALL)
        return market.count(Order) > 1 and len(market.payments_at_the_gateway()) > 1

    assert _shows(twin, makes_several_orders)


@on_postgresql
def test_without_guards_one_event_has_several_effects(twin: Shop) -> None:
    def has_several_effects(market: Market) -> bool:
        answers = heats.one_event_each(market, orders=2, at_once=50)
        firsts = sum("duplicate" not in answer.body for answer in answers)
        return firsts > 2 and market.count(Job, name="send_receipt") > 2

    assert _shows(twin, has_several_effects)


@on_postgresql
def test_without_guards_order_numbers_have_twins(twin: Shop) -> None:
    def has_twins(market: Market) -> bool:
        heats.many_payments([market], orders=20, clients=16)
        return max(Counter(order.number for order in market.orders()).values()) > 1

    assert _shows(twin, has_twins)


@on_postgresql
def test_without_guards_more_goes_back_than_was_paid(twin: Shop) -> None:
    def gives_back_too_much(market: Market) -> bool:
        [placed] = market.place(market.add_variant(stock=None))
        heats.many_refunds(market, placed, minor=7, size=Size(attempts=100, clients=16))
        [payment] = market.rows(Payment)
        return sum(each.amount_minor for each in market.rows(Refund)) > payment.amount_minor

    assert _shows(twin, gives_back_too_much)


@on_postgresql
def test_without_guards_an_order_is_handed_over_and_cancelled(twin: Shop) -> None:
    def is_both(market: Market) -> bool:
        [placed] = market.place(market.add_variant(stock=None))
        heats.one_order(market, placed, SMALL)
        [order] = market.orders()
        return bool(order.picked_up_at and order.cancelled_at)

    assert _shows(twin, is_both)


@on_postgresql
def test_without_guards_what_was_counted_away_is_sold(twin: Shop) -> None:
    def sells_what_is_gone(market: Market) -> bool:
        variant = market.add_variant(stock=20)
        codes = count_codes(heats.one_shelf(market, variant, SMALL))
        return codes["201"] + codes["303"] > 20

    assert _shows(twin, sells_what_is_gone)


@on_postgresql
def test_without_guards_a_card_pays_more_than_it_holds(twin: Shop) -> None:
    def pays_too_much(market: Market) -> bool:
        card = cards.give_directly(market, 5000)
        heats.one_card(market, card, 5000, SMALL)
        return cards.books_of(market, card).redeemed > 5000

    assert _shows(twin, pays_too_much)


@on_postgresql
def test_without_guards_one_undo_gives_back_more_than_once(twin: Shop) -> None:
    def is_undone_twice(market: Market) -> bool:
        heats.one_undo(market, cards.give_directly(market, 5000), 1234, SMALL)
        return market.count(Reversal) > 1

    assert _shows(twin, is_undone_twice)


@on_sqlite
def test_without_guards_a_deferred_begin_meets_a_locked_database(twin: Shop) -> None:
    def is_locked(market: Market) -> bool:
        return _count(heats.many_writes(market, SMALL), "locked") > 0

    assert _shows(twin, is_locked)


def _count(answers: list[Answer], code: str) -> int:
    return count_codes(answers).get(code, 0)


def _shows(twin: Shop, fault: Callable[[Market], bool]) -> bool:
    """Run a race until it shows its fault, a few times at most."""
    return any(fault(Market(twin, slug=f"twin-{next(_numbers)}")) for _ in range(TRIES))

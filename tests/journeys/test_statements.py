"""How many statements a sale takes (SQLite is told rows one by one), and how many ways there are to
PostgreSQL and back, with those that begin and commit: they come back where nobody counts. Whoever
needs one more says so here."""

from collections.abc import Callable

import pytest

from storefront.worker import run_due
from tests.factories import World, order_json, pay, place, quote_json, running_offer
from tests.fakes import Bench
from tests.storefront.sales import ANA, act
from tests.told import counting


def _quote(bench: Bench, world: World) -> Callable[[], object]:
    wanted = quote_json(world, fulfilment="pickup")
    return lambda: bench.client().post("/quotes", json=wanted)


def _order(bench: Bench, world: World) -> Callable[[], object]:
    headers = {"Accept": "application/json", "Idempotency-Key": "k" * 22}
    return lambda: bench.client().post("/orders", json=order_json(world), headers=headers)


def _message(bench: Bench, world: World) -> Callable[[], object]:
    placed = place(bench, world)
    return lambda: pay(bench.client(), bench, placed)


def _page(bench: Bench, world: World) -> Callable[[], object]:
    placed = place(bench, world)
    pay(bench.client(), bench, placed)
    address = f"/orders/{placed.public_id}?t={placed.token}"
    return lambda: bench.client().get(address, headers={"Accept": "application/json"})


def _receipt(bench: Bench, world: World) -> Callable[[], object]:
    pay(bench.client(), bench, place(bench, world))
    return lambda: run_due(bench.ports)


def _card(bench: Bench, world: World) -> Callable[[], object]:
    running_offer(bench, world)
    return lambda: bench.client().get(f"/e/{world.placement.public_id}")


def _opening(bench: Bench, world: World) -> Callable[[], object]:
    token = act(bench, world, "share", ANA).share_token
    headers = {"User-Agent": "Mozilla/5.0 Firefox/140.0"}
    return lambda: bench.client().get(f"/s/{token}", headers=headers)


@pytest.mark.parametrize(
    ("step", "sqlite", "postgresql", "ways"),
    [
        pytest.param(_opening, 4, 2, 2, id="opening"),
        pytest.param(_card, 9, 1, 1, id="card"),
        pytest.param(_quote, 5, 5, 2, id="quote"),
        pytest.param(_order, 20, 12, 8, id="order"),
        pytest.param(_message, 19, 11, 7, id="message"),
        pytest.param(_page, 4, 4, 2, id="page"),
        pytest.param(_receipt, 8, 8, 5, id="receipt"),
    ],
)
def test_a_step_of_a_sale_takes_no_more_statements_than_it_needs(
    bench: Bench,
    world: World,
    step: Callable[[Bench, World], Callable[[], object]],
    sqlite: int,
    postgresql: int,
    ways: int,
) -> None:
    place(bench, world)
    run = step(bench, world)
    with counting(bench.database) as told:
        run()

    most = sqlite if bench.database.is_sqlite else postgresql
    assert 0 < len(told) <= most, "\n".join(told)
    assert told.ways <= ways, "\n".join(told)

"""Two at once: of handing over and cancelling one wins, and the other is told what happened.

Each runner has an engine of its own, as two processes have."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from storefront.db.engine import Database
from storefront.errors import StorefrontError
from storefront.models import Order, Refund
from storefront.services import cancelling, fulfilment
from storefront.services.fulfilment import Handling, Tracking
from tests.factories import World
from tests.fakes import Bench
from tests.storefront.services.test_fulfilment import parcel, sold

Act = Callable[[Bench, Database, Handling], None]
ROUNDS = 6


def pick_up(bench: Bench, database: Database, hand: Handling) -> None:
    with database.begin() as session:
        fulfilment.pick_up(session, hand, now=bench.clock.now())


def ship(bench: Bench, database: Database, hand: Handling) -> None:
    with database.begin() as session:
        fulfilment.ship(session, hand, tracking=Tracking(), now=bench.clock.now())


def cancel(bench: Bench, database: Database, hand: Handling) -> None:
    ports = replace(bench.ports, sessions=database, reads=database.reads)
    cancelling.cancel_order(ports, hand)


def cancel_as_buyer(bench: Bench, database: Database, hand: Handling) -> None:
    with database.begin() as session:
        cancelling.cancel_for_buyer(
            session, hand.merchant_id, hand.order, kinds=bench.ports.kinds, now=bench.clock.now()
        )


def race(bench: Bench, url: str, hand: Handling, *acts: Act) -> list[str]:
    """Run the acts side by side; return "won" or the code of the refusal of each."""
    start, answers = threading.Barrier(len(acts)), [""] * len(acts)

    def run(index: int, act: Act) -> None:
        database = Database(url)
        with database.reads() as session:
            session.execute(select(Order.id).limit(1)).all()
        start.wait(timeout=20)
        try:
            act(bench, database, hand)
            answers[index] = "won"
        except StorefrontError as error:
            answers[index] = error.code
        finally:
            database.dispose()

    runners = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join(timeout=60)
    return answers


@pytest.mark.parametrize(
    ("acts", "order", "losses"),
    [
        ((ship, ship), parcel, {"already_shipped"}),
        ((pick_up, pick_up), sold, {"already_picked_up"}),
        ((ship, cancel), parcel, {"already_shipped", "already_cancelled"}),
        ((cancel_as_buyer, ship), parcel, {"already_shipped", "already_cancelled"}),
        ((cancel_as_buyer, cancel), sold, {"already_cancelled"}),
    ],
)
def test_one_wins_and_the_other_is_told_why(
    bench: Bench,
    world: World,
    engine_url: str,
    acts: tuple[Act, Act],
    order: Callable[[Bench, World], Handling],
    losses: set[str],
) -> None:
    seen: Counter[str] = Counter()
    for _ in range(ROUNDS):
        seen.update(race(bench, engine_url, order(bench, world), *acts))

    assert ROUNDS == seen.pop("won")
    assert set(seen) <= losses
    assert ROUNDS == sum(seen.values())


def test_an_order_is_never_both_shipped_and_given_back(
    bench: Bench, world: World, engine_url: str
) -> None:
    for _ in range(ROUNDS):
        race(bench, engine_url, parcel(bench, world), ship, cancel, cancel_as_buyer)

    with bench.database.reads() as session:
        orders: Any = session.scalars(select(Order)).all()
        refunds = session.scalars(select(Refund)).all()
    assert ROUNDS == sum(bool(each.shipped_at) + bool(each.cancelled_at) for each in orders)
    assert len(refunds) == sum(bool(each.cancelled_at) for each in orders)

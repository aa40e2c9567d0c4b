"""N25: what each interaction has earned is the sum of signed entries, and always net revenue."""

import random

from sqlalchemy import func, select

from storefront.domain.attribution import MODELS
from storefront.models import CreditEntry, Order, Refund
from storefront.services.refunds import Wish, refund_order
from storefront.services.reversals import left_of
from tests.factories import World, world_on
from tests.fakes import Bench
from tests.storefront.gateway_news import tell_of_refund
from tests.storefront.sales import BEN, act, sell

STEPS, VIEWS = 25, 7


def credit(bench: Bench) -> dict[str, int]:
    """Return what each model has given in all."""
    with bench.database.reads() as session:
        rows = session.execute(
            select(CreditEntry.model, func.sum(CreditEntry.amount_minor)).group_by(
                CreditEntry.model
            )
        )
        return {model: int(total) for model, total in rows}


def test_a_sale_is_shared_out_to_the_cent(bench: Bench, world: World) -> None:
    for _ in range(VIEWS):
        act(bench, world, "view", BEN)
        bench.clock.pass_time(minutes=1)

    sell(bench, world, visitor=BEN)

    assert dict.fromkeys(MODELS, 450) == credit(bench)
    with bench.database.reads() as session:
        parts = session.scalars(
            select(CreditEntry.amount_minor).where(CreditEntry.model == "linear")
        ).all()
    assert [64] * 5 + [65] * 2 == sorted(parts)


def test_a_direct_sale_has_its_credit_too(bench: Bench, world: World) -> None:
    sell(bench, world)

    assert dict.fromkeys(MODELS, 450) == credit(bench)


def test_any_run_of_refunds_and_failures_leaves_credit_equal_to_net_revenue(bench: Bench) -> None:
    world = world_on(bench, stock=None)
    chance = random.Random(7)
    for _ in range(VIEWS):
        act(bench, world, "view", BEN)
        bench.clock.pass_time(minutes=1)
    placed = sell(bench, world, visitor=BEN, quantity=99)
    made: list[Refund] = []
    for _ in range(STEPS):
        with bench.database.begin() as session:
            order = session.scalars(select(Order)).one()
            left = left_of(session, order.id).total
            if made and (left == 0 or chance.random() < 0.3):
                failing = made.pop(chance.randrange(len(made)))
            else:
                failing = None
                wish = Wish(amount_minor=chance.randint(1, max(1, min(left, 5000))))
                made.append(
                    refund_order(
                        session,
                        world.merchant.id,
                        placed.public_id,
                        wish=wish,
                        kinds=bench.ports.kinds,
                        now=bench.clock.now(),
                    )
                )
        if failing:
            tell_of_refund(bench, failing, "failed")
        with bench.database.reads() as session:
            order = session.scalars(select(Order)).one()
        assert dict.fromkeys(MODELS, order.total_minor - order.refunded_minor) == credit(bench)

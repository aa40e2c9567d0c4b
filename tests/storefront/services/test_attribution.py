"""R-F6: whatever visitors did before, each order has exactly one origin, its shares sum to one
whole under every model, and what is attributed and what is direct add up to what was sold."""

import random
import time
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from storefront.db.engine import Database
from storefront.domain.attribution import MODELS
from storefront.domain.money import FULL_SHARE
from storefront.models import Attribution, Interaction, Order, OrderOrigin, Payment
from storefront.services.audit import audit
from storefront.services.checkout import place_order
from storefront.services.interactions import find_share, open_share
from storefront.services.payments import apply_snapshot
from storefront.services.visitors import Visitor
from tests.factories import World, an_order, world_on
from tests.fakes import Bench
from tests.storefront.sales import ANA, BEN, act

KINDS = ("view", "open", "like", "comment", "share", "follow", "click", "buy")
EVIDENCE = ("verified", "unverified", "none")
RANDOM_ORDERS = 100
ALL_ORDERS = 10_000


def wander(bench: Bench, world: World, chance: random.Random, visitor: Visitor) -> None:
    """Write what a visitor did in the last 40 days, some of it longer ago than counts."""
    now = bench.clock.now()
    rows = [
        {
            "merchant_id": world.merchant.id,
            "public_id": f"int_{chance.getrandbits(64):016x}",
            "placement_id": world.placement.id,
            "share_id": None,
            "visitor": visitor.key,
            "parent_id": None,
            "kind": chance.choice(KINDS),
            "assurance": "bare",
            "surface": "frame",
            "referrer": None,
            "is_direct": chance.random() < 0.2,
            "occurred_at": now - timedelta(seconds=chance.randrange(40 * 86_400)),
            "recorded_at": now,
        }
        for _ in range(chance.choice([0, 0, 1, 2, 3, 5, 8, 60]))
    ]
    if rows:
        with bench.database.begin() as session:
            session.execute(insert(Interaction), rows)


def sell_at_random(bench: Bench, world: World, chance: random.Random) -> None:
    """Let one visitor wander and order; four in five pay."""
    visitor = Visitor(f"{chance.getrandbits(100):026x}"[-26:], chance.choice(EVIDENCE))
    wander(bench, world, chance, visitor)
    command = an_order(world, quantity=chance.randrange(1, 10), visitor=visitor)
    placed = place_order(bench.ports, command)
    bench.clock.pass_time(seconds=1)
    if chance.random() < 0.2:
        return
    snapshot = bench.gateway.snapshots[placed.payment_reference]
    with bench.database.begin() as session:
        payment_id = session.scalars(
            select(Payment.id).where(Payment.gateway_reference == placed.payment_reference)
        ).one()
        apply_snapshot(
            session,
            payment_id,
            replace(snapshot, state="succeeded"),
            kinds=bench.ports.kinds,
            now=bench.clock.now(),
        )


def check_books(bench: Bench) -> None:
    """Check what R-F6 promises, by sums of our own beside the audit's."""
    with bench.database.reads() as session:
        orders = dict(session.execute(select(Order.id, Order.total_minor)).all())
        paid = set(session.scalars(select(Order.id).where(Order.paid_at.is_not(None))))
        origins = session.scalars(select(OrderOrigin.order_id)).all()
        credit = session.execute(
            select(
                Attribution.order_id,
                Attribution.model,
                Attribution.interaction_id,
                Attribution.share,
            )
        ).all()
        findings = audit(session)
    assert sorted(orders) == sorted(origins)
    assert paid == {order_id for order_id, *_ in credit}
    shares: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    money: defaultdict[tuple[str, bool], int] = defaultdict(int)
    for order_id, model, interaction_id, share in credit:
        shares[order_id, model].append(share)
        money[model, interaction_id is None] += orders[order_id] * share
    assert len(MODELS) * len(paid) == len(shares)
    assert {FULL_SHARE} == {sum(parts) for parts in shares.values()}
    for model in MODELS:
        total = FULL_SHARE * sum(orders[order_id] for order_id in paid)
        assert total == money[model, False] + money[model, True]
        assert money[model, False] > 0
        assert money[model, True] > 0
    assert [] == findings


def test_random_orders_add_up(bench: Bench) -> None:
    chance = random.Random(1)
    world = world_on(bench, stock=None)

    for _ in range(RANDOM_ORDERS):
        sell_at_random(bench, world, chance)

    check_books(bench)


@pytest.mark.prove
@pytest.mark.timeout(3600)
def test_ten_thousand_random_orders_add_up(bench: Bench) -> None:
    chance = random.Random(2)
    world = world_on(bench, stock=None)

    for _ in range(ALL_ORDERS):
        sell_at_random(bench, world, chance)

    check_books(bench)
    with bench.database.reads() as session:
        assert ALL_ORDERS == session.scalar(select(func.count(Order.id)))


@pytest.mark.parametrize(("seconds", "counts"), [(0, True), (1, False)])
def test_a_touch_at_the_edge_of_the_lookback_counts_and_one_beyond_does_not(
    bench: Bench, world: World, seconds: int, *, counts: bool
) -> None:
    visitor = Visitor("0" * 26, "verified")
    now = bench.clock.now()
    with bench.database.begin() as session:
        session.execute(
            insert(Interaction).values(
                merchant_id=world.merchant.id,
                public_id="int_edge",
                visitor=visitor.key,
                kind="open",
                assurance="signed",
                surface="link",
                is_direct=False,
                occurred_at=now - bench.ports.settings.lookback - timedelta(seconds=seconds),
                recorded_at=now,
            )
        )

    place_order(bench.ports, an_order(world, visitor=visitor))

    with bench.database.reads() as session:
        origin = session.scalars(select(OrderOrigin.interaction_id)).one()
    assert counts == (origin is not None)


def test_a_landing_continues_an_opening_that_waited_to_be_written(
    bench: Bench, world: World, engine_url: str
) -> None:
    token = act(bench, world, "share", ANA).share_token
    database = Database(engine_url, delay=timedelta(milliseconds=20))
    with bench.database.reads() as session:
        link = find_share(session, token or "", sign=bench.ports.sign)
    opening = open_share(database, link, BEN, referrer=None, now=bench.clock.now())

    opened = wait_for_act(bench, opening.interaction)
    landing = act(bench, world, "view", opening.visitor)

    database.dispose()
    assert opening.interaction == opening.visitor.arrival
    with bench.database.reads() as session:
        assert opened == session.get_one(Interaction, landing.interaction_id).parent_id


def wait_for_act(bench: Bench, public_id: str) -> int:
    """Return the id of an act once it is written."""
    statement = select(Interaction.id).where(Interaction.public_id == public_id)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with bench.database.reads() as session:
            found = session.scalar(statement)
        if found is not None:
            return found
        time.sleep(0.005)
    raise TimeoutError

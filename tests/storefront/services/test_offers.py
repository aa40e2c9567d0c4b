"""Offers as a merchant makes them: written down, put in force, and out of it again."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from storefront import signals
from storefront.domain.offers import Benefit, Kind, Scope, State, state
from storefront.errors import Conflict, Invalid, NotFound
from storefront.models import Offer, OfferEvent
from storefront.services import offer_life, offers
from storefront.worker import run_due
from tests.factories import World, a_draft, running_offer, world_on
from tests.fakes import Bench


def write(bench: Bench, world: World, **changes: Any) -> Offer:
    with bench.database.begin() as session:
        return offers.add_draft(
            session, world.merchant, a_draft(world, **changes), now=bench.clock.now()
        )


def change(bench: Bench, offer: Offer, act: Callable[..., None], *args: Any) -> Offer:
    with bench.database.begin() as session:
        own = session.get_one(Offer, offer.id)
        act(session, own, *args, now=bench.clock.now())
        return own


def now_of(bench: Bench, offer: Offer) -> State:
    with bench.database.reads() as session:
        return state(session.get_one(Offer, offer.id).terms, bench.clock.now())


def events(bench: Bench, offer: Offer) -> list[tuple[str, datetime]]:
    with bench.database.reads() as session:
        rows = session.scalars(
            select(OfferEvent).where(OfferEvent.offer_id == offer.id).order_by(OfferEvent.id)
        )
        return [(row.kind, row.occurred_at) for row in rows]


def test_a_window_is_kept_as_it_was_typed_and_as_moments_in_the_merchants_zone(
    bench: Bench, world: World
) -> None:
    offer = write(bench, world, starts="2026-03-14T18:00", ends="2026-03-20")

    assert ("2026-03-14T18:00", "2026-03-20", "America/New_York") == (
        offer.starts_wall, offer.ends_wall, offer.zone,
    )  # fmt: skip
    assert datetime(2026, 3, 14, 22, 0, tzinfo=UTC) == offer.starts_at
    assert datetime(2026, 3, 21, 4, 0, tzinfo=UTC) == offer.ends_at


def test_an_offer_goes_from_draft_over_scheduled_and_active_to_ended(
    bench: Bench, world: World
) -> None:
    offer = write(bench, world, starts="2026-03-14T18:00", ends="2026-03-14T19:00")
    assert now_of(bench, offer) is State.DRAFT

    change(bench, offer, offer_life.publish)
    assert now_of(bench, offer) is State.SCHEDULED

    bench.clock.moment = datetime(2026, 3, 14, 22, 0, tzinfo=UTC)
    assert now_of(bench, offer) is State.ACTIVE

    bench.clock.pass_time(hours=1)
    assert now_of(bench, offer) is State.ENDED


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"name": ""}, "invalid_name", "name"),
        ({"rate_ppm": 0}, "invalid_percent", "percent"),
        ({"rate_ppm": 1_000_001}, "invalid_percent", "percent"),
        ({"benefit": Benefit.AMOUNT, "value_minor": 0}, "invalid_amount", "value"),
        (
            {"benefit": Benefit.FIXED_PRICE, "value_minor": 5, "scope": Scope.ORDER},
            "offer_price_needs_products",
            "scope",
        ),
        ({"quota": 0}, "invalid_count", "quota"),
        ({"per_buyer_limit": -1}, "invalid_count", "per_buyer_limit"),
        ({"budget_minor": 10**13}, "invalid_count", "budget"),
        ({"starts": "2026-04-02", "ends": "2026-04-01"}, "offer_ends_before_start", "ends"),
        ({"starts": "soon"}, "invalid_moment", "starts"),
        ({"products": ("prd_foreign",)}, "unknown_thing", "products"),
        ({"variants": ("var_foreign",)}, "unknown_thing", "variants"),
        ({"combines_with": ("ofr_foreign",)}, "unknown_thing", "combines_with"),
        ({"placement": "plc_foreign"}, "unknown_thing", "placement"),
        ({"kind": Kind.CODE, "code": "!!!"}, "invalid_code", "code"),
    ],
)
def test_terms_that_mean_nothing_are_refused_and_nothing_is_written(
    bench: Bench, world: World, changes: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        write(bench, world, **changes)

    assert (code, field) == (refused.value.code, refused.value.field)
    with bench.database.reads() as session:
        assert [] == session.scalars(select(Offer)).all()


def test_things_of_another_merchant_cannot_be_put_on_offer(bench: Bench, world: World) -> None:
    other = world_on(bench, slug="other")

    with pytest.raises(Invalid, match="unknown_thing"):
        write(bench, world, products=(other.product.public_id,))
    with bench.database.reads() as session, pytest.raises(NotFound):
        offers.get_offer(session, other.merchant.id, "ofr_none")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ends": "2026-03-13"}, "offer_over_already"),
        ({"products": ()}, "offer_needs_things"),
        ({"kind": Kind.CODE}, "offer_needs_code"),
    ],
)
def test_an_offer_that_nobody_could_use_is_not_published(
    bench: Bench, world: World, changes: dict[str, Any], code: str
) -> None:
    offer = write(bench, world, **changes)

    with pytest.raises(Invalid, match=code):
        change(bench, offer, offer_life.publish)
    assert now_of(bench, offer) is State.DRAFT


def test_a_draft_can_be_changed_as_a_whole(bench: Bench, world: World) -> None:
    offer = write(bench, world, kind=Kind.CODE, code="Spring 20", ends="2026-05-31")
    draft = a_draft(world, name="Summer", products=(), variants=(world.variant.public_id,))

    changed = change(bench, offer, offers.edit_draft, draft)

    assert ("Summer", "automatic", None) == (changed.name, changed.kind, changed.ends_at)
    assert {world.variant.id} == changed.terms.variants
    assert frozenset() == changed.terms.products


def test_no_timer_ever_begins_again(bench: Bench, world: World) -> None:
    """What was published keeps its window: it cannot be edited, published again or ended twice,
    and pausing does not stop the clock."""
    offer = running_offer(bench, world, ends="2026-03-14T18:00")
    end = offer.ends_at
    later = a_draft(world, ends="2026-05-31")

    for act, args in ((offers.edit_draft, (later,)), (offer_life.publish, ())):
        with pytest.raises(Conflict, match="offer_published"):
            change(bench, offer, act, *args)
    change(bench, offer, offer_life.pause)
    bench.clock.pass_time(hours=1)
    resumed = change(bench, offer, offer_life.resume)
    assert (end, "2026-03-14T18:00") == (resumed.ends_at, resumed.ends_wall)

    bench.clock.moment = end  # type: ignore[assignment]
    with pytest.raises(Conflict, match="offer_over"):
        change(bench, offer, offer_life.resume)
    with pytest.raises(Conflict, match="offer_over"):
        change(bench, offer, offer_life.end)
    assert now_of(bench, offer) is State.ENDED


def test_a_paused_offer_is_suspended_until_it_is_resumed(bench: Bench, world: World) -> None:
    offer = running_offer(bench, world)

    change(bench, offer, offer_life.pause)
    assert now_of(bench, offer) is State.SUSPENDED
    change(bench, offer, offer_life.resume)

    assert now_of(bench, offer) is State.ACTIVE
    assert ["published", "started", "paused", "resumed"] == [
        kind for kind, _ in events(bench, offer)
    ]


def test_a_draft_that_is_ended_was_never_in_force(bench: Bench, world: World) -> None:
    offer = write(bench, world)

    change(bench, offer, offer_life.end)

    assert now_of(bench, offer) is State.ENDED
    assert [] == events(bench, offer)


def test_start_and_end_are_noted_at_their_moments_when_the_worker_comes(
    bench: Bench, world: World
) -> None:
    offer = write(bench, world, starts="2026-03-14T18:00", ends="2026-03-14T19:00")
    change(bench, offer, offer_life.publish)
    run_due(bench.ports)
    assert ["published"] == [kind for kind, _ in events(bench, offer)]

    bench.clock.moment = datetime(2026, 3, 14, 23, 30, tzinfo=UTC)
    run_due(bench.ports)

    assert [("started", offer.starts_at), ("ended", offer.ends_at)] == events(bench, offer)[1:]


def test_start_and_end_are_noted_once_by_however_many_workers(bench: Bench, world: World) -> None:
    told: list[str] = []
    offer = write(bench, world, ends="2026-03-14T19:00")
    change(bench, offer, offer_life.publish)
    bench.clock.moment = offer.ends_at  # type: ignore[assignment]

    def listen(_: object, **data: str) -> None:
        told.append(data["offer"])

    with (
        signals.offer_started.connected_to(listen, "storefront"),
        ThreadPoolExecutor(8) as workers,
    ):
        list(workers.map(lambda _: offer_life.start_offer(bench.ports, offer.id), range(8)))
        list(workers.map(lambda _: offer_life.end_offer(bench.ports, offer.id), range(8)))

    assert ["published", "started", "ended"] == [kind for kind, _ in events(bench, offer)]
    assert [offer.public_id] == told


def test_an_offer_that_was_ended_by_hand_is_not_ended_again_by_its_job(
    bench: Bench, world: World
) -> None:
    offer = running_offer(bench, world, ends="2026-03-14T18:00")
    change(bench, offer, offer_life.end)
    bench.clock.pass_time(days=1)
    run_due(bench.ports)

    assert ["published", "started", "ended"] == [kind for kind, _ in events(bench, offer)]


@pytest.mark.parametrize(
    "values",
    [
        {"quota": 2, "held": 2, "used": 1},
        {"held": -1},
        {"used": -1},
        {"budget_minor": 5, "spent_minor": 6},
        {"per_buyer_limit": 0},
        {"rate_ppm": 1_000_001},
    ],
)
def test_the_database_itself_refuses_counters_beyond_their_limits(
    bench: Bench, world: World, values: dict[str, int]
) -> None:
    offer = write(bench, world)

    with pytest.raises(IntegrityError), bench.database.begin() as session:
        session.execute(update(Offer).where(Offer.id == offer.id).values(**values))


def test_an_offer_may_outlive_its_draft_by_years(bench: Bench, world: World) -> None:
    offer = running_offer(bench, world)
    bench.clock.pass_time(days=3 * 365)

    assert offer.ends_at is None
    assert now_of(bench, offer) is State.ACTIVE


def test_a_start_in_the_past_is_the_moment_of_publishing(bench: Bench, world: World) -> None:
    offer = running_offer(bench, world, starts="2026-01-01")

    assert bench.clock.now() == offer.starts_at
    assert bench.clock.now() == events(bench, offer)[1][1]


def test_offers_of_a_merchant_are_its_own(bench: Bench, world: World) -> None:
    offer = write(bench, world)
    other = world_on(bench, slug="other")

    with bench.database.reads() as session:
        assert offer.id == offers.get_offer(session, world.merchant.id, offer.public_id).id
        with pytest.raises(NotFound):
            offers.get_offer(session, other.merchant.id, offer.public_id)

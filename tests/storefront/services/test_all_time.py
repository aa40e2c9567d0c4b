"""What placements and shares have seen since the beginning: counts by day and what came since."""

from collections import Counter
from datetime import datetime

import pytest
from sqlalchemy import func, select, text, update

from storefront.models import Interaction, Placement, PlacementTally, Share, ShareTally
from storefront.services import catalog, interactions, placing, tallies
from storefront.services.reporting.placements import get_placement_report, list_placements
from storefront.services.reporting.shares import list_shares
from storefront.services.reporting.shop import get_shop
from tests.factories import World, world_on
from tests.fakes import Bench
from tests.storefront.sales import ANA, BEN, act, open_link, sell_through_a_share

ZONE = "America/New_York"


def count_all(bench: Bench, world: World) -> None:
    """Let everything settle, and count it as a worker would."""
    bench.clock.pass_time(minutes=10)
    while tallies.count_some(bench.ports, world.merchant.id, ZONE, now=bench.clock.now()):
        pass


def shown(bench: Bench, world: World) -> dict[str, int]:
    """Return what the console says was done at the merchant's one placement."""
    with bench.database.reads() as session:
        [row] = list_placements(session, get_shop(session, world.merchant.id)).rows
        return {kind: count for kind, count in row.acts.items() if count}


def last_seen(bench: Bench, world: World) -> datetime | None:
    with bench.database.reads() as session:
        shop = get_shop(session, world.merchant.id)
        return get_placement_report(session, shop, world.placement.public_id).last_seen_at


def opened(bench: Bench, world: World) -> list[int]:
    with bench.database.reads() as session:
        return [
            row.opens for row in list_shares(session, get_shop(session, world.merchant.id)).rows
        ]


def live(bench: Bench, world: World) -> None:
    """Look, like, share and buy, and hand out the link that members make."""
    act(bench, world, "view", ANA)
    act(bench, world, "like", BEN)
    sell_through_a_share(bench, world)
    placing.link_all(bench.ports)


LIVED = {"view": 1, "like": 1, "share": 1, "open": 1, "click": 1}


def test_a_count_changes_nothing_that_is_shown(bench: Bench, world: World) -> None:
    live(bench, world)
    live(bench, world_on(bench, slug="rival"))
    raw = shown(bench, world), opened(bench, world)
    count_all(bench, world)
    counted = shown(bench, world), opened(bench, world)
    act(bench, world, "view", BEN)
    since = shown(bench, world)
    count_all(bench, world)

    assert (LIVED, [1, 0]) == raw == counted
    assert LIVED | {"view": 2} == since == shown(bench, world)


def test_what_is_counted_is_not_looked_for_again(bench: Bench, world: World) -> None:
    live(bench, world)
    count_all(bench, world)
    with bench.database.begin() as session:
        session.execute(update(PlacementTally).values(count=70))
        session.execute(update(ShareTally).values(count=80))

    assert dict.fromkeys(LIVED, 70) == shown(bench, world)
    assert [80, 0] == opened(bench, world)


def test_what_was_forgotten_stays_counted(bench: Bench, world: World) -> None:
    act(bench, world, "view", ANA)
    count_all(bench, world)
    with bench.database.begin() as session:
        later = bench.clock.now().isoformat()
        moment = "INSERT INTO storefront_moments (name, at) VALUES ('storefront_interactions', :at)"
        session.execute(text(moment), {"at": later})
        session.execute(text("DELETE FROM storefront_interactions"))

    assert {"view": 1} == shown(bench, world)
    assert last_seen(bench, world) is None


def test_counts_are_of_placements_and_shares_apart(bench: Bench, world: World) -> None:
    shared = [act(bench, world, "share", ANA).share_token for _ in range(3)]
    for token in shared:
        assert token is not None
        open_link(bench, token, BEN)
    count_all(bench, world)

    with bench.database.reads() as session:
        kinds = session.execute(select(PlacementTally.kind, PlacementTally.count)).all()
        opens = session.scalars(select(ShareTally.count)).all()
    assert Counter(share=3, open=3) == Counter(dict(tuple(row) for row in kinds))
    assert [1, 1, 1] == opens


@pytest.mark.parametrize("is_counted", [False, True], ids=["not counted", "counted"])
def test_a_placement_was_last_seen_at_its_latest_view(
    bench: Bench, world: World, *, is_counted: bool
) -> None:
    assert last_seen(bench, world) is None
    act(bench, world, "view", ANA)
    bench.clock.pass_time(days=3)
    act(bench, world, "view", BEN)
    expected = bench.clock.now()
    bench.clock.pass_time(days=1)
    act(bench, world, "like", BEN)
    act(bench, elsewhere(bench, world), "view", BEN)
    if is_counted:
        count_all(bench, world)

    assert expected == last_seen(bench, world)


def test_a_view_that_is_told_late_is_not_the_last(bench: Bench, world: World) -> None:
    act(bench, world, "view", ANA)
    expected = bench.clock.now()
    count_all(bench, world)
    act(bench, world, "view", BEN, occurred_at=expected.replace(hour=1))

    assert expected == last_seen(bench, world)


def elsewhere(bench: Bench, world: World) -> World:
    """Return the merchant at another placement."""
    with bench.database.begin() as session:
        channel = catalog.get_or_add_channel(session, world.merchant.id, "chirp", name="Chirp")
        other = catalog.add_placement(
            session, channel, [world.product], name="Chirp", post_url="", now=bench.clock.now()
        )
    return World(**{**vars(world), "placement": other})


def test_only_members_make_links_in_the_console(bench: Bench, world: World) -> None:
    placing.link_all(bench.ports)

    with bench.database.reads() as session:
        surfaces = session.scalars(
            select(Interaction.surface)
            .join(Share, Share.interaction_id == Interaction.id)
            .join(Placement, Placement.link_share == Share.public_id)
        ).all()
        count = session.scalar(select(func.count(Interaction.id)))
    assert [interactions.CONSOLE] == surfaces
    assert (1, {}) == (count, shown(bench, world))

"""Sales with a story: what people did before they bought."""

from storefront.services import interactions
from storefront.services.interactions import Act, Recorded
from storefront.services.order_requests import PlacedOrder
from storefront.services.placements import get_placement
from storefront.services.visitors import Visitor
from tests.factories import World, pay, place
from tests.fakes import Bench

ANA, BEN = Visitor("0" * 23 + "ana", "verified"), Visitor("0" * 23 + "ben", "verified")


def act(bench: Bench, world: World, kind: str, visitor: Visitor, **changes: object) -> Recorded:
    """Record one act at the world's placement, now."""
    details = {"assurance": "bare", "surface": "frame", **changes}
    with bench.database.begin() as session:
        return interactions.record(
            session,
            get_placement(session, world.placement.public_id),
            Act(kind=kind, visitor=visitor, **details),  # type: ignore[arg-type]
            sign=bench.ports.sign,
            now=bench.clock.now(),
        )


def open_link(bench: Bench, token: str, visitor: Visitor) -> Visitor:
    """Open a shared link; return the visitor as they are from now on."""
    with bench.database.reads() as session:
        link = interactions.find_share(session, token, sign=bench.ports.sign)
    return interactions.open_share(
        bench.database, link, visitor, referrer=None, now=bench.clock.now()
    ).visitor


def sell_through_a_share(bench: Bench, world: World, **changes: object) -> PlacedOrder:
    """Let Ana share, Ben open her link, click and buy; the order is paid."""
    shared = act(bench, world, "share", ANA)
    assert shared.share_token is not None
    bench.clock.pass_time(hours=2)
    ben = open_link(bench, shared.share_token, BEN)
    bench.clock.pass_time(minutes=1)
    act(bench, world, "click", ben, assurance="signed")
    bench.clock.pass_time(minutes=2)
    return sell(bench, world, visitor=ben, **changes)


def sell(bench: Bench, world: World, **changes: object) -> PlacedOrder:
    """Place an order and let it be paid."""
    placed = place(bench, world, **changes)
    assert pay(bench.client(), bench, placed).status_code == 200
    return placed

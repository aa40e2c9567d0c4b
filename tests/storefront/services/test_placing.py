"""Placements as members make them: what they show, where they are, and the link to post."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from storefront.errors import Invalid, NotFound
from storefront.models import Action, Interaction, Placement
from storefront.services import catalog, interactions, members, placing, shelf, visitors
from storefront.services.interactions import share_token
from storefront.services.members import SignedIn
from storefront.services.placements import get_placement, note_first_load
from storefront.services.placing import PlacementWish
from storefront.services.reporting.placements import get_placement_report
from storefront.services.reporting.shop import get_shop
from tests.contents import nothing_changes
from tests.factories import World, world_on
from tests.fakes import Bench


def owner_of(bench: Bench, world: World) -> SignedIn:
    with bench.database.reads() as session:
        found = members.find_by_email(session, world.owner_email)
    assert found
    return found


def a_wish(world: World, **changes: object) -> PlacementWish:
    wish = PlacementWish(
        name="Summer post",
        products=(world.product.public_id,),
        channel_slug="instagram",
        channel_name="Instagram",
        campaign="",
        new_campaign="Summer",
        post_url="https://news.test/summer",
        is_framed=True,
    )
    return replace(wish, **changes)  # type: ignore[arg-type]


def make(bench: Bench, world: World, **changes: object) -> str:
    with bench.database.begin() as session:
        return placing.make(
            session,
            owner_of(bench, world),
            a_wish(world, **changes),
            sign=bench.ports.sign,
            now=bench.clock.now(),
        )


def second_product(bench: Bench, world: World) -> str:
    with bench.database.begin() as session:
        product = catalog.add_product(
            session, world.merchant, name="Lemon ice", description="", now=bench.clock.now()
        )
        catalog.add_variant(
            session, world.merchant, product, name="Cup", sku="ice", price_minor=300, stock=None
        )
        return product.public_id


def test_a_placement_is_made_as_wished(bench: Bench, world: World) -> None:
    name = make(bench, world)

    with bench.database.reads() as session:
        report = get_placement_report(session, get_shop(session, world.merchant.id), name)
        view = get_placement(session, name)
    row = report.row
    assert ("Summer post", "product", "Instagram", "Summer", "https://news.test/summer") == (
        row.name, row.kind, row.channel, row.campaign, row.post_url,
    )  # fmt: skip
    assert ((world.product.public_id, "Pistachio cone"),) == report.products
    assert "https://news.test" in view.merchant.allowed_origins


def test_several_products_become_a_collection_in_their_order(bench: Bench, world: World) -> None:
    second = second_product(bench, world)
    name = make(bench, world, products=(second, world.product.public_id))

    with bench.database.reads() as session:
        view = shelf.shelf(
            session, get_placement(session, name), bench.ports.settings, now=bench.clock.now()
        )
    assert "collection" == view.placement.kind
    assert ["Lemon ice", "Pistachio cone"] == [product.name for product in view.products]


def test_whoever_opens_the_posted_link_counts_at_the_placement(bench: Bench, world: World) -> None:
    name, sign = make(bench, world), bench.ports.sign
    with bench.database.reads() as session:
        share = session.scalars(
            select(Placement.link_share).where(Placement.public_id == name)
        ).one()
    assert share
    with bench.database.reads() as session:
        link = interactions.find_share(session, share_token(sign, share), sign=sign)
    visitor = visitors.read_mark(sign, None, world.merchant.public_id, now=bench.clock.now())
    interactions.open_share(bench.database, link, visitor, referrer=None, now=bench.clock.now())

    with bench.database.reads() as session:
        acts = session.execute(
            select(Interaction.kind, Interaction.assurance, Interaction.surface).order_by(
                Interaction.id
            )
        ).all()
        report = get_placement_report(session, get_shop(session, world.merchant.id), name)
    assert [("share", "signed", "console"), ("open", "signed", "link")] == [tuple(a) for a in acts]
    assert (0, 1) == (report.row.acts["share"], report.row.acts["open"])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"products": ()}, "products"),
        ({"products": ("prd_0000000000000000",)}, "products"),
        ({"channel_slug": "", "channel_name": ""}, "channel"),
        ({"post_url": "javascript:alert(1)"}, "post_url"),
        ({"post_url": "https://user@evil.test/"}, "post_url"),
        ({"new_campaign": "", "campaign": "cmp_0000000000000000"}, "campaign"),
    ],
)
def test_a_wish_that_cannot_be_is_refused_at_its_field(
    bench: Bench, world: World, changes: dict[str, object], field: str
) -> None:
    with nothing_changes(bench.database), pytest.raises(Invalid) as refused:
        make(bench, world, **changes)

    assert field == refused.value.field


def test_products_of_another_merchant_are_not_shown(bench: Bench, world: World) -> None:
    florist = world_on(bench, slug="florist")

    with nothing_changes(bench.database), pytest.raises(Invalid):
        make(bench, world, products=(florist.product.public_id,))


def test_a_change_keeps_the_address_and_the_past(bench: Bench, world: World) -> None:
    name, second = make(bench, world), second_product(bench, world)
    with bench.database.begin() as session:
        wish = a_wish(world, products=(second,), channel_slug="", channel_name="微博")
        placing.change(session, owner_of(bench, world), wish, public_id=name, now=bench.clock.now())

    with bench.database.reads() as session:
        report = get_placement_report(session, get_shop(session, world.merchant.id), name)
        done = session.scalars(select(Action.action).order_by(Action.id)).all()
    assert ("微博", "Summer", (second,)) == (
        report.row.channel, report.row.campaign, tuple(key for key, _ in report.products),
    )  # fmt: skip
    assert ["host_allowed", "placement_made", "placement_changed"] == list(done)


def test_a_placement_comes_down_and_goes_up_again(bench: Bench, world: World) -> None:
    who, name, now = owner_of(bench, world), make(bench, world), bench.clock.now()
    for _ in range(2):
        with bench.database.begin() as session:
            placing.retire(session, who, name, now=now)
    with bench.database.reads() as session, pytest.raises(NotFound):
        get_placement(session, name)
    with bench.database.begin() as session:
        placing.use_again(session, who, name, now=now)

    with bench.database.reads() as session:
        assert name == get_placement(session, name).public_id
        done = session.scalars(
            select(Action.action).where(Action.action.startswith("placement")).order_by(Action.id)
        ).all()
    assert ["placement_made", "placement_retired", "placement_used_again"] == list(done)


def test_nobody_changes_a_placement_of_another_merchant(bench: Bench, world: World) -> None:
    florist = world_on(bench, slug="florist")
    who, now = owner_of(bench, florist), bench.clock.now()

    with (
        nothing_changes(bench.database),
        pytest.raises(NotFound),
        bench.database.begin() as session,
    ):
        placing.retire(session, who, world.placement.public_id, now=now)


def test_the_first_load_is_remembered_and_the_second_writes_nothing(
    bench: Bench, world: World
) -> None:
    first = bench.clock.now()
    with bench.database.begin() as session:
        view = get_placement(session, world.placement.public_id)
        note_first_load(session, view, now=first)
        # Another process read it before it was seen: the row still tells the first time.
        note_first_load(session, view, now=first.replace(year=2027))
    with bench.database.reads() as session:
        seen = get_placement(session, world.placement.public_id)
        moment = session.scalars(select(Placement.first_loaded_at)).one()

    assert (True, first) == (seen.is_loaded, moment)

"""The line of an order as it is drawn: from the post to the order, in words, with its credits."""

import html
import re
from typing import Any

from storefront.services.chains import chain_of
from storefront.services.order_requests import PlacedOrder
from storefront.services.reporting.dossier import get_dossier
from storefront.services.visitors import Visitor
from storefront.web.console.line import Line, draw
from tests.factories import World, place
from tests.fakes import BASE_URL, Bench
from tests.storefront.sales import ANA, BEN, act, open_link, sell, sell_through_a_share


def line_of(bench: Bench, world: World, placed: PlacedOrder) -> Line:
    now = bench.clock.now()
    with bench.database.reads() as session:
        dossier = get_dossier(
            session, world.merchant.id, placed.public_id, settings=bench.ports.settings, now=now
        )
        chain = chain_of(session, world.merchant.id, placed.public_id)
    with bench.client().application.test_request_context(base_url=BASE_URL):
        return draw(chain, dossier)


def test_a_shared_sale_is_drawn_from_the_post_to_the_order(bench: Bench, world: World) -> None:
    line = line_of(bench, world, sell_through_a_share(bench, world))

    assert [(node.title, node.who, node.later) for node in line.nodes] == [
        ("The post", "", ""),
        ("Shared by visitor", "000ana", ""),
        ("Link opened by the buyer", "000ben", "2 hr later"),
        ("Clicked by the buyer", "000ben", "1 min later"),
        ("Order #1001", "000ben", "2 min later"),
    ]


def test_the_stop_that_brought_the_sale_is_marked(bench: Bench, world: World) -> None:
    line = line_of(bench, world, sell_through_a_share(bench, world))

    assert [node.title for node in line.nodes if node.is_origin] == ["Link opened by the buyer"]


def test_each_stop_says_how_sure_we_are(bench: Bench, world: World) -> None:
    line = line_of(bench, world, sell_through_a_share(bench, world))

    assert [(node.assurance, node.is_sure) for node in line.nodes] == [
        ("", True),
        ("bare", False),
        ("signed", True),
        ("signed", True),
        ("", True),
    ]


def test_the_place_is_told_where_it_changes_only(bench: Bench, world: World) -> None:
    line = line_of(bench, world, sell_through_a_share(bench, world))

    assert [node.place.name if node.place else None for node in line.nodes] == [
        "Cone post",
        None,
        None,
        None,
        None,
    ]


def test_two_acts_in_one_moment_have_no_time_between_them(bench: Bench, world: World) -> None:
    act(bench, world, "view", ANA)
    act(bench, world, "click", ANA)
    line = line_of(bench, world, sell(bench, world, visitor=ANA))

    assert [node.later for node in line.nodes] == ["", "", "at once", "at once"]


def test_a_direct_order_begins_with_its_buyer(bench: Bench, world: World) -> None:
    line = line_of(bench, world, sell(bench, world))

    assert line.is_direct
    assert [node.title for node in line.nodes] == ["Came directly", "Order #1001"]
    assert [(row.title, tuple(part[0] for part in row.shares if part)) for row in line.credits] == [
        ("Came directly", (10_000, 10_000))
    ]


def test_an_unpaid_order_has_no_credits_yet(bench: Bench, world: World) -> None:
    act(bench, world, "view", ANA)
    line = line_of(bench, world, place(bench, world, visitor=ANA))

    assert (line.credits, line.nodes[-1].tone) == ((), "open")


def test_the_money_of_a_models_credits_is_the_orders_money(bench: Bench, world: World) -> None:
    """Three arrivals share 4.50 in shares of a third that are not all the same."""
    for _ in range(3):
        act(bench, world, "view", BEN)
        bench.clock.pass_time(minutes=1)
    line = line_of(bench, world, sell(bench, world, visitor=BEN))
    linear = line.models.index("linear")
    parts = [row.shares[linear] for row in line.credits]

    assert [(part[0], part[1].minor) for part in parts if part] == [
        (3334, 150),
        (3333, 150),
        (3333, 150),
    ]
    assert sum(part[1].minor for part in parts if part) == 450


def test_a_long_line_runs_downwards(bench: Bench, world: World) -> None:
    """Each of three people passes the last one's link on."""
    short = line_of(bench, world, sell_through_a_share(bench, world))
    sharer = ANA
    for name in ("p", "q", "r"):
        shared = act(bench, world, "share", sharer)
        assert shared.share_token is not None
        bench.clock.pass_time(minutes=1)
        sharer = open_link(bench, shared.share_token, Visitor(name * 26, "verified"))
    long = line_of(bench, world, sell(bench, world, visitor=sharer))

    assert (short.is_across, len(short.nodes)) == (True, 5)
    assert (long.is_across, len(long.nodes)) == (False, 8)


def page_of(owner: Any, placed: PlacedOrder) -> str:
    return html.unescape(owner.get(f"/console/orders/{placed.public_id}").text)


def test_the_page_draws_the_line_as_an_ordered_list(bench: Bench, world: World, owner: Any) -> None:
    page = page_of(owner, sell_through_a_share(bench, world))
    drawn = re.search(r'<ol class="path.*?</ol>', page, re.DOTALL)
    assert drawn
    titles = re.findall(r'class="path__title">([^<]*?) *<', drawn[0])

    assert titles == [
        "The post",
        "Shared by visitor",
        "Link opened by the buyer",
        "Clicked by the buyer",
        "Order #1001",
    ]
    assert drawn[0].count("Brought the sale") == 1
    assert '<a href="https://blog.test/cone" rel="noreferrer">Cone post</a> · Blog' in drawn[0]


def test_the_page_says_in_words_how_sure_we_are(bench: Bench, world: World, owner: Any) -> None:
    page = page_of(owner, sell_through_a_share(bench, world))

    assert re.findall(r'class="path__sure"><svg.*?</svg>([^<]*)<', page) == [
        "Said by the page",
        "Signed by us",
        "Signed by us",
    ]


def test_the_page_is_kind_about_a_direct_order(bench: Bench, world: World, owner: Any) -> None:
    assert "A direct order: somebody simply came and bought." in page_of(owner, sell(bench, world))


def test_the_page_says_when_a_mark_had_been_changed(bench: Bench, world: World, owner: Any) -> None:
    changed = Visitor("c" * 26, "unverified")
    act(bench, world, "view", changed)
    doubtful = page_of(owner, sell(bench, world, visitor=changed))
    certain = page_of(owner, sell_through_a_share(bench, world))

    assert ("Not verified" in doubtful, "Not verified" in certain) == (True, False)

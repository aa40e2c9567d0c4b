"""Placements made on a page: the form, what there is to take, its preview and its poster."""

import html
import re
from collections.abc import Callable
from typing import Any

from storefront import worker
from storefront.domain.offers import Kind
from storefront.models import Offer, Placement
from storefront.services import hosts, offer_life, placing
from tests.contents import nothing_changes
from tests.factories import World, order_json, running_offer, world_on
from tests.fakes import BASE_URL, Bench
from tests.storefront.web.console.conftest import ORIGIN
from tests.storefront.web.console.test_pages import words


def form_of(world: World, **changes: str) -> dict[str, str]:
    return {
        "name": "Summer post",
        f"product-{world.product.public_id}": "1",
        "channel": "facebook",
        "campaign": "+",
        "new_campaign": "Summer",
        "post_url": "https://news.test/summer",
        "frames": "1",
        **changes,
    }


def make(owner: Any, world: World, **changes: str) -> str:
    """Make a placement on the page and return its address."""
    answer = owner.post("/console/placements", data=form_of(world, **changes), headers=ORIGIN)
    assert 303 == answer.status_code
    return str(answer.headers["Location"]).partition("?")[0]


def posted_link(page: str) -> str:
    found = re.search(r'id="posted-link"[^>]*>([^<]*)<', page)
    assert found
    return html.unescape(found[1])


def test_a_new_placement_offers_snippet_link_and_poster(world: World, owner: Any) -> None:
    page = owner.get(make(owner, world)).text

    assert "data-placement=" in page
    assert posted_link(page).startswith(f"{BASE_URL}/s/")
    assert "/poster" in page
    assert "Facebook:</strong> A post shows the link" in page


def test_the_link_leads_to_the_shop_and_tells_crawlers_what_is_there(
    bench: Bench, world: World, owner: Any
) -> None:
    link = posted_link(owner.get(make(owner, world, post_url="")).text)
    person = bench.client().get(link, headers={"User-Agent": "Firefox/140.0"})
    crawler = bench.client().get(link, headers={"User-Agent": "facebookexternalhit/1.1"})

    assert 303 == person.status_code
    assert f"{BASE_URL}/p/plc_" in person.headers["Location"]
    assert 'property="og:title" content="Pistachio cone' in crawler.text


def test_a_network_that_carries_no_frames_is_not_allowed_to_frame(world: World, owner: Any) -> None:
    make(owner, world, channel="facebook", post_url="https://www.facebook.com/gelato/1")
    make(owner, world, channel="blog", post_url="https://news.test/summer")
    page = owner.get("/console/hosts").text

    assert (False, True) == ("https://www.facebook.com" in page, "https://news.test" in page)


def test_a_fault_is_told_at_its_field_and_nothing_typed_is_lost(
    bench: Bench, world: World, owner: Any
) -> None:
    form = form_of(world, post_url="not an address")
    with nothing_changes(bench.database):
        answer = owner.post("/console/placements", data=form, headers=ORIGIN)

    assert 422 == answer.status_code
    assert 'id="post_url-error"' in answer.text
    assert 'value="Summer post"' in answer.text
    assert f'name="product-{world.product.public_id}" value="1" checked' in answer.text


def test_the_form_finds_products_and_keeps_what_is_chosen(world: World, owner: Any) -> None:
    chosen = f"product-{world.product.public_id}=1"
    page = owner.get(f"/console/placements/new?q=nothing&name=Typed&{chosen}").text

    assert 'value="Typed"' in page
    assert f'name="product-{world.product.public_id}" value="1" checked' in page


def test_a_change_is_filled_in_and_kept(world: World, owner: Any) -> None:
    place = make(owner, world)
    page = owner.get(f"{place}/edit").text
    owner.post(place, data=form_of(world, name="Autumn post"), headers=ORIGIN)

    assert 'value="Summer post"' in page
    assert '<option value="facebook" selected>' in page
    assert "<h1>Autumn post" in owner.get(place).text


def test_a_preview_shows_the_frame_without_effect(bench: Bench, world: World, owner: Any) -> None:
    draft = f"/console/placements/preview?name=Draft&product-{world.product.public_id}=1"
    paths = (draft, f"/console/placements/{world.placement.public_id}/preview")
    with nothing_changes(bench.database):
        pages = [owner.get(path) for path in paths]

    assert [True, True] == ["Pistachio cone" in page.text for page in pages]
    assert [False, False] == ["<script" in page.text for page in pages]
    assert [True, True] == [
        f"frame-ancestors {BASE_URL}" in page.headers["Content-Security-Policy"] for page in pages
    ]


def test_a_preview_shows_nothing_of_another_merchant(bench: Bench, owner: Any) -> None:
    rival = world_on(bench, slug="florist")
    draft = owner.get(f"/console/placements/preview?product-{rival.product.public_id}=1")
    placed = owner.get(f"/console/placements/{rival.placement.public_id}/preview")

    assert "Pistachio cone" not in draft.text
    assert 404 == placed.status_code


def test_the_poster_leads_where_orders_are_counted(world: World, owner: Any) -> None:
    place = make(owner, world, channel="store", name="Shop window")
    link = posted_link(owner.get(place).text)
    poster = owner.get(f"{place}/poster?headline=Ice+for+all&paper=letter").text

    assert link in poster
    assert '<h1 class="poster__headline">Ice for all</h1>' in poster
    assert "poster--letter" in poster


def test_who_reads_reports_is_offered_no_change(
    world: World, member_with: Callable[[str], Any]
) -> None:
    reader = member_with("reports")
    page = reader.get(f"/console/placements/{world.placement.public_id}").text

    assert "/edit" not in page
    assert "<form" not in page.partition('id="main"')[2]


def test_a_channel_and_a_campaign_get_other_names(world: World, owner: Any) -> None:
    make(owner, world)
    campaign = re.search(r"/console/campaigns/(cmp_\w+)", owner.get("/console/labels").text)
    assert campaign
    owner.post(f"/console/campaigns/{campaign[1]}", data={"name": "Autumn"}, headers=ORIGIN)
    owner.post("/console/channels/facebook", data={"name": "Our page"}, headers=ORIGIN)
    page = owner.get("/console/labels").text

    assert (True, True) == ('value="Autumn"' in page, 'value="Our page"' in page)


def test_a_placement_that_a_program_made_gets_its_link_from_the_next_sweep(
    bench: Bench, world: World
) -> None:
    worker.sweep(bench.ports)
    with bench.database.reads() as session:
        first = session.get_one(Placement, world.placement.id).link_share
    with nothing_changes(bench.database):
        placing.link_all(bench.ports)

    assert first is not None


def test_a_site_that_was_turned_away_is_allowed_on_the_first_page(
    bench: Bench, world: World, owner: Any
) -> None:
    site = "https://tried.test"
    hosts.note_refusal(bench.ports, world.placement.public_id, site, caller="192.0.2.7")
    assert f"{site} wants to show your shop" in words(owner.get("/console/"))
    form = {"origin": site, "next": "/console/"}
    answer = owner.post("/console/hosts", data=form, headers=ORIGIN)

    assert (303, "/console/") == (answer.status_code, answer.location)
    assert site not in words(owner.get("/console/"))


def test_a_placement_shows_an_offer_to_whoever_comes_there(
    bench: Bench, world: World, owner: Any
) -> None:
    """No product is ticked, and nobody follows the offer's own link."""
    offer = running_offer(bench, world, has_link=True)
    nothing = {f"product-{world.product.public_id}": "", "offer": offer.public_id}

    address = make(owner, world, **nothing)
    name = address.rpartition("/")[2]
    card = bench.client().get(f"/p/{name}").text
    placed = bench.client().post(
        "/orders",
        json=order_json(world, placement=name, seen_offers=[offer.public_id]),
        headers={"Idempotency-Key": "k" * 24},
    )

    assert "$3.60" in card
    assert "$3.60" not in bench.client().get(f"/p/{world.placement.public_id}").text
    assert (201, 360) == (placed.status_code, placed.json["amount_minor"])
    assert offer.name in owner.get(address).text
    assert f'value="{offer.public_id}" selected' in owner.get(f"{address}/edit").text


def test_the_preview_of_a_placement_has_its_offer(bench: Bench, world: World, owner: Any) -> None:
    offer = running_offer(bench, world, has_link=True)

    page = owner.get(f"/console/placements/preview?offer={offer.public_id}").text

    assert "$3.60" in page


def test_an_offer_that_is_over_or_by_code_cannot_be_shown(
    bench: Bench, world: World, owner: Any
) -> None:
    over = running_offer(bench, world)
    with bench.database.begin() as session:
        offer_life.end(session, session.get_one(Offer, over.id), now=bench.clock.now())
    by_code = running_offer(bench, world, kind=Kind.CODE, code="TEN")

    for offer in (over, by_code):
        form = form_of(world, offer=offer.public_id)
        with nothing_changes(bench.database):
            answer = owner.post("/console/placements", data=form, headers=ORIGIN)
        assert 422 == answer.status_code


def test_the_preview_of_nothing_says_how_to_fill_it(owner: Any) -> None:
    shown = owner.get("/console/placements/preview?name=Post").text

    assert "Nothing is chosen yet" in shown
    assert "not on sale" not in shown

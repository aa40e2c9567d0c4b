"""Placements over HTTP: who may frame them, what a cart in an address does, and that looking
changes nothing."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import brotli
import pytest
from sqlalchemy import func, select

from storefront.models import Interaction, Variant
from storefront.services import carts
from storefront.web.headers import style_source
from tests.factories import HOST, World, place, world_on
from tests.fakes import BASE_URL, Bench

NOT_THERE = "plc_0000000000000000"


@pytest.fixture
def client(bench: Bench) -> Any:
    return bench.client()


def frame(world: World, *, rest: str = "", family: str = "e") -> str:
    return f"/{family}/{world.placement.public_id}{rest}"


def form(world: World, **changes: str) -> dict[str, str]:
    return {
        "surface": "frame",
        "placement": world.placement.public_id,
        "variant": world.variant.public_id,
        "quantity": "1",
        "action": "add",
        "v": "",
        "c": "",
        **changes,
    }


def cart_in(location: str) -> str:
    return parse_qs(urlsplit(location).query)["c"][0]


def lines_in(bench: Bench, world: World, location: str) -> dict[str, int] | None:
    return carts.read_cart(bench.ports.sign, cart_in(location), world.merchant.public_id)


def ancestors(response: Any) -> str:
    policy = response.headers["Content-Security-Policy"]
    return re.search(r"frame-ancestors ([^;]+)", policy)[1]  # type: ignore[index]


def test_the_frame_may_be_shown_by_the_merchants_hosts_and_by_nobody_else(
    client: Any, world: World
) -> None:
    assert ancestors(client.get(frame(world))) == HOST


@pytest.mark.parametrize("rest", ["", "/cart", "/checkout"])
def test_a_page_of_its_own_is_never_framed(client: Any, world: World, rest: str) -> None:
    response = client.get(frame(world, family="p", rest=rest))

    assert (response.status_code, ancestors(response)) == (200, "'none'")


@pytest.mark.parametrize("rest", ["", "/cart", "/checkout"])
def test_the_frame_family_sets_no_cookie(client: Any, world: World, rest: str) -> None:
    assert "Set-Cookie" not in client.get(frame(world, rest=rest)).headers


def test_the_theme_block_is_the_one_that_the_policy_names(client: Any, world: World) -> None:
    response = client.get(frame(world))
    block = re.search(r"<style>(.*?)</style>", response.text)

    assert block is not None
    assert style_source(block[1]) in response.headers["Content-Security-Policy"]


def test_price_and_stock_are_words_in_the_first_html(client: Any, world: World) -> None:
    text = client.get(frame(world)).text

    assert "$4.50" in text
    assert "In stock" in text


def test_what_is_sold_out_says_so_and_cannot_be_bought(bench: Bench) -> None:
    world = world_on(bench, slug="empty", stock=0)
    text = bench.client().get(frame(world)).text

    assert "Sold out" in text
    assert 'name="action"' not in text


def test_what_others_hold_says_so_and_cannot_be_bought(bench: Bench) -> None:
    world = world_on(bench, slug="scarce", stock=1)
    place(bench, world)
    text = bench.client().get(frame(world)).text

    assert "In other carts right now" in text
    assert 'name="action"' not in text


@pytest.mark.parametrize("path", [f"/e/{NOT_THERE}", f"/p/{NOT_THERE}", f"/x/{NOT_THERE}/cart"])
def test_a_placement_that_is_not_there_is_not_found(client: Any, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-1",
        "page=٣",
        "page=99999999",
        "page=" + "9" * 5_000,
        "q=%1b",
        "q=" + "x" * 999,
    ],
)
def test_odd_pages_and_searches_are_answered_with_a_page(
    client: Any, world: World, query: str
) -> None:
    assert client.get(frame(world, rest=f"?{query}")).status_code == 200


def test_looking_changes_nothing(bench: Bench, client: Any, world: World) -> None:
    for rest in ("", "/cart", "/checkout", f"/products/{world.product.public_id}"):
        for family in "ep":
            assert client.get(frame(world, rest=rest, family=family)).status_code == 200

    with bench.database.reads() as session:
        assert session.scalar(select(func.count()).select_from(Interaction)) == 0
        assert session.scalar(select(Variant.held)) == 0


def test_adding_leads_to_a_cart_that_holds_it(bench: Bench, client: Any, world: World) -> None:
    response = client.post("/carts", data=form(world, quantity="2"))

    assert response.status_code == 303
    assert urlsplit(response.location).path == frame(world, rest="/cart")
    assert lines_in(bench, world, response.location) == {world.variant.public_id: 2}


def test_adding_again_adds_up(bench: Bench, client: Any, world: World) -> None:
    first = client.post("/carts", data=form(world, quantity="2"))
    second = client.post("/carts", data=form(world, quantity="3", c=cart_in(first.location)))

    assert lines_in(bench, world, second.location) == {world.variant.public_id: 5}


def test_buying_leads_to_checkout_and_buying_again_does_not_double(
    bench: Bench, client: Any, world: World
) -> None:
    first = client.post("/carts", data=form(world, action="buy"))
    second = client.post("/carts", data=form(world, action="buy", c=cart_in(first.location)))

    assert urlsplit(second.location).path == frame(world, rest="/checkout")
    assert lines_in(bench, world, second.location) == {world.variant.public_id: 1}


def test_setting_to_nothing_takes_it_out(bench: Bench, client: Any, world: World) -> None:
    first = client.post("/carts", data=form(world))
    second = client.post(
        "/carts", data=form(world, action="set", quantity="0", c=cart_in(first.location))
    )

    assert lines_in(bench, world, second.location) == {}
    assert "Your cart is empty" in client.get(second.location).text


def test_the_visitors_mark_goes_along(client: Any, world: World) -> None:
    response = client.post("/carts", data=form(world, v="a-mark"))

    assert parse_qs(urlsplit(response.location).query)["v"] == ["a-mark"]
    links = re.findall(r'href="(/[^"]*)"', client.get(response.location).text)
    own = [unescape(link) for link in links if link.startswith(("/e/", "/p/"))]
    assert own
    assert all("v=a-mark" in link for link in own)


@pytest.mark.parametrize(
    "quantity", ["0", "-1", "1.5", "1e3", "", "true", "\uff11", "9" * 21, "100"]
)
def test_a_quantity_that_is_none_is_refused(client: Any, world: World, quantity: str) -> None:
    response = client.post(
        "/carts", data=form(world, quantity=quantity), headers={"Accept": "application/json"}
    )

    assert (response.status_code, response.json["code"]) == (422, "invalid_quantity")


@pytest.mark.parametrize("name", ["price", "total", "currency", "merchant_id"])
def test_a_field_that_we_did_not_ask_for_is_refused(client: Any, world: World, name: str) -> None:
    response = client.post(
        "/carts", data=form(world, **{name: "1"}), headers={"Accept": "application/json"}
    )

    assert (response.status_code, response.json["code"]) == (422, "unknown_field")


def test_another_merchants_variant_is_not_found(bench: Bench, client: Any, world: World) -> None:
    other = world_on(bench, slug="other")
    response = client.post("/carts", data=form(world, variant=other.variant.public_id))

    assert response.status_code == 404


def test_a_refusal_in_the_frame_can_be_seen_in_the_frame(client: Any, world: World) -> None:
    response = client.post("/carts", data=form(world, quantity="100"))

    assert (response.status_code, ancestors(response)) == (422, HOST)


@pytest.mark.parametrize("token", ["x", "a.b.c", "é", "%00"])
def test_a_cart_that_cannot_be_read_starts_empty_and_says_so(
    client: Any, world: World, token: str
) -> None:
    for rest in ("", "/cart"):
        response = client.get(frame(world, rest=rest), query_string={"c": token})

        assert response.status_code == 200
        assert "We could not read your cart" in response.text


def test_another_merchants_cart_is_no_cart_here(bench: Bench, client: Any, world: World) -> None:
    other = world_on(bench, slug="other")
    foreign = cart_in(client.post("/carts", data=form(other)).location)

    assert "We could not read your cart" in client.get(frame(world, rest=f"/cart?c={foreign}")).text


def test_a_page_announces_its_product_to_those_who_link_it(client: Any, world: World) -> None:
    text = client.get(frame(world, family="p")).text
    tags = dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', text))
    page = f"{BASE_URL}{frame(world, family='p')}"

    assert (
        tags
        | {
            "og:type": "product",
            "og:url": page,
            "og:image": f"{BASE_URL}/media/cone.jpg",
            "product:price:amount": "4.50",
            "product:price:currency": "USD",
            "product:availability": "in stock",
            "twitter:card": "summary_large_image",
            "twitter:image:alt": "A pistachio cone",
        }
        == tags
    )
    assert f'<link rel="canonical" href="{page}">' in text
    assert "noindex" not in text


def test_titles_and_descriptions_stay_within_what_cards_show(bench: Bench) -> None:
    world = world_on(bench, slug="wordy")
    with bench.database.begin() as session:
        product = session.merge(world.product)
        product.name, product.description = "Very long " * 15, "And so on & on. " * 40
    text = bench.client().get(frame(world, family="p")).text
    tags = dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', text))

    assert 40 < len(unescape(tags["og:title"])) <= 70
    assert 150 < len(unescape(tags["og:description"])) <= 200


def test_what_only_frames_show_is_not_for_search_engines(client: Any, world: World) -> None:
    assert '<meta name="robots" content="noindex">' in client.get(frame(world)).text


def test_the_host_script_has_a_steady_address_that_is_looked_at_again(client: Any) -> None:
    response = client.get("/embed.js")

    assert response.mimetype == "text/javascript"
    assert "max-age=300" in response.headers["Cache-Control"]
    assert (
        client.get("/embed.js", headers={"If-None-Match": response.headers["ETag"]}).status_code
        == 304
    )


def test_every_file_that_a_page_names_is_there_for_ever(client: Any, world: World) -> None:
    named = re.findall(r'(?:href|src)="(/static/[^"]+)"', client.get(frame(world)).text)

    assert len(named) == 2
    for path in named:
        response = client.get(path)
        assert response.status_code == 200
        assert "immutable" in response.headers["Cache-Control"]


@pytest.mark.parametrize(
    "path",
    [
        "/static/css/none.css",
        "/static/../settings.py",
        "/media/none.jpg",
        "/media/../storefront.sqlite",
    ],
)
def test_files_that_are_not_served_are_not_found(client: Any, path: str) -> None:
    assert client.get(path).status_code == 404


def test_an_interactive_card_is_light(client: Any, world: World) -> None:
    page = client.get(frame(world))
    named = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    files = [client.get(path, headers={"Accept-Encoding": "br"}).data for path in named]

    size = len(brotli.compress(page.data)) + sum(map(len, files))
    assert size <= 20_000
    assert 1 + len(files) <= 3


def test_a_placement_with_nothing_left_to_show_says_so_in_the_frame(
    bench: Bench, client: Any, world: World
) -> None:
    with bench.database.begin() as session:
        session.merge(world.product).withdrawn_at = bench.clock.now()

    response = client.get(frame(world))

    assert (response.status_code, ancestors(response)) == (404, HOST)
    assert "This is not on sale right now" in response.text

"""A page that is not there leads on: to the shop that was meant, or back to where one came from."""

import re
from typing import Any

import pytest
from sqlalchemy import update

from storefront.models import Placement
from storefront.services import catalog
from tests.factories import HOST, World, world_on
from tests.fakes import BASE_URL, Bench
from tests.storefront.web.answers import PERSON

pytestmark = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)

NOWHERE = "/p/plc_0000000000000000"


def ways(answer: Any) -> list[tuple[str, str]]:
    """Return the links of a page that is not there: where each leads, and what it says."""
    assert 404 == answer.status_code
    return re.findall(r'<a class="button[^"]*" href="([^"]*)">([^<]*)</a>', answer.text)


def ask(bench: Bench, address: str, **headers: str) -> Any:
    return bench.client().get(address, headers={**PERSON, **headers})


def test_the_only_shop_here_is_the_one_that_was_meant(bench: Bench, world: World) -> None:
    shop = [(f"/p/{world.placement.public_id}", "To the shop")]

    assert shop == ways(ask(bench, NOWHERE))
    assert shop == ways(ask(bench, "/nowhere"))


def test_a_product_that_is_gone_leads_to_its_shop_with_the_cart(bench: Bench, world: World) -> None:
    placement = world.placement.public_id
    for family in "pe":
        address = f"/{family}/{placement}/products/prd_0000000000000000?c=cart"
        assert [(f"/{family}/{placement}?c=cart", "To the shop")] == ways(ask(bench, address))


def test_a_placement_that_was_taken_down_leads_to_another_of_its_merchant(
    bench: Bench,
) -> None:
    world_on(bench)
    rival = world_on(bench, slug="florist")
    with bench.database.begin() as session:
        session.execute(
            update(Placement)
            .where(Placement.id == rival.placement.id)
            .values(retired_at=bench.clock.now())
        )
        channel = catalog.get_or_add_channel(session, rival.merchant.id, "blog", name="Blog")
        other = catalog.add_placement(
            session, channel, [rival.product], name="All", post_url="", now=bench.clock.now()
        ).public_id

    gone = ask(bench, f"/p/{rival.placement.public_id}")
    assert [(f"/p/{other}", "To the shop")] == ways(gone)
    assert [] == ways(ask(bench, NOWHERE))
    assert "back button" in ask(bench, NOWHERE).text


def test_who_came_from_us_goes_back_there(bench: Bench, world: World) -> None:
    world_on(bench, slug="florist")
    here = f"{BASE_URL}/p/{world.placement.public_id}"

    assert [(here, "Back to where you were")] == ways(ask(bench, NOWHERE, Referer=here))


def test_only_a_site_that_may_show_the_shop_is_led_back_to(bench: Bench) -> None:
    for slug in ("gelato", "florist"):
        world_on(bench, slug=slug)
    post, site = f"{HOST}/a-post", HOST.partition("//")[2]

    assert [(post, f"Back to {site}")] == ways(ask(bench, NOWHERE, Referer=post))
    for stranger in ("https://evil.test/x", "javascript:1", "https://[", f"{BASE_URL}.evil.test/"):
        assert [] == ways(ask(bench, NOWHERE, Referer=stranger))

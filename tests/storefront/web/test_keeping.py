"""Cards are kept as they were rendered, and never a moment too long: whatever is shown is live."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from storefront.models import AllowedHost, Merchant, Product, Variant
from storefront.services import offer_life
from storefront.web.keeping import KeptPages
from tests.engines import Databases
from tests.factories import World, place, running_offer, world_on
from tests.fakes import Bench, make_bench


def card(bench: Bench, world: World, *, family: str = "e", **headers: str) -> str:
    """Ask twice, so that the second answer may come from what is kept."""
    client, path = bench.client(), f"/{family}/{world.placement.public_id}"
    first, second = (client.get(path, headers=headers).text for _ in range(2))
    assert first == second
    return first


def change(bench: Bench, table: Any, **values: object) -> None:
    with bench.database.begin() as session:
        session.execute(update(table).values(**values))


def countdown(page: str) -> int:
    found = re.search(r'data-ms="(-?\d+)"', page)
    assert found is not None
    return int(found[1])


@pytest.mark.parametrize("family", ["e", "p"])
def test_a_new_price_is_shown_at_once(bench: Bench, world: World, family: str) -> None:
    assert "$4.50" in card(bench, world, family=family)

    change(bench, Variant, price_minor=470)

    page = card(bench, world, family=family)
    assert "$4.70" in page
    assert "$4.50" not in page


def test_the_last_piece_is_gone_as_soon_as_somebody_holds_it(bench: Bench, world: World) -> None:
    assert "Buy now" in card(bench, world)

    place(bench, world, quantity=10)

    assert "Buy now" not in card(bench, world)


def test_an_offers_clock_goes_on_in_a_kept_page(bench: Bench, world: World) -> None:
    running_offer(bench, world, ends="2026-03-15T18:00")
    before = countdown(card(bench, world))

    bench.clock.pass_time(seconds=11)

    assert before - 11_000 == countdown(card(bench, world))


def test_an_offer_ends_in_a_kept_page(bench: Bench, world: World) -> None:
    offer = running_offer(bench, world, ends="2026-03-14T18:00")
    assert "$3.60" in card(bench, world)
    assert offer.ends_at is not None

    bench.clock.moment = offer.ends_at

    page = card(bench, world)
    assert "$3.60" not in page
    assert "This offer has ended" in page


def test_an_offer_that_is_paused_leaves_a_kept_page(bench: Bench, world: World) -> None:
    offer = running_offer(bench, world)
    assert "$3.60" in card(bench, world)

    with bench.database.begin() as session:
        offer_life.pause(session, session.merge(offer), now=bench.clock.now())

    assert "$3.60" not in card(bench, world)


def test_an_offer_is_announced_and_begins_in_a_kept_page(bench: Bench, world: World) -> None:
    running_offer(bench, world, starts="2026-03-24T18:00", ends="2026-03-30T18:00")
    assert "Starts in" not in card(bench, world)

    bench.clock.pass_time(days=4)
    announced = card(bench, world)
    bench.clock.pass_time(days=7)

    assert "Starts in" in announced
    assert "$3.60" not in announced
    assert "$3.60" in card(bench, world)


def test_a_hold_that_is_over_frees_the_offer_in_a_kept_page(bench: Bench, world: World) -> None:
    running_offer(bench, world, quota=1)
    place(bench, world)
    assert "$3.60" not in card(bench, world)

    bench.clock.pass_time(minutes=11)

    assert "$3.60" in card(bench, world)


def test_a_clock_that_is_set_back_shows_what_was_true_then(bench: Bench, world: World) -> None:
    running_offer(bench, world, ends="2026-03-14T18:00")
    bench.clock.pass_time(hours=14)
    assert "$3.60" not in card(bench, world)

    bench.clock.pass_time(hours=-14)

    assert "$3.60" in card(bench, world)


def test_the_names_of_shop_and_thing_change_at_once(bench: Bench, world: World) -> None:
    card(bench, world)

    change(bench, Product, name="Walnut cone")
    change(bench, Merchant, name="Gelato Nova")

    page = card(bench, world)
    assert "Walnut cone" in page
    assert "Gelato Nova" in page


def test_a_host_that_is_allowed_from_now_on_may_frame_it_at_once(
    bench: Bench, world: World
) -> None:
    card(bench, world)

    change(bench, AllowedHost, origin="https://new.test")

    assert 'data-hosts="https://new.test"' in card(bench, world)


def test_each_language_has_a_page_of_its_own(bench: Bench, world: World) -> None:
    english = card(bench, world)

    chinese = card(bench, world, Accept_Language="zh-CN")

    assert '<html lang="en">' in english
    assert '<html lang="zh-Hans">' in chinese


def test_an_address_that_names_a_language_leads_on_in_it(bench: Bench, world: World) -> None:
    path = f"/e/{world.placement.public_id}"
    client = bench.client()

    plain, named = client.get(path).text, client.get(f"{path}?lang=en").text

    assert 'action="/carts"' in plain
    assert 'action="/carts?lang=en"' in named


def test_frame_and_page_are_kept_apart(bench: Bench, world: World) -> None:
    assert 'data-surface="frame"' in card(bench, world)
    assert 'data-surface="page"' in card(bench, world, family="p")


def test_no_shop_is_shown_anothers_page(bench: Bench, world: World) -> None:
    other = world_on(bench, slug="bakery")

    assert world.placement.public_id in card(bench, world)
    assert world.placement.public_id not in card(bench, other)


def test_a_shoppers_marks_stay_theirs(bench: Bench, world: World) -> None:
    card(bench, world)
    client = bench.client()
    path = f"/e/{world.placement.public_id}"

    assert "ada" in client.get(path, query_string={"v": "ada"}).text
    assert "ada" not in client.get(path).text


def test_a_hosts_own_template_is_rendered_each_time(
    databases: Databases, tmp_path: Path, now: datetime
) -> None:
    folder = tmp_path / "templates" / "embed"
    folder.mkdir(parents=True)
    (folder / "card.html").write_text("asked for {{ request.args.get('x') }}")
    with databases.fresh("sqlite") as url:
        bench = make_bench(tmp_path, url, now, templates=str(tmp_path / "templates"))
        _ask_twice(bench)


def _ask_twice(bench: Bench) -> None:
    world, client = world_on(bench), bench.client()

    answers = [client.get(f"/e/{world.placement.public_id}?x={x}").text for x in (1, 2)]

    assert ["asked for 1", "asked for 2"] == answers


@dataclass(frozen=True)
class Always:
    """A page that stays good."""

    def is_good(self, now: datetime) -> bool:
        return True


def test_so_many_pages_are_kept_and_no_more(now: datetime) -> None:
    pages, drawn = KeptPages(most=2), []

    for name in ("a", "a", "b", "c", "a"):
        pages.get(name, lambda name=name: drawn.append(name) or Always(), now=now)

    assert ["a", "b", "c", "a"] == drawn

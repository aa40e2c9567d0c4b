"""Offers in the console: written down, looked at, put in force, and out of it again."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select

from storefront.domain.offers import Kind, State, state
from storefront.models import Offer, OfferCode, Variant, VariantPrice
from tests.contents import nothing_changes
from tests.factories import World, running_offer
from tests.fakes import Bench
from tests.storefront.web.console.conftest import ORIGIN


def typed(world: World, **changes: str) -> dict[str, str]:
    return {
        "name": "Sunday", "kind": "automatic", "benefit": "percent", "rate": "15",
        "scope": "chosen", f"pick-{world.product.public_id}": "1", "returns_use": "1", **changes,
    }  # fmt: skip


def post(owner: Any, address: str, **form: str) -> Any:
    return owner.post(address, data=form, headers=ORIGIN)


def only(bench: Bench) -> Offer:
    with bench.database.reads() as session:
        offer = session.scalars(select(Offer)).one()
        assert offer.terms
        return offer


def newest(bench: Bench) -> Offer:
    with bench.database.reads() as session:
        offer = session.scalars(select(Offer).order_by(Offer.id.desc())).first()
        assert offer is not None
        assert offer.terms
        return offer


def variants_of(bench: Bench, world: World) -> Sequence[str]:
    with bench.database.reads() as session:
        return session.scalars(
            select(Variant.public_id).where(Variant.product_id == world.product.id)
        ).all()


def text(answer: Any) -> str:
    return " ".join(answer.text.split())


def test_an_offer_is_made_looked_at_and_published(bench: Bench, owner: Any, world: World) -> None:
    form = typed(world, ends="2026-03-20", quota="40", budget="99.50", per_buyer_limit="2")
    made = post(owner, "/console/offers", **form)
    offer = only(bench)
    page = text(owner.get(made.headers["Location"]))

    assert (150_000, 40, 9_950, 2) == (
        offer.rate_ppm, offer.quota, offer.budget_minor, offer.per_buyer_limit,
    )  # fmt: skip
    assert "Draft" in page
    assert "$3.82" in page  # half a cent is rounded up
    assert "Mar 21, 2026" in page

    address = f"/console/offers/{offer.public_id}/state"
    assert 303 == post(owner, address, act="publish").status_code
    assert State.ACTIVE is state(only(bench).terms, bench.clock.now())


def test_what_cannot_be_is_named_and_what_was_typed_stays(
    bench: Bench, owner: Any, world: World
) -> None:
    with nothing_changes(bench.database):
        answer = post(
            owner, "/console/offers", **typed(world, name="", rate="140", ends="2026-02-30")
        )

    assert 422 == answer.status_code
    assert 'value="140"' in answer.text
    assert 2 <= answer.text.count('aria-invalid="true"')


def test_a_draft_is_changed_and_a_published_offer_is_not(
    bench: Bench, owner: Any, world: World
) -> None:
    post(owner, "/console/offers", **typed(world))
    address = f"/console/offers/{only(bench).public_id}"
    assert 'value="15' in owner.get(f"{address}/draft").text

    assert 303 == post(owner, address, **typed(world, rate="25")).status_code
    assert 250_000 == only(bench).rate_ppm
    post(owner, f"{address}/state", act="publish")
    refused = post(owner, address, **typed(world, rate="50"))

    assert 409 == refused.status_code
    assert 250_000 == only(bench).rate_ppm


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        (["pause"], State.SUSPENDED),
        (["pause", "resume"], State.ACTIVE),
        (["end"], State.ENDED),
    ],
)
def test_an_offer_is_paused_resumed_and_ended(
    bench: Bench, owner: Any, world: World, acts: list[str], expected: State
) -> None:
    offer = running_offer(bench, world)

    for act in acts:
        answer = post(owner, f"/console/offers/{offer.public_id}/state", act=act)
        assert 303 == answer.status_code

    assert expected is state(only(bench).terms, bench.clock.now())


def test_an_offer_that_was_ended_by_hand_says_when_that_was(
    bench: Bench, owner: Any, world: World
) -> None:
    offer = running_offer(bench, world, ends="2026-03-20")
    post(owner, f"/console/offers/{offer.public_id}/state", act="end")

    page = text(owner.get(f"/console/offers/{offer.public_id}"))

    assert "ended by hand" in page
    assert "Mar 21, 2026" not in page


def test_what_cannot_be_published_says_why(bench: Bench, owner: Any, world: World) -> None:
    post(owner, "/console/offers", **typed(world, ends="2026-03-01"))
    address = f"/console/offers/{only(bench).public_id}/state"

    with nothing_changes(bench.database):
        answer = post(owner, address, act="publish")

    assert 422 == answer.status_code
    assert "This end has passed already" in answer.text


def test_offers_are_searched_and_filtered(bench: Bench, owner: Any, world: World) -> None:
    assert "No offers yet" in owner.get("/console/offers").text
    running_offer(bench, world, name="Winter sun")
    running_offer(bench, world, name="Autumn leaves", starts="2026-06-01")

    assert "Autumn leaves" not in owner.get("/console/offers?q=winter").text
    assert "Winter sun" not in owner.get("/console/offers?state=scheduled").text
    assert "Autumn leaves" in owner.get("/console/offers?state=scheduled").text


def test_what_stands_behind_more_is_kept_and_shown_again(
    bench: Bench, owner: Any, world: World
) -> None:
    other = running_offer(bench, world, name="Winter sun")
    [variant] = variants_of(bench, world)
    form = {
        "kind": "code", "code": "SUN-DAY", "code_uses": "7", "lane": "post", "priority": "-2",
        "base": "initial", "is_exclusive": "1", f"with-{other.public_id}": "1",
        "needed": world.product.public_id, f"pick-{variant}": "1",
    }  # fmt: skip
    made = post(owner, "/console/offers", **typed(world, **form))
    offer = newest(bench)

    assert ("post", -2, "initial", [other.id]) == (
        offer.lane, offer.priority, offer.base, offer.combines_with,
    )  # fmt: skip
    assert {world.product.id} == offer.terms.conditions.products
    assert 1 == len(offer.terms.variants)
    with bench.database.reads() as session:
        assert 7 == session.scalars(select(OfferCode.max_uses)).one()
    page = owner.get(made.headers["Location"] + "/draft").text
    for name, value in form.items():
        assert f'name="{name}"' in page, name
        assert value in page


def test_an_exclusive_offers_companions_count_only_while_it_is_exclusive(
    bench: Bench, owner: Any, world: World
) -> None:
    other = running_offer(bench, world, name="Winter sun")
    post(owner, "/console/offers", **typed(world, **{f"with-{other.public_id}": "1"}))

    assert [] == newest(bench).combines_with


def test_the_form_says_what_a_typed_time_means_when_the_clocks_change(
    owner: Any, world: World
) -> None:
    """In New York there was no half past two in the night of 8 March 2026."""
    made = post(owner, "/console/offers", **typed(world, starts="2026-03-08", starts_time="02:30"))
    pages = (made.headers["Location"], made.headers["Location"] + "/draft")

    for page in pages:
        shown = text(owner.get(page))
        assert "Mar 8, 2026, 3:30" in shown
        assert "so it moved forward" in shown


def test_an_ended_offer_is_used_again_as_a_draft_without_window_or_code(
    bench: Bench, owner: Any, world: World
) -> None:
    old = running_offer(
        bench, world, name="Sunday", kind=Kind.CODE, code="OLD", quota=40, ends="2026-03-20"
    )
    post(owner, f"/console/offers/{old.public_id}/state", act="end")
    assert f"like={old.public_id}" in owner.get(f"/console/offers/{old.public_id}").text

    with nothing_changes(bench.database):
        page = owner.get(f"/console/offers/new?like={old.public_id}").text

    assert 'value="Sunday"' in page
    assert 'value="40"' in page
    assert "its countdown never begins again" in page
    assert "2026-03-20" not in page
    assert 'value="OLD"' not in page


@pytest.mark.parametrize(
    ("stage", "shown"),
    [
        ("before", ["$4.50", "From 3/17/26"]),
        ("during", ["$3.82", "$4.50", "Until 3/21/26", "40 of 40 left"]),
        ("after", ["$4.50", "This offer has ended"]),
    ],
)
def test_a_draft_is_looked_at_before_while_and_after_it_is_on(
    bench: Bench, owner: Any, world: World, stage: str, shown: list[str]
) -> None:
    form = typed(world, starts="2026-03-17", ends="2026-03-20", quota="40")

    with nothing_changes(bench.database):
        page = text(owner.get("/console/offers/preview", query_string=form | {"stage": stage}))
    post(owner, "/console/offers", **form)
    kept = text(owner.get(f"/console/offers/{only(bench).public_id}/preview?stage={stage}"))

    for words in shown:
        assert words in page
        assert words in kept
    assert "<script" not in page


def test_an_offer_by_code_is_looked_at_in_a_cart(owner: Any, world: World) -> None:
    form = typed(world, kind="code", code="Sun-Day")

    page = text(owner.get("/console/offers/preview", query_string=form))

    assert "Sun-Day" in page
    assert "\N{MINUS SIGN}$0.68" in page


def test_a_draft_that_says_too_little_has_no_look_yet(owner: Any, world: World) -> None:
    page = owner.get("/console/offers/preview", query_string=typed(world, rate=""))

    assert "Not enough to show yet" in page.text


def test_how_offers_of_one_turn_compete_is_a_choice_that_prices_follow(
    bench: Bench, owner: Any, world: World
) -> None:
    running_offer(bench, world, name="Winter sun")
    running_offer(bench, world, name="Autumn leaves", rate_ppm=100_000)
    assert "$3.60" in bench.client().get(f"/p/{world.placement.public_id}").text

    answer = post(owner, "/console/offers/lanes", pre="best", default="all", post="first")

    assert 303 == answer.status_code
    assert "$3.24" in bench.client().get(f"/p/{world.placement.public_id}").text
    with bench.database.reads() as session:
        last = session.scalars(select(VariantPrice).order_by(VariantPrice.id.desc())).first()
    assert last is not None
    assert 324 == last.price_minor
    with nothing_changes(bench.database):
        refused = post(owner, "/console/offers/lanes", pre="best", default="any", post="first")
    assert 422 == refused.status_code


def test_many_codes_are_made_and_taken_as_a_file(bench: Bench, owner: Any, world: World) -> None:
    offer = running_offer(bench, world, kind=Kind.CODE, code="ANY")
    address = f"/console/offers/{offer.public_id}/codes"

    assert 303 == post(owner, address, count="12", prefix="vip", uses="3").status_code
    lines = owner.get(f"{address}.csv?batch=1").text.splitlines()

    assert "\ufeffcode,state" == lines[0]
    assert 12 == len(lines[1:])
    assert all(line.startswith("VIP-") and line.endswith(",unused") for line in lines[1:])
    with bench.database.reads() as session:
        made = session.scalars(select(OfferCode)).all()
    assert 13 == len(made)
    assert {None, 3} == {each.max_uses for each in made}
    with nothing_changes(bench.database):
        assert 422 == post(owner, address, count="lots").status_code


def test_a_language_in_the_address_is_no_field_of_the_previewed_offer(
    world: World, owner: Any
) -> None:
    form = typed(world) | {"stage": "during", "lang": "zh-Hans"}

    page = owner.get("/console/offers/preview", query_string=form)

    assert 200 == page.status_code
    assert '<html lang="zh-Hans">' in page.text

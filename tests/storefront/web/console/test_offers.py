"""Offers in the console: written down, looked at, put in force, and out of it again."""

from typing import Any

import pytest
from sqlalchemy import select

from storefront.domain.offers import Kind, State, state
from storefront.models import Offer, OfferCode
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


def test_many_codes_are_made_and_taken_as_a_file(bench: Bench, owner: Any, world: World) -> None:
    offer = running_offer(bench, world, kind=Kind.CODE, code="ANY")
    address = f"/console/offers/{offer.public_id}/codes"

    assert 303 == post(owner, address, count="12", prefix="vip").status_code
    lines = owner.get(f"{address}.csv?batch=1").text.splitlines()

    assert "\ufeffcode,state" == lines[0]
    assert 12 == len(lines[1:])
    assert all(line.startswith("VIP-") and line.endswith(",unused") for line in lines[1:])
    with bench.database.reads() as session:
        assert 13 == len(session.scalars(select(OfferCode)).all())
    with nothing_changes(bench.database):
        assert 422 == post(owner, address, count="lots").status_code

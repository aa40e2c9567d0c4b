"""Stores in the console: what buyers may choose from."""

import re
from typing import Any

import pytest

from tests.contents import nothing_changes
from tests.factories import World, world_on
from tests.fakes import Bench
from tests.storefront.web.console.conftest import ORIGIN

SQUARE = {"name": "Market Square", "address": "1 Market Square", "hours": "9 to 6"}


def checkout(bench: Bench, world: World) -> str:
    """Return the checkout's page with something in the cart."""
    client = bench.client()
    form = {
        "surface": "page", "placement": world.placement.public_id,
        "variant": world.variant.public_id, "quantity": "1", "action": "buy",
    }  # fmt: skip
    return str(client.get(client.post("/carts", data=form).headers["Location"]).text)


def test_a_store_is_offered_until_it_is_closed(bench: Bench, world: World, owner: Any) -> None:
    owner.post("/console/stores", data=SQUARE, headers=ORIGIN)
    page = owner.get("/console/stores").text
    found = re.findall(r"/console/stores/(sto_\w+)/closing", page)
    offered = "Market Square" in checkout(bench, world)
    owner.post(f"/console/stores/{found[-1]}/closing", data={}, headers=ORIGIN)
    closed = "Market Square" in checkout(bench, world)
    owner.post(f"/console/stores/{found[-1]}/closing", data={"again": "1"}, headers=ORIGIN)

    assert (True, False, True) == (offered, closed, "Market Square" in checkout(bench, world))


def test_a_store_is_changed(world: World, owner: Any) -> None:
    owner.post(f"/console/stores/{world.store.public_id}", data=SQUARE, headers=ORIGIN)

    assert "1 Market Square" in owner.get("/console/stores").text


@pytest.mark.parametrize("field", ["name", "address"])
def test_a_store_without_a_name_or_address_is_refused_at_the_field(
    bench: Bench, owner: Any, field: str
) -> None:
    with nothing_changes(bench.database):
        answer = owner.post("/console/stores", data={**SQUARE, field: ""}, headers=ORIGIN)

    assert 422 == answer.status_code
    assert f'id="{field}-new-error"' in answer.text


def test_a_store_of_another_merchant_is_not_there(bench: Bench, owner: Any) -> None:
    rival = world_on(bench, slug="florist")
    path = f"/console/stores/{rival.store.public_id}"

    with nothing_changes(bench.database):
        answers = [
            owner.post(path, data=SQUARE, headers=ORIGIN).status_code,
            owner.post(f"{path}/closing", headers=ORIGIN).status_code,
        ]

    assert [404, 404] == answers

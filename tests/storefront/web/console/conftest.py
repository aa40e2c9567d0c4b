"""People who are signed in to the console of the world's merchant."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories import PASSWORD, World, add_person, world_on
from tests.fakes import BASE_URL, Bench
from tests.storefront.web.conftest import Shop

ORIGIN = {"Origin": BASE_URL}


def sign_in(bench: Bench, email: str) -> Any:
    """Return a client in which this member is signed in."""
    client = bench.client()
    answer = client.post("/console/sign-in", data={"email": email, "password": PASSWORD})
    assert answer.status_code == 303
    return client


@pytest.fixture(scope="module")
def console(shop: Shop) -> Any:
    """Give a signed-in client of the shop that a module's tests share: for looking only."""
    return sign_in(shop.bench, shop.world.owner_email)


@pytest.fixture
def owner(bench: Bench, world: World) -> Any:
    """Give a client in which the owner is signed in."""
    return sign_in(bench, world.owner_email)


@pytest.fixture
def member_with(bench: Bench, world: World) -> Callable[[str], Any]:
    """Give a client in which a new member of some role is signed in."""

    def signed_in(role: str) -> Any:
        email = f"{role}-two@gelato.test"
        with bench.database.begin() as session:
            add_person(
                session,
                world.merchant,
                email=email,
                name="Mia Member",
                role=role,
                now=bench.clock.now(),
            )
        return sign_in(bench, email)

    return signed_in


@pytest.fixture
def rival(bench: Bench) -> World:
    """Give another merchant with things of their own."""
    return world_on(bench, slug="florist")

"""Who works here: owners see it and let people go; nobody else does, and no clerk gets further
than their role (bad input 41)."""

from collections.abc import Callable
from typing import Any

from storefront.services import members
from tests.contents import nothing_changes
from tests.factories import World, world_on
from tests.fakes import Bench
from tests.storefront.web.console.conftest import ORIGIN

CLERK = "clerk-two@gelato.test"


def departure(bench: Bench, email: str) -> str:
    """Return the address at which this member is let go."""
    with bench.database.reads() as session:
        found = members.find_by_email(session, email)
    assert found
    return f"/console/members/{found.member_public_id}/departure"


def test_an_owner_lets_a_clerk_go_who_is_signed_out_at_once(
    bench: Bench, owner: Any, member_with: Callable[[str], Any]
) -> None:
    clerk = member_with("clerk")
    before = clerk.get("/console/orders").status_code, CLERK in owner.get("/console/members").text
    answer = owner.post(departure(bench, CLERK), headers=ORIGIN)
    after = clerk.get("/console/orders").status_code, CLERK in owner.get("/console/members").text

    assert ((200, True), 303, (302, False)) == (before, answer.status_code, after)


def test_the_last_owner_stays(bench: Bench, world: World, owner: Any) -> None:
    with nothing_changes(bench.database):
        answer = owner.post(departure(bench, world.owner_email), headers=ORIGIN)

    assert 409 == answer.status_code


def test_an_owner_lets_nobody_of_another_merchant_go(bench: Bench, owner: Any) -> None:
    rival = world_on(bench, slug="florist")

    with nothing_changes(bench.database):
        answer = owner.post(departure(bench, rival.owner_email), headers=ORIGIN)

    assert 404 == answer.status_code


def test_a_clerk_neither_sees_nor_lets_anybody_go(
    bench: Bench, world: World, member_with: Callable[[str], Any]
) -> None:
    clerk = member_with("clerk")

    with nothing_changes(bench.database):
        answers = [
            clerk.get("/console/members").status_code,
            clerk.post(departure(bench, world.owner_email), headers=ORIGIN).status_code,
        ]

    assert [403, 403] == answers

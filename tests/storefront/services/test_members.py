"""Who works for a merchant: joining again, roles, and the owner who is always left."""

import threading
from datetime import datetime

import pytest

from storefront.errors import Conflict, NotFound
from storefront.services import members
from tests.contents import nothing_changes
from tests.factories import PASSWORD, World, world_on
from tests.fakes import Bench

RACERS = 6


def add(bench: Bench, world: World, name: str, *, role: str = "clerk") -> str:
    """Add a member and return their public id."""
    with bench.database.begin() as session:
        known = members.find_member(session, world.owner_email)
        assert known
        return members.join(
            session,
            world.merchant.id,
            email=f"{name}@gelato.test",
            name=name.title(),
            password_hash=known.password_hash,
            role=role,
            now=bench.clock.now(),
        )


def owner_of(bench: Bench, world: World) -> str:
    with bench.database.reads() as session:
        found = members.find_by_email(session, world.owner_email)
    assert found
    return found.member_public_id


def roles_at(bench: Bench, world: World) -> dict[str, str]:
    with bench.database.reads() as session:
        return {row.name: row.role for row in members.list_members(session, world.merchant.id)}


def test_who_comes_back_has_the_new_role_and_the_old_password(bench: Bench, world: World) -> None:
    name = add(bench, world, "mia", role="manager")
    with bench.database.begin() as session:
        members.leave(session, world.merchant.id, name, now=bench.clock.now())

    again = add(bench, world, "mia", role="clerk")
    with bench.database.reads() as session:
        found = members.find_by_password(session, "mia@gelato.test", PASSWORD)

    assert (name, "clerk") == (again, found and found.role)


def test_the_last_owner_is_not_demoted(bench: Bench, world: World) -> None:
    name = owner_of(bench, world)

    with (
        nothing_changes(bench.database),
        pytest.raises(Conflict, match="last_owner"),
        bench.database.begin() as session,
    ):
        members.change_role(session, world.merchant.id, name, role="manager")


def test_an_owner_who_is_not_the_last_leaves(bench: Bench, world: World) -> None:
    add(bench, world, "otto", role="owner")
    with bench.database.begin() as session:
        members.leave(session, world.merchant.id, owner_of(bench, world), now=bench.clock.now())

    assert {"Otto": "owner"} == roles_at(bench, world)


def test_who_has_left_is_given_no_role(bench: Bench, world: World) -> None:
    name = add(bench, world, "mia")
    with bench.database.begin() as session:
        members.leave(session, world.merchant.id, name, now=bench.clock.now())

    with (
        nothing_changes(bench.database),
        pytest.raises(NotFound),
        bench.database.begin() as session,
    ):
        members.change_role(session, world.merchant.id, name, role="manager")


def test_who_works_for_two_is_at_the_one_they_chose(bench: Bench, world: World) -> None:
    florist = world_on(bench, slug="florist")
    with bench.database.begin() as session:
        name = members.join(
            session,
            florist.merchant.id,
            email=world.owner_email,
            name="Olive Owner",
            password_hash=None,
            role="clerk",
            now=bench.clock.now(),
        )
    with bench.database.reads() as session:
        first = members.find_signed_in(session, name)
        chosen = members.find_signed_in(session, name, merchant_id=florist.merchant.id)

    assert ("gelato", "owner") == (first and first.merchant_slug, first and first.role)
    assert ("florist", "clerk") == (chosen and chosen.merchant_slug, chosen and chosen.role)


def leave_together(bench: Bench, world: World, names: list[str], now: datetime) -> list[str]:
    """Let everybody leave at the same moment; return what each was told."""
    start, said = threading.Barrier(len(names)), []

    def go(name: str) -> None:
        start.wait(10)
        try:
            with bench.database.begin() as session:
                members.leave(session, world.merchant.id, name, now=now)
        except Conflict as error:
            said.append(error.code)
        else:
            said.append("left")

    threads = [threading.Thread(target=go, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return said


def test_of_owners_who_leave_together_one_is_left(bench: Bench, world: World) -> None:
    names = [owner_of(bench, world)]
    names += [add(bench, world, f"owner-{number}", role="owner") for number in range(RACERS - 1)]

    said = leave_together(bench, world, names, bench.clock.now())

    assert ["last_owner"] + ["left"] * (RACERS - 1) == sorted(said)
    assert ["owner"] == list(roles_at(bench, world).values())

"""Devices of a counter: enrolled once, known by a secret of their own, out when revoked."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from gifting import devices, enrolment
from gifting.models import CounterDevice
from storefront.errors import Ended, Invalid, NotFound
from tests.contents import contents, nothing_changes
from tests.factories import World, world_on
from tests.fakes import Bench
from tests.gifting.counter.factories import a_device, enrol, link_of, owner_of


def invited(bench: Bench, world: World) -> str:
    with bench.database.begin() as session:
        return devices.invite(
            session,
            owner_of(bench, world),
            name="Till 1",
            store=world.store.public_id,
            now=bench.clock.now(),
        )


def found(bench: Bench, secret: str) -> devices.Device | None:
    with bench.database.reads() as session:
        return devices.find_device(session, secret, sign=bench.ports.sign)


def read(bench: Bench, token: str) -> enrolment.Enrolment:
    with bench.database.reads() as session:
        return enrolment.read_link(session, token, sign=bench.ports.sign, now=bench.clock.now())


def test_an_enrolled_device_is_known_by_its_secret_and_stands_in_its_store(
    bench: Bench, world: World
) -> None:
    device, secret = a_device(bench, world)

    known = found(bench, secret)

    assert known is not None
    expected = (device, "Till 1", world.merchant.id, world.store.id, "Main Street")
    given = (known.public_id, known.name, known.merchant_id, known.store_id, known.store_name)
    assert expected == given


def test_the_secret_of_a_device_is_nowhere_in_the_database(bench: Bench, world: World) -> None:
    token = link_of(bench, world, invited(bench, world))
    _, secret = a_device(bench, world)

    rows = repr(contents(bench.database))

    assert secret not in rows
    assert token not in rows


def test_a_link_is_good_once(bench: Bench, world: World) -> None:
    device = invited(bench, world)
    token = link_of(bench, world, device)
    secret = enrol(bench, world, device)

    with (
        nothing_changes(bench.database),
        bench.database.begin() as session,
        pytest.raises(Ended) as refused,
    ):
        enrolment.enrol(session, token, sign=bench.ports.sign, now=bench.clock.now())

    assert "device_link_over" == refused.value.code
    assert found(bench, secret) is not None


def test_of_many_who_open_a_link_at_once_one_becomes_the_device(bench: Bench, world: World) -> None:
    token = link_of(bench, world, invited(bench, world))

    def use(_: int) -> str | None:
        try:
            with bench.database.begin() as session:
                return enrolment.enrol(session, token, sign=bench.ports.sign, now=bench.clock.now())
        except Ended:
            return None

    with ThreadPoolExecutor(8) as pool:
        secrets = [secret for secret in pool.map(use, range(8)) if secret]

    assert 1 == len(secrets)
    assert found(bench, secrets[0]) is not None


def test_a_link_is_good_for_fifteen_minutes(bench: Bench, world: World) -> None:
    token = link_of(bench, world, invited(bench, world))
    bench.clock.pass_time(minutes=14, seconds=59)
    before = read(bench, token).name
    bench.clock.pass_time(seconds=1)

    with pytest.raises(Ended):
        read(bench, token)
    assert "Till 1" == before


def test_a_new_link_makes_the_former_one_worthless(bench: Bench, world: World) -> None:
    device = invited(bench, world)
    old = link_of(bench, world, device)
    bench.clock.pass_time(minutes=20)
    with bench.database.begin() as session:
        owner = owner_of(bench, world)
        devices.invite_again(session, owner, device, now=bench.clock.now())
    new = link_of(bench, world, device)

    with pytest.raises(Ended):
        read(bench, old)
    assert "Till 1" == read(bench, new).name


@pytest.mark.parametrize("token", ["", "x", "WyJ4Il0.altered", "é"])
def test_an_altered_link_enrols_nothing(bench: Bench, token: str) -> None:
    with pytest.raises(Ended):
        read(bench, token)


def test_a_revoked_device_is_a_stranger_at_once(bench: Bench, world: World) -> None:
    device, secret = a_device(bench, world)
    with bench.database.begin() as session:
        devices.revoke(session, owner_of(bench, world), device, now=bench.clock.now())

    assert found(bench, secret) is None


def test_a_device_that_waits_is_known_by_nothing(bench: Bench, world: World) -> None:
    device = invited(bench, world)
    with bench.database.reads() as session:
        digest = session.scalars(
            select(CounterDevice.digest).where(CounterDevice.public_id == device)
        ).one()

    assert found(bench, digest) is None


def test_another_merchants_device_is_not_there(bench: Bench, world: World) -> None:
    device, _ = a_device(bench, world)
    rival = owner_of(bench, world_on(bench, slug="florist"))

    with nothing_changes(bench.database), bench.database.begin() as session:
        now = bench.clock.now()
        for act in (
            lambda: devices.revoke(session, rival, device, now=now),
            lambda: devices.rename(session, rival, device, name="Mine", now=now),
            lambda: devices.invite_again(session, rival, device, now=now),
            lambda: enrolment.open_link(session, rival.merchant_id, device, sign=bench.ports.sign),
        ):
            with pytest.raises(NotFound):
                act()


def test_no_device_stands_in_another_merchants_store(bench: Bench, world: World) -> None:
    rival = world_on(bench, slug="florist")
    owner = owner_of(bench, world)
    store = rival.store.public_id

    with (
        nothing_changes(bench.database),
        bench.database.begin() as session,
        pytest.raises(Invalid) as refused,
    ):
        devices.invite(session, owner, name="Till", store=store, now=bench.clock.now())

    assert ("unknown_store", "store") == (refused.value.code, refused.value.field)

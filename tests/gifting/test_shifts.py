"""Who is at work at a counter: a PIN begins a shift, and many things end it at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from gifting import clerks, devices, shifts
from gifting.shifts import Shift
from storefront.errors import Invalid, NotAllowed, NotFound, NotSignedIn, TooMany
from storefront.models import Alarm
from storefront.services import members
from tests.contents import contents, nothing_changes
from tests.factories import World, world_on
from tests.fakes import Bench
from tests.gifting.counter.factories import PIN, a_clerk, a_device, cheap_hash, owner_of

WRONG = "111222"


class Desk:
    """A device, a clerk, and ways to begin there."""

    def __init__(self, bench: Bench, world: World, *, role: str = "clerk") -> None:
        self.bench, self.world = bench, world
        self.device_id, self.secret = a_device(bench, world)
        self.clerk = a_clerk(bench, world, role=role)

    @property
    def device(self) -> devices.Device:
        with self.bench.database.reads() as session:
            found = devices.find_device(session, self.secret, sign=self.bench.ports.sign)
        assert found is not None
        return found

    def begin(self, pin: str = PIN, *, clerk: str | None = None) -> str:
        return shifts.start(self.bench.ports, self.device, clerk or self.clerk, pin=pin)

    def at_work(self, shift: str) -> Shift | None:
        ports = self.bench.ports
        with ports.reads() as session:
            return shifts.find_shift(
                session, self.secret, shift, sign=ports.sign, now=self.bench.clock.now()
            )


@pytest.fixture
def desk(bench: Bench, world: World) -> Desk:
    return Desk(bench, world)


def test_a_pin_begins_a_shift_that_names_clerk_device_and_store(desk: Desk) -> None:
    found = desk.at_work(desk.begin())

    assert found is not None
    expected = (desk.clerk, "Cleo", desk.device_id, desk.world.store.id, desk.world.merchant.id)
    assert expected == (
        found.member_public_id,
        found.member_name,
        found.device.public_id,
        found.device.store_id,
        found.merchant_id,
    )


def test_a_shift_lasts_twelve_hours_and_no_longer(desk: Desk) -> None:
    shift = desk.begin()
    desk.bench.clock.pass_time(hours=11, minutes=59, seconds=59)
    before = desk.at_work(shift)
    desk.bench.clock.pass_time(seconds=1)

    assert (True, None) == (before is not None, desk.at_work(shift))


def test_the_secret_of_a_shift_is_nowhere_in_the_database(desk: Desk) -> None:
    shift = desk.begin()

    assert shift not in repr(contents(desk.bench.database))


def test_a_shift_is_good_on_its_own_device_only(desk: Desk) -> None:
    shift = desk.begin()
    _, desk.secret = a_device(desk.bench, desk.world, name="Till 2")

    assert desk.at_work(shift) is None


def test_whoever_begins_next_ends_the_shift_before(desk: Desk) -> None:
    first = desk.begin()
    second = desk.begin(clerk=a_clerk(desk.bench, desk.world, name="Carl"))

    assert desk.at_work(first) is None
    assert "Carl" == getattr(desk.at_work(second), "member_name", None)


def revoke(desk: Desk) -> None:
    with desk.bench.database.begin() as session:
        owner = owner_of(desk.bench, desk.world)
        devices.revoke(session, owner, desk.device_id, now=desk.bench.clock.now())


def let_go(desk: Desk) -> None:
    with desk.bench.database.begin() as session:
        members.leave(session, desk.world.merchant.id, desk.clerk, now=desk.bench.clock.now())


def limit_to_reports(desk: Desk) -> None:
    with desk.bench.database.begin() as session:
        members.change_role(session, desk.world.merchant.id, desk.clerk, role="reports")


def change_pin(desk: Desk) -> None:
    with desk.bench.database.begin() as session:
        clerks.set_pin(
            session,
            owner_of(desk.bench, desk.world),
            desk.clerk,
            pin_hash=cheap_hash("930574"),
            now=desk.bench.clock.now(),
        )


def lock(desk: Desk) -> None:
    with desk.bench.database.begin() as session:
        shifts.lock(session, _given(desk), now=desk.bench.clock.now())


def _given(desk: Desk) -> Shift:
    with desk.bench.database.reads() as session:
        found = session.scalars(select(shifts.CounterShift)).one()
    return Shift(found.id, desk.device, 0, "", "", "", found.started_at, found.ends_at)


ENDS = [revoke, let_go, limit_to_reports, change_pin, lock]


@pytest.mark.parametrize("end", ENDS, ids=lambda each: each.__name__)
def test_a_shift_ends_at_once_when(desk: Desk, end: Callable[[Desk], None]) -> None:
    shift = desk.begin()
    known = desk.at_work(shift)
    assert known is not None

    end(desk)

    assert desk.at_work(shift) is None
    with desk.bench.database.begin() as session, pytest.raises(NotSignedIn):
        shifts.confirm(session, known, now=desk.bench.clock.now())


def test_who_was_let_go_and_comes_back_begins_anew(desk: Desk) -> None:
    shift = desk.begin()
    let_go(desk)
    desk.bench.clock.pass_time(minutes=1)
    a_clerk(desk.bench, desk.world)

    assert desk.at_work(shift) is None


@pytest.mark.parametrize("pin", [WRONG, "", "48261", PIN + "\n", "x" * 5000])
def test_a_wrong_pin_begins_nothing(desk: Desk, pin: str) -> None:
    with pytest.raises(Invalid) as refused:
        desk.begin(pin)

    assert "pin_wrong" == refused.value.code
    with desk.bench.database.reads() as session:
        assert [] == session.scalars(select(shifts.CounterShift)).all()


def test_nobody_without_a_pin_and_nobody_of_another_merchant_begins(desk: Desk) -> None:
    rival = world_on(desk.bench, slug="florist")
    strangers = [
        a_clerk(desk.bench, desk.world, name="Nora", pin=None),
        a_clerk(desk.bench, desk.world, name="Rita", role="reports"),
        a_clerk(desk.bench, rival, name="Flora"),
        "mem_0000000000000000",
    ]

    for stranger in strangers:
        with pytest.raises(Invalid):
            desk.begin(clerk=stranger)


def test_ten_wrong_pins_lock_the_device_for_minutes_and_ring(desk: Desk) -> None:
    for _ in range(10):
        with pytest.raises(Invalid):
            desk.begin(WRONG)
        desk.bench.clock.pass_time(seconds=1)

    with pytest.raises(TooMany) as refused:
        desk.begin()

    assert 0 < (refused.value.retry_after or 0) <= 600
    with desk.bench.database.reads() as session:
        assert ["pin_guessed"] == [each.kind for each in session.scalars(select(Alarm))]
    desk.bench.clock.pass_time(minutes=10)
    assert desk.at_work(desk.begin()) is not None


def test_guesses_side_by_side_learn_no_more_than_one_after_the_other(desk: Desk) -> None:
    def guess(number: int) -> str:
        try:
            desk.begin(PIN if number == 29 else f"{number + 314159:06}")
        except (Invalid, TooMany) as refused:
            return refused.code
        return "begun"

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(guess, range(30)))

    assert 10 == answers.count("pin_wrong")
    assert 20 == answers.count("too_many_tries")


def test_twenty_wrong_pins_lock_the_device_for_the_hour(desk: Desk) -> None:
    for _ in range(2):
        for _ in range(10):
            with pytest.raises(Invalid):
                desk.begin(WRONG)
        desk.bench.clock.pass_time(minutes=10)

    with pytest.raises(TooMany) as refused:
        desk.begin()

    assert 2400 == refused.value.retry_after
    desk.bench.clock.pass_time(minutes=40)
    assert desk.at_work(desk.begin()) is not None


def test_who_guesses_locks_no_other_device_of_the_store(desk: Desk) -> None:
    for name in ("Till 2", "Till 3", "Till 4"):
        for _ in range(10):
            with pytest.raises(Invalid):
                desk.begin(WRONG)
        _, desk.secret = a_device(desk.bench, desk.world, name=name)

    assert desk.at_work(desk.begin()) is not None


def test_a_manager_sets_clerks_pins_and_no_owners(desk: Desk) -> None:
    bench, world = desk.bench, desk.world
    owner = owner_of(bench, world)
    a_clerk(bench, world, name="Mara", role="manager")
    with bench.database.reads() as session:
        manager = members.find_by_email(session, "mara@gelato.test")
    assert manager is not None
    now, pin = bench.clock.now(), cheap_hash("930574")
    with bench.database.begin() as session:
        clerks.set_pin(session, manager, desk.clerk, pin_hash=pin, now=now)

    with (
        nothing_changes(bench.database),
        bench.database.begin() as session,
        pytest.raises(NotAllowed),
    ):
        clerks.set_pin(session, manager, owner.member_public_id, pin_hash=pin, now=now)

    assert desk.at_work(desk.begin("930574")) is not None


def test_another_merchants_member_gets_no_pin_from_here(desk: Desk) -> None:
    rival = owner_of(desk.bench, world_on(desk.bench, slug="florist"))

    with (
        nothing_changes(desk.bench.database),
        desk.bench.database.begin() as session,
        pytest.raises(NotFound),
    ):
        clerks.set_pin(session, rival, desk.clerk, pin_hash=None, now=desk.bench.clock.now())

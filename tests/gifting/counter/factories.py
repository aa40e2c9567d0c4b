"""A counter to test at: a clerk with a PIN, an enrolled device, a client that stands on it."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import update

from gifting import devices, enrolment
from storefront.models import Membership
from storefront.services import members
from storefront.services.members import SignedIn
from tests.factories import PASSWORD, World
from tests.fakes import BASE_URL, Bench

PIN = "482615"
OTHER_PIN = "930574"
ORIGIN = {"Origin": BASE_URL}


@cache
def cheap_hash(pin: str) -> str:
    """Hash a PIN at a price of microseconds."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(pin)


def owner_of(bench: Bench, world: World) -> SignedIn:
    """Return the owner of a world, as the console knows them."""
    with bench.database.reads() as session:
        found = members.find_by_email(session, world.owner_email)
    assert found is not None
    return found


def a_clerk(
    bench: Bench, world: World, *, name: str = "Cleo", role: str = "clerk", pin: str | None = PIN
) -> str:
    """Let somebody work for the merchant, with a PIN, and return their public id."""
    with bench.database.begin() as session:
        return members.join(
            session,
            world.merchant.id,
            email=f"{name.lower()}@{world.merchant.slug}.test",
            name=name,
            password_hash=cheap_hash(PASSWORD),
            role=role,
            now=bench.clock.now(),
            pin_hash=cheap_hash(pin) if pin else None,
        )


def set_pin(bench: Bench, world: World, pin: str | None) -> None:
    """Give every member of a merchant this PIN."""
    with bench.database.begin() as session:
        session.execute(
            update(Membership)
            .where(Membership.merchant_id == world.merchant.id)
            .values(pin_hash=cheap_hash(pin) if pin else None)
        )


def a_device(bench: Bench, world: World, *, name: str = "Till 1") -> tuple[str, str]:
    """Enrol a device and return its public id and its secret."""
    with bench.database.begin() as session:
        device = devices.invite(
            session,
            owner_of(bench, world),
            name=name,
            store=world.store.public_id,
            now=bench.clock.now(),
        )
    return device, enrol(bench, world, device)


def link_of(bench: Bench, world: World, device: str) -> str:
    """Return the token of a waiting device's link."""
    with bench.database.reads() as session:
        return enrolment.open_link(session, world.merchant.id, device, sign=bench.ports.sign)


def enrol(bench: Bench, world: World, device: str) -> str:
    """Use a device's link and return its secret."""
    token = link_of(bench, world, device)
    with bench.database.begin() as session:
        return enrolment.enrol(session, token, sign=bench.ports.sign, now=bench.clock.now())


@dataclass
class Counter:
    """A client on an enrolled device."""

    bench: Bench
    world: World
    client: Any
    device: str
    clerk: str

    def post(self, path: str, data: dict[str, str] | None = None, **values: Any) -> Any:
        """Send a form, as the page does."""
        headers = {**ORIGIN, **values.pop("headers", {})}
        return self.client.post(f"/counter{path}", data=data or {}, headers=headers, **values)

    def get(self, path: str = "", **values: Any) -> Any:
        """Ask for a page."""
        return self.client.get(f"/counter{path}", **values)

    def begin(self, clerk: str | None = None, pin: str = PIN) -> Any:
        """Begin with a PIN."""
        return self.post("/shifts", {"member": clerk or self.clerk, "pin": pin})


def a_counter(
    bench: Bench, world: World, *, name: str = "Till 1", clerk: str = "Cleo", is_begun: bool = True
) -> Counter:
    """Enrol a device through its pages, and let a clerk begin there."""
    client = bench.client()
    with bench.database.begin() as session:
        device = devices.invite(
            session,
            owner_of(bench, world),
            name=name,
            store=world.store.public_id,
            now=bench.clock.now(),
        )
    token = link_of(bench, world, device)
    client.post(f"/counter/enrolment/{token}", headers=ORIGIN)
    counter = Counter(bench, world, client, device, a_clerk(bench, world, name=clerk))
    if is_begun:
        assert 303 == counter.begin().status_code
    return counter

"""The write of a redemption: short, all or nothing, and true at the very moment of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from gifting import ledger, machines, taking
from gifting.models import GiftCard
from gifting.redemption import Redeem, redeem
from gifting.seeing import see
from gifting.tills import Till
from storefront.errors import NotSignedIn
from storefront.models import ApiToken
from storefront.models.interaction import Interaction
from tests.factories import World
from tests.fakes import Bench
from tests.gifting.factories import Given, a_gift
from tests.gifting.test_redemption import books, set_card
from tests.gifting.tills import a_till
from tests.told import noting


@dataclass(frozen=True)
class Machine:
    """Whose token it is, of which store."""

    merchant_id: int
    token: str
    store_id: int | None


@pytest.fixture
def given(bench: Bench, world: World) -> Given:
    return a_gift(bench, world, face_minor=2000)


@pytest.fixture
def machine(bench: Bench, world: World) -> Till:
    with bench.ports.reads() as session:
        token = session.scalars(select(ApiToken.public_id)).one()
    who = Machine(world.merchant.id, token, world.store.id)
    return machines.till_of(bench.ports, who, None)


def wanted(bench: Bench, till: Till, given: Given, amount: int, **facts: Any) -> taking.Wanted:
    """Look at a card, and return what is to be taken from it."""
    with bench.ports.reads() as session:
        card = see(session, till, "k1", card_id=given.card_id)
    values = {"is_whole": False, "request_key": "k1", "body_hash": "h", "basket_minor": None}
    return taking.Wanted(card, amount, **{**values, **facts}, now=bench.clock.now())


def acts(bench: Bench) -> int:
    """Return how many acts of redeeming were recorded."""
    with bench.ports.reads() as session:
        return session.scalars(
            select(func.count()).select_from(Interaction).where(Interaction.kind == "redeem")
        ).one()


CHANGES = [
    {"blocked_at": "now"},
    {"voided_at": "now"},
    {"holder_key": "somebody"},
    {"expires_on": "yesterday"},
]


@pytest.mark.parametrize("changes", CHANGES)
def test_a_card_that_has_changed_since_it_was_looked_at_gives_nothing(
    bench: Bench, world: World, given: Given, changes: dict[str, Any]
) -> None:
    till, now = a_till(world), bench.clock.now()
    wish = wanted(bench, till, given, 500)
    moments = {"now": now, "yesterday": now.date() - timedelta(days=1)}
    set_card(bench, given, **{name: moments.get(value, value) for name, value in changes.items()})
    before = books(bench, given)

    assert taking.take(bench.ports.sessions, till, wish) is None
    assert (before, 0) == (books(bench, given), acts(bench))


@pytest.mark.parametrize(("is_whole", "change"), [(False, -1), (True, 1)])
def test_what_is_not_there_any_more_is_not_taken(
    bench: Bench, world: World, given: Given, is_whole: bool, change: int
) -> None:
    till, now = a_till(world), bench.clock.now()
    wish = wanted(bench, till, given, 2000, is_whole=is_whole)
    with bench.database.begin() as session:
        ledger.enter(session, given.card_id, "adjust", change, now=now)

    assert taking.take(bench.ports.sessions, till, wish) is None
    assert ((2000 + change, 2000 + change, 0), 0) == (books(bench, given), acts(bench))


@pytest.mark.parametrize("is_token", [True, False])
def test_a_request_that_has_come_through_beside_takes_nothing_more(
    bench: Bench, world: World, machine: Till, given: Given, is_token: bool
) -> None:
    till = machine if is_token else a_till(world)
    first, second = (wanted(bench, till, given, 500) for _ in range(2))
    taking.take(bench.ports.sessions, till, first)

    with pytest.raises(IntegrityError):
        taking.take(bench.ports.sessions, till, second)
    assert ((1500, 1500, 1), 1) == (books(bench, given), acts(bench))


def test_a_token_that_is_revoked_between_look_and_take_takes_nothing(
    bench: Bench, machine: Till, given: Given
) -> None:
    wish = wanted(bench, machine, given, 500)
    with bench.database.begin() as session:
        session.execute(update(ApiToken).values(revoked_at=bench.clock.now()))

    assert taking.take(bench.ports.sessions, machine, wish) is None
    with pytest.raises(NotSignedIn):
        redeem(bench.ports, machine, Redeem(given.code, 500, "k1"))
    assert ((2000, 2000, 0), 0) == (books(bench, given), acts(bench))


def test_a_machine_writes_in_four_statements_on_sqlite_and_in_one_on_postgresql(
    bench: Bench, machine: Till, given: Given
) -> None:
    wish = wanted(bench, machine, given, 500)
    with writing(bench) as said:
        taking.take(bench.ports.sessions, machine, wish)

    verbs = [sql.split()[0] for sql in said]
    if bench.database.is_sqlite:
        assert ["BEGIN", "UPDATE", "INSERT", "INSERT", "INSERT", "COMMIT"] == verbs
    else:
        assert ["WITH"] == verbs
    assert ((1500, 1500, 1), 1) == (books(bench, given), acts(bench))


@contextmanager
def writing(bench: Bench) -> Iterator[list[str]]:
    """Note what the one connection in use says to the database."""
    said: list[str] = []
    with bench.database.writer.connect() as connection:
        driver: Any = connection.connection.driver_connection
    if bench.database.is_sqlite:
        driver.set_trace_callback(said.append)
        yield said
        driver.set_trace_callback(None)
        return

    with noting(said.append):
        yield said


def test_what_was_taken_is_durable_when_it_is_told(
    bench: Bench, machine: Till, given: Given
) -> None:
    taken = taking.take(bench.ports.sessions, machine, wanted(bench, machine, given, 500))
    bench.database.dispose()

    assert taken is not None
    with bench.ports.reads() as session:
        left = session.scalars(
            select(GiftCard.balance_minor).where(GiftCard.id == given.card_id)
        ).one()
    assert (1500, 1500) == (taken.balance_minor, left)

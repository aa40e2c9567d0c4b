"""The write of a redemption: short, all or nothing, and true at the very moment of it."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from gifting import codes, guessing, ledger, machines, taking
from gifting.models import GiftCard, GiftEntry, Redemption
from gifting.redemption import Redeem, redeem
from gifting.seeing import SeenCard, see
from gifting.tills import Till
from storefront.errors import NotSignedIn, StorefrontError, TooMany
from storefront.models import ApiToken
from storefront.models.interaction import Interaction
from tests.factories import World
from tests.fakes import Bench
from tests.gifting.factories import Given, a_gift
from tests.gifting.test_redemption import books, set_card
from tests.gifting.tills import a_till
from tests.told import counting


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


@dataclass(frozen=True)
class Look:
    """A card that was looked at, and what is wanted from it."""

    card: SeenCard
    wanted: taking.Wanted

    def take(self, bench: Bench, till: Till) -> taking.Taken | None:
        return taking.take(bench.ports.sessions, till, self.wanted, card=self.card)


def look_at(bench: Bench, till: Till, given: Given, amount: int, **terms: Any) -> Look:
    """Look at a card, and return what is to be taken from it."""
    with bench.ports.reads() as session:
        card = see(session, till, "k1", card_id=given.card_id)
    card = replace(card, terms=replace(card.terms, **terms))
    return Look(card, taking.Wanted(amount, "k1", "h", basket_minor=None, now=bench.clock.now()))


def acts(bench: Bench) -> int:
    """Return how many acts of redeeming were recorded."""
    with bench.ports.reads() as session:
        return session.scalars(
            select(func.count()).select_from(Interaction).where(Interaction.kind == "redeem")
        ).one()


CHANGES: list[dict[str, Any]] = [
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
    wish = look_at(bench, till, given, 500)
    moments = {"now": now, "yesterday": now.date() - timedelta(days=1)}
    set_card(bench, given, **{name: moments.get(value, value) for name, value in changes.items()})
    before = books(bench, given)

    assert wish.take(bench, till) is None
    assert (before, 0) == (books(bench, given), acts(bench))


@pytest.mark.parametrize(("is_whole", "change"), [(False, -1), (True, 1)])
def test_what_is_not_there_any_more_is_not_taken(
    bench: Bench, world: World, given: Given, is_whole: bool, change: int
) -> None:
    till, now = a_till(world), bench.clock.now()
    wish = look_at(bench, till, given, 2000, is_product=is_whole)
    with bench.database.begin() as session:
        ledger.enter(session, given.card_id, "adjust", change, now=now)

    assert wish.take(bench, till) is None
    assert ((2000 + change, 2000 + change, 0), 0) == (books(bench, given), acts(bench))


@pytest.mark.parametrize("is_token", [True, False])
def test_a_request_that_has_come_through_beside_takes_nothing_more(
    bench: Bench, world: World, machine: Till, given: Given, is_token: bool
) -> None:
    till = machine if is_token else a_till(world)
    first, second = (look_at(bench, till, given, 500) for _ in range(2))
    first.take(bench, till)

    with pytest.raises(IntegrityError):
        second.take(bench, till)
    assert ((1500, 1500, 1), 1) == (books(bench, given), acts(bench))


def test_a_token_that_is_revoked_between_look_and_take_takes_nothing(
    bench: Bench, machine: Till, given: Given
) -> None:
    wish = look_at(bench, machine, given, 500)
    with bench.database.begin() as session:
        session.execute(update(ApiToken).values(revoked_at=bench.clock.now()))

    assert wish.take(bench, machine) is None
    with pytest.raises(NotSignedIn):
        redeem(bench.ports, machine, Redeem(given.code, 500, "k1"))
    assert ((2000, 2000, 0), 0) == (books(bench, given), acts(bench))


def test_a_machine_writes_in_four_statements_on_sqlite_and_in_one_on_postgresql(
    bench: Bench, machine: Till, given: Given
) -> None:
    wish = look_at(bench, machine, given, 500)
    with counting(bench.database, with_brackets=True) as said:
        wish.take(bench, machine)

    verbs = [sql.split()[0] for sql in said if not sql.startswith(("PRAGMA", "--"))]
    if bench.database.is_sqlite:
        assert ["BEGIN", "UPDATE", "INSERT", "INSERT", "INSERT", "COMMIT"] == verbs
    else:
        assert ["WITH"] == verbs
    assert ((1500, 1500, 1), 1) == (books(bench, given), acts(bench))


def test_a_machine_looks_and_takes_in_one_statement_of_postgresqls(
    bench: Bench, machine: Till, given: Given
) -> None:
    redeem(bench.ports, machine, Redeem(given.code, 1, "k0"))
    with counting(bench.database) as told:
        redeem(bench.ports, machine, Redeem(given.code, 499, "k1"))

    verbs = [sql.split()[0] for sql in told]
    looked_first = ["SELECT", "UPDATE", "INSERT", "INSERT", "INSERT"]
    assert (looked_first if bench.database.is_sqlite else ["WITH"]) == verbs
    assert ((1500, 1500, 2), 2) == (books(bench, given), acts(bench))


def test_what_looks_and_takes_at_once_writes_what_is_written_after_a_look(
    bench: Bench, world: World, machine: Till, given: Given
) -> None:
    redeem(bench.ports, machine, Redeem(given.code, 500, "k1", basket_minor=700))
    set_card(bench, given, stores=[world.store.id])  # so that it is looked at first
    redeem(bench.ports, machine, Redeem(given.code, 500, "k2", basket_minor=700))

    own = {"id", "public_id", "request_key", "balance_after_minor", "interaction_id", "reference",
           "sequence", "redemption_id"}  # fmt: skip
    for model in (Redemption, GiftEntry, Interaction):
        with bench.ports.reads() as session:
            rows = session.scalars(select(model).order_by(model.id)).all()[-2:]
            first, second = (
                {name: value for name, value in vars(row).items() if name not in own | {STATE}}
                for row in rows
            )
        assert first == second


STATE = "_sa_instance_state"
REFUSED = {
    **{next(iter(change)): change for change in CHANGES},
    "is_test": {"is_test": False},
    "stores": {"stores": [0]},
    "more than it holds": {"face_minor": 2000},
}


@pytest.mark.parametrize("which", REFUSED)
def test_a_machine_is_refused_what_a_clerk_is(
    bench: Bench, world: World, machine: Till, given: Given, which: str
) -> None:
    now = bench.clock.now()
    moments = {"now": now, "yesterday": now.date() - timedelta(days=1)}
    [(name, value)] = REFUSED[which].items()
    set_card(bench, given, **{name: moments.get(str(value), value)})
    before, amount = books(bench, given), 2001 if name == "face_minor" else 500
    refusals = []
    for till in (machine, a_till(world)):
        with pytest.raises(StorefrontError) as refused:
            redeem(bench.ports, till, Redeem(given.code, amount, "k1"))
        refusals.append(refused.value.code)

    assert refusals[0] == refusals[1]
    assert (before, 0) == (books(bench, given), acts(bench))


@pytest.mark.parametrize("which", ["last day", "stores", "product"])
def test_what_is_more_than_money_for_anybody_is_looked_at_first_and_taken_from_then(
    bench: Bench, world: World, machine: Till, given: Given, which: str
) -> None:
    changes: dict[str, Any] = {
        "last day": {"expires_on": bench.clock.now().date(), "zone": "Pacific/Pago_Pago"},
        "stores": {"stores": [world.store.id]},
        "product": {"variant_id": world.variant.id},
    }
    set_card(bench, given, **changes[which])

    assert 0 == redeem(bench.ports, machine, Redeem(given.code, 2000, "k1")).balance.minor
    assert ((0, 0, 1), 1) == (books(bench, given), acts(bench))


def test_whoever_has_guessed_too_often_takes_nothing_at_once(
    bench: Bench, machine: Till, given: Given
) -> None:
    for _ in range(guessing.TILL_TRIES.most):
        with suppress(StorefrontError):
            redeem(bench.ports, machine, Redeem(codes.new_code(), 500, "k1"))

    with pytest.raises(TooMany):
        redeem(bench.ports, machine, Redeem(given.code, 500, "k1"))
    assert ((2000, 2000, 0), 0) == (books(bench, given), acts(bench))


def test_what_was_taken_is_durable_when_it_is_told(
    bench: Bench, machine: Till, given: Given
) -> None:
    taken = look_at(bench, machine, given, 500).take(bench, machine)
    bench.database.dispose()

    assert taken is not None
    with bench.ports.reads() as session:
        left = session.scalars(
            select(GiftCard.balance_minor).where(GiftCard.id == given.card_id)
        ).one()
    assert (1500, 1500) == (taken.balance_minor, left)

"""R-A13: whatever happens in whatever order, the shop is where a pure model of it says that it
ought to be, and the self-audit finds nothing, after every step."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import select

from gifting import ledger
from gifting.models import Redemption
from tests.engines import Databases
from tests.model.driving import RealShop
from tests.model.ideal import Order, Shop
from tests.model.machine import Life, OpenShop

PATIENT = settings(deadline=None, suppress_health_check=list(HealthCheck))
EVERY_DAY = {"sqlite": 40, "postgresql": 10}
STEPS, PROOF_LIVES, PROOF_STEPS = 20, 2_000, 50
SIZES = (
    *(
        pytest.param(engine, lives, STEPS, id=engine, marks=pytest.mark.timeout(300))
        for engine, lives in EVERY_DAY.items()
    ),
    *(
        pytest.param(
            engine,
            PROOF_LIVES,
            PROOF_STEPS,
            id=f"{engine}-2000x50",
            marks=[pytest.mark.prove, pytest.mark.timeout(7200)],
        )
        for engine in EVERY_DAY
    ),
)


@contextmanager
def opened(
    databases: Databases, engine: str, folder: Path, *, shop: type[RealShop] = RealShop
) -> Iterator[RealShop]:
    """Open a shop on a database of its own."""
    with databases.fresh(engine) as url:
        yield shop(folder, url)


def live(open_shop: OpenShop, size: settings, *, life: type[Life] = Life) -> None:
    """Live through so many lives of so many steps."""
    run_state_machine_as_test(lambda: life(open_shop), settings=size)


@pytest.mark.parametrize(("engine", "lives", "steps"), SIZES)
def test_the_shop_is_where_the_model_says_it_ought_to_be(
    databases: Databases, tmp_path: Path, *, engine: str, lives: int, steps: int
) -> None:
    size = settings(PATIENT, max_examples=lives, stateful_step_count=steps)

    live(partial(opened, databases, engine, tmp_path), size)


class GivesBackTwice(RealShop):
    """A shop whose undo puts on the card what was taken, and then puts it there again."""

    def undo(self, receipt: str) -> bool:
        is_undone = super().undo(receipt)
        if is_undone:
            with self.bench.database.begin() as session:
                taken = session.scalars(select(Redemption).filter_by(public_id=receipt)).one()
                ledger.enter(session, taken.card_id, "adjust", taken.amount_minor, now=self.now)
        return is_undone


class NeverLetsGo(Shop):
    """A model in which a hold lasts for ever."""

    def holds(self, order: Order) -> bool:
        return order.state == "waiting"


class StubbornLife(Life):
    """The real shop beside that model."""

    ideal_shop = NeverLetsGo


def undo_a_redemption(life: Life) -> None:
    """Give, spend, and undo that, with a look at the books after each step."""
    life.give(face=1000, friends=1, is_thing=False, is_later=False, is_paid=True)
    life.redeem(which=0, parts=2)
    life.both_say_the_same()
    life.undo(which=0)


def let_a_hold_end(life: Life) -> None:
    """Take all there is of something, and wait until it is free again."""
    life.buy(thing="cake", units=3, is_paid=False)
    life.both_say_the_same()
    life.pass_time(minutes=11)


CONTROLS = (
    pytest.param(GivesBackTwice, Life, undo_a_redemption, id="a shop that gives back twice"),
    pytest.param(RealShop, StubbornLife, let_a_hold_end, id="a model that is wrong"),
)
Steps = Callable[[Life], None]


@pytest.mark.parametrize(("shop", "life", "steps"), CONTROLS)
def test_what_differs_is_seen_at_once(
    databases: Databases,
    tmp_path: Path,
    *,
    shop: type[RealShop],
    life: type[Life],
    steps: Steps,
) -> None:
    lived = life(partial(opened, databases, "sqlite", tmp_path, shop=shop))
    steps(lived)

    with pytest.raises(AssertionError, match=" is not Books"):
        lived.both_say_the_same()
    lived.teardown()


@pytest.mark.prove
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("shop", "life", "steps"), CONTROLS)
def test_chance_finds_it_too(
    databases: Databases,
    tmp_path: Path,
    *,
    shop: type[RealShop],
    life: type[Life],
    steps: Steps,  # noqa: ARG001 - those above
) -> None:
    size = settings(PATIENT, phases=[Phase.generate], max_examples=500, stateful_step_count=50)

    with pytest.raises(AssertionError):
        live(partial(opened, databases, "sqlite", tmp_path, shop=shop), size, life=life)

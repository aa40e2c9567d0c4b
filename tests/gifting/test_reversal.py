"""A redemption undone: once, as a whole, by whom it may be, and as a line of its own."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from gifting.models import GiftCard, GiftEntry, Reversal
from gifting.reversal import Reverse, Reversed, reverse
from gifting.tills import Till
from storefront.errors import StorefrontError
from storefront.models import Member
from tests.factories import World, world_on
from tests.fakes import Bench
from tests.gifting.factories import Given, a_gift
from tests.gifting.test_redemption import books
from tests.gifting.tills import a_till, take


@pytest.fixture
def given(bench: Bench, world: World) -> Given:
    return a_gift(bench, world, face_minor=2000)


@pytest.fixture
def clerk(bench: Bench, world: World) -> Till:
    with bench.ports.reads() as session:
        return a_till(world, member_id=session.scalars(select(Member.id)).one())


def undo(bench: Bench, till: Till, redemption: str, **facts: Any) -> Reversed:
    return reverse(bench.ports, till, Reverse(redemption, facts.pop("key", "undo"), **facts))


def refusal(bench: Bench, till: Till, given: Given, redemption: str, **facts: Any) -> str:
    """Return why it was not undone, and make sure that it was not."""
    before = books(bench, given)
    with pytest.raises(StorefrontError) as refused:
        undo(bench, till, redemption, **facts)

    assert before == books(bench, given)
    return refused.value.code


def test_what_was_taken_comes_back_as_a_line_of_its_own(
    bench: Bench, clerk: Till, given: Given
) -> None:
    taken = take(bench, clerk, given, 1250)
    back = undo(bench, clerk, taken.public_id)

    assert (1250, 2000, False) == (back.amount.minor, back.balance.minor, back.is_replayed)
    with bench.ports.reads() as session:
        line = session.scalars(select(GiftEntry).where(GiftEntry.sequence == 3)).one()
        assert ("reverse", 1250, taken.public_id) == (line.kind, line.amount_minor, line.reference)
        assert ("mistake", clerk.member_id) == (line.reason, line.member_id)
        assert 1 == len(session.scalars(select(Reversal)).all())


def test_a_repeat_gets_the_first_answer(bench: Bench, clerk: Till, given: Given) -> None:
    taken = take(bench, clerk, given, 1250)
    first = undo(bench, clerk, taken.public_id)
    again = undo(bench, clerk, taken.public_id)

    assert (first.balance, True) == (again.balance, again.is_replayed)
    assert (2000, 2000, 1) == books(bench, given)


def test_nothing_is_undone_twice(bench: Bench, clerk: Till, given: Given) -> None:
    taken = take(bench, clerk, given, 1250)
    undo(bench, clerk, taken.public_id)

    assert "already_reversed" == refusal(bench, clerk, given, taken.public_id, key="another")


def test_a_key_stands_for_one_undo_only(bench: Bench, clerk: Till, given: Given) -> None:
    one, two = take(bench, clerk, given, 100), take(bench, clerk, given, 200)
    undo(bench, clerk, one.public_id)

    assert "idempotency_mismatch" == refusal(bench, clerk, given, two.public_id)


def test_a_clerk_has_ten_minutes(bench: Bench, clerk: Till, given: Given) -> None:
    one, two = take(bench, clerk, given, 100), take(bench, clerk, given, 200)
    bench.clock.pass_time(minutes=9, seconds=59)
    undo(bench, clerk, one.public_id)
    bench.clock.pass_time(seconds=1)

    assert "undo_time_over" == refusal(bench, clerk, given, two.public_id, key="late")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"member_id": 999_999}, "not_yours_to_undo"),
        ({"member_id": None}, "not_yours_to_undo"),
        ({"store_id": 999_999}, "not_yours_to_undo"),
        ({"store_id": 999_999, "is_senior": True, "member_id": None}, "not_yours_to_undo"),
    ],
)
def test_others_may_not_undo_it(
    bench: Bench, world: World, clerk: Till, given: Given, facts: dict[str, Any], expected: str
) -> None:
    taken = take(bench, clerk, given, 100)
    other = a_till(world, **{"member_id": clerk.member_id, **facts})

    assert expected == refusal(bench, other, given, taken.public_id)


@pytest.mark.parametrize(
    "facts", [{"is_senior": True, "member_id": 5, "store_id": 77}, {"is_senior": True}]
)
def test_a_manager_and_the_stores_machine_may_at_any_time(
    bench: Bench, world: World, clerk: Till, given: Given, facts: dict[str, Any]
) -> None:
    taken = take(bench, clerk, given, 100)
    bench.clock.pass_time(days=30)

    assert 2000 == undo(bench, a_till(world, **facts), taken.public_id).balance.minor


def test_another_merchants_redemption_is_nothing(bench: Bench, clerk: Till, given: Given) -> None:
    taken = take(bench, clerk, given, 100)
    stranger = a_till(world_on(bench, slug="bakery"), is_senior=True)

    assert "not_found" == refusal(bench, stranger, given, taken.public_id)
    assert "not_found" == refusal(bench, clerk, given, "rdm_0000000000000000", key="x")


def test_a_reason_is_from_the_list(bench: Bench, clerk: Till, given: Given) -> None:
    taken = take(bench, clerk, given, 100)

    assert "unknown_reason" == refusal(bench, clerk, given, taken.public_id, reason="why not")


def test_what_comes_back_on_an_expired_card_can_be_spent_for_a_while(
    bench: Bench, world: World, clerk: Till, given: Given
) -> None:
    with bench.database.begin() as session:
        last_day = bench.clock.now().date()
        session.execute(update(GiftCard).values(expires_on=last_day))
    taken = take(bench, clerk, given, 2000)
    bench.clock.pass_time(days=3)
    undo(bench, a_till(world, is_senior=True), taken.public_id)
    bench.clock.pass_time(days=14)

    assert 0 == take(bench, clerk, given, 2000, key="again").balance.minor
    with bench.ports.reads() as session:
        card = session.get_one(GiftCard, given.card_id)
        assert last_day + timedelta(days=17) == card.expires_on


def test_nothing_comes_back_on_a_card_that_is_void(bench: Bench, clerk: Till, given: Given) -> None:
    taken = take(bench, clerk, given, 2000)
    with bench.database.begin() as session:
        session.execute(update(GiftCard).values(voided_at=bench.clock.now(), void_reason="fraud"))

    assert "code_void" == refusal(bench, clerk, given, taken.public_id)

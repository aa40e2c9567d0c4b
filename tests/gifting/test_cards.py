"""Cards blocked, unblocked, voided and adjusted: with a reason, by somebody, and written down."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select, update

from gifting import cards
from gifting.models import GiftCard, GiftEntry
from storefront.domain.money import Money
from storefront.errors import StorefrontError
from storefront.models import Action, Member
from tests.factories import World, world_on
from tests.fakes import Bench
from tests.gifting.factories import Given, a_gift
from tests.gifting.test_redemption import books
from tests.gifting.tills import a_till, take


@dataclass(frozen=True)
class Who:
    merchant_id: int
    member_id: int


@pytest.fixture
def given(bench: Bench, world: World) -> Given:
    return a_gift(bench, world, face_minor=2000)


@pytest.fixture
def who(bench: Bench, world: World) -> Who:
    with bench.ports.reads() as session:
        return Who(world.merchant.id, session.scalars(select(Member.id)).one())


def do(bench: Bench, act: Callable[..., Any], who: Who, card: str, **facts: Any) -> Any:
    with bench.database.begin() as session:
        return act(session, who, card, now=bench.clock.now(), **facts)


def refusal(bench: Bench, act: Callable[..., Any], who: Who, given: Given, **facts: Any) -> str:
    """Return why it was not done, and make sure that nothing was."""
    before = books(bench, given)
    with pytest.raises(StorefrontError) as refused:
        do(bench, act, who, given.card, **facts)

    assert before == books(bench, given)
    return refused.value.code


def log(bench: Bench) -> list[tuple[str, str, dict[str, Any]]]:
    with bench.ports.reads() as session:
        rows = session.scalars(select(Action).order_by(Action.id))
        return [(row.action, row.object_id, row.figures) for row in rows]


def test_a_blocked_card_buys_nothing_until_it_is_unblocked(
    bench: Bench, world: World, who: Who, given: Given
) -> None:
    do(bench, cards.block, who, given.card, reason="reported_lost")
    with pytest.raises(StorefrontError) as refused:
        take(bench, a_till(world), given, 1)
    do(bench, cards.unblock, who, given.card, reason="found")

    assert "code_suspended" == refused.value.code
    assert 1999 == take(bench, a_till(world), given, 1).balance.minor
    assert [
        ("gift_card_blocked", given.card, {"reason": "reported_lost"}),
        ("gift_card_unblocked", given.card, {"reason": "found"}),
    ] == log(bench)


def test_a_void_card_is_worth_nothing_and_stays_so(
    bench: Bench, world: World, who: Who, given: Given
) -> None:
    take(bench, a_till(world), given, 500)

    assert Money(1500, "USD") == do(bench, cards.void, who, given.card, reason="fraud")
    assert (0, 0, 1) == books(bench, given)
    figures = {"reason": "fraud", "amount_minor": 1500, "currency": "USD"}
    assert [("gift_card_voided", given.card, figures)] == log(bench)
    for act in (cards.void, cards.block, cards.unblock):
        assert "code_void" == refusal(bench, act, who, given, reason="other")


def test_an_adjustment_is_a_line_with_its_reason_and_its_actor(
    bench: Bench, who: Who, given: Given
) -> None:
    more = do(bench, cards.adjust, who, given.card, minor=500, reason="goodwill")
    less = do(bench, cards.adjust, who, given.card, minor=-2500, reason="paid_out")

    assert (Money(2500, "USD"), Money(0, "USD")) == (more, less)
    with bench.ports.reads() as session:
        lines = session.scalars(select(GiftEntry).order_by(GiftEntry.sequence)).all()[1:]
        assert [("adjust", 500, "goodwill"), ("adjust", -2500, "paid_out")] == [
            (line.kind, line.amount_minor, line.reason) for line in lines
        ]
        assert {who.member_id} == {line.member_id for line in lines}
    assert 2 == len(log(bench))


def test_nobody_takes_more_off_than_there_is(bench: Bench, who: Who, given: Given) -> None:
    found = refusal(bench, cards.adjust, who, given, minor=-2001, reason="correction")

    assert "insufficient_balance" == found


@pytest.mark.parametrize("minor", [0, 2**53])
def test_an_adjustment_is_an_amount(bench: Bench, who: Who, given: Given, minor: int) -> None:
    found = refusal(bench, cards.adjust, who, given, minor=minor, reason="correction")

    assert "invalid_gift_amount" == found


def test_a_card_is_blocked_once(bench: Bench, who: Who, given: Given) -> None:
    assert "not_blocked" == refusal(bench, cards.unblock, who, given, reason="other")
    do(bench, cards.block, who, given.card, reason="suspicion")

    assert "already_blocked" == refusal(bench, cards.block, who, given, reason="suspicion")


def test_what_a_dispute_has_blocked_waits_for_the_bank(
    bench: Bench, who: Who, given: Given
) -> None:
    with bench.database.begin() as session:
        session.execute(
            update(GiftCard).values(blocked_at=bench.clock.now(), block_reason="dispute")
        )

    assert "bank_decides" == refusal(bench, cards.unblock, who, given, reason="cleared")


def test_a_reason_is_from_the_list(bench: Bench, who: Who, given: Given) -> None:
    for act in (cards.void, cards.block, cards.unblock):
        assert "unknown_reason" == refusal(bench, act, who, given, reason="why not")


def test_another_merchants_card_is_nothing(bench: Bench, who: Who, given: Given) -> None:
    stranger = Who(world_on(bench, slug="bakery").merchant.id, who.member_id)

    for act in (cards.void, cards.block, cards.unblock):
        assert "not_found" == refusal(bench, act, stranger, given, reason="other")

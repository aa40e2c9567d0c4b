"""The ledger of gift cards: a balance is the sum of its lines, and never below zero."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from gifting import ledger
from gifting.models import GiftCard, GiftEntry
from storefront.domain.money import Money
from tests.factories import World
from tests.fakes import Bench
from tests.gifting.factories import Given, a_gift


@pytest.fixture
def given(bench: Bench, world: World) -> Given:
    return a_gift(bench, world, face_minor=2000)


def lines(session: Session, given: Given) -> list[tuple[int, str, int, int]]:
    """Return the ledger of a card: number, kind, amount, balance after it."""
    rows = session.scalars(
        select(GiftEntry).where(GiftEntry.card_id == given.card_id).order_by(GiftEntry.sequence)
    )
    return [(row.sequence, row.kind, row.amount_minor, row.balance_after_minor) for row in rows]


def balance(session: Session, given: Given) -> int:
    return session.scalars(select(GiftCard.balance_minor).where(GiftCard.id == given.card_id)).one()


def test_the_first_line_of_a_card_is_its_face_value(bench: Bench, given: Given) -> None:
    with bench.ports.reads() as session:
        assert [(1, "issue", 2000, 2000)] == lines(session, given)
        assert 2000 == balance(session, given)


def test_every_change_is_a_line_with_what_is_left(bench: Bench, given: Given) -> None:
    now = bench.clock.now()
    with bench.database.begin() as session:
        first = ledger.enter(session, given.card_id, "adjust", -1250, now=now)
        second = ledger.enter(
            session, given.card_id, "refund_failed", 250, reference="ref_1", now=now
        )

        assert first is not None
        assert second is not None
        assert (Money(750, "USD"), 2) == (first.balance, first.sequence)
        assert (Money(1000, "USD"), 3) == (second.balance, second.sequence)
        assert [
            (2, "adjust", -1250, 750),
            (3, "refund_failed", 250, 1000),
        ] == lines(session, given)[1:]


def test_a_card_cannot_pay_more_than_it_holds(bench: Bench, given: Given) -> None:
    with bench.database.begin() as session:
        entered = ledger.enter(session, given.card_id, "redeem", -2001, now=bench.clock.now())

        assert (None, 2000) == (entered, balance(session, given))
        assert 1 == len(lines(session, given))


def test_a_condition_that_fails_changes_nothing(bench: Bench, given: Given) -> None:
    with bench.database.begin() as session:
        entered = ledger.enter(
            session,
            given.card_id,
            "redeem",
            -1,
            conditions=[GiftCard.blocked_at.is_not(None)],
            now=bench.clock.now(),
        )

        assert (None, 2000) == (entered, balance(session, given))
        assert 1 == len(lines(session, given))


def test_the_database_itself_refuses_a_balance_below_zero(bench: Bench, given: Given) -> None:
    with pytest.raises(IntegrityError), bench.database.begin() as session:
        session.get_one(GiftCard, given.card_id).balance_minor = -1

    with bench.ports.reads() as session:
        assert 2000 == balance(session, given)


def test_a_line_is_never_changed(bench: Bench, given: Given) -> None:
    with pytest.raises(DBAPIError), bench.database.begin() as session:
        session.execute(update(GiftEntry).values(amount_minor=1))

    with bench.ports.reads() as session:
        assert [(1, "issue", 2000, 2000)] == lines(session, given)

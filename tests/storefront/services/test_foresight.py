"""What a placement's page will ask is asked ahead: it must be what whoever asks would find."""

import pytest

from storefront.db.foreseen import Told
from storefront.db.hot import read
from storefront.models import ShopText
from storefront.services import foresight
from tests.factories import World, running_offer
from tests.fakes import Bench


@pytest.fixture
def told(bench: Bench, world: World) -> Told:
    """Ask about a card with a text of the shop, and offers that begin at different times."""
    running_offer(bench, world, quota=50, per_buyer_limit=2, starts="2026-03-13")
    running_offer(bench, world, starts="2026-03-16T18:00", has_link=True)
    with bench.database.begin() as session:
        session.add(
            ShopText(
                merchant_id=world.merchant.id,
                kind="imprint",
                url="",
                body="Ada's ices",
                changed_at=bench.clock.now(),
            )
        )
    return ask(bench, world.placement.public_id)


def ask(bench: Bench, placement: str) -> Told:
    with bench.database.glance() as session:
        return foresight.of_placement(
            session, placement, kinds=bench.ports.kinds, now=bench.clock.now()
        )


def test_what_is_foreseen_is_what_would_be_found(bench: Bench, told: Told) -> None:
    with bench.database.reads() as session:
        for question, values, rows in told.answers():
            found = read(session, question, **values)
            width = len(found[0]) if found else 0
            told_rows = [tuple(row)[:width] for row in rows]
            assert [tuple(row) for row in found] == told_rows, question


def test_a_session_that_foresees_asks_the_database_nothing(bench: Bench, told: Told) -> None:
    with bench.database.reads() as session:
        told.answer_in(session)
        for question, values, _ in told.answers():
            read(session, question, **values)

        assert not session.in_transaction()


def test_the_same_facts_are_told_in_the_same_words(bench: Bench, world: World, told: Told) -> None:
    bench.clock.pass_time(seconds=5)

    assert told.words == ask(bench, world.placement.public_id).words


def test_of_a_placement_that_is_not_there_nothing_more_is_asked(bench: Bench) -> None:
    answers = list(ask(bench, "plc_0000").answers())

    assert [()] == [tuple(rows) for _, _, rows in answers]

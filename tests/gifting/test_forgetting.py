"""What is forgotten of gifts, and what is kept: codes go when they are of no use, and whatever a
gift refers to stays."""

from datetime import timedelta

from sqlalchemy import select

from gifting import ledger
from gifting.models import Gift, GiftCard, GiftContact
from storefront.models import Interaction
from storefront.services.retention import forget
from tests.factories import World
from tests.fakes import Bench
from tests.gifting.factories import a_gift, place_gift, sell_gift


def sealed(bench: Bench) -> str:
    with bench.database.reads() as session:
        return session.scalars(select(GiftCard.code_sealed)).one()


def spend_all(bench: Bench) -> None:
    with bench.database.begin() as session:
        card = session.scalars(select(GiftCard)).one()
        ledger.enter(session, card.id, "adjust", -card.balance_minor, now=bench.clock.now())


def test_the_code_of_a_spent_card_is_blanked_a_day_later(bench: Bench, world: World) -> None:
    sell_gift(bench, world)
    spend_all(bench)
    forget(bench.ports)
    before = sealed(bench)
    bench.clock.moment += timedelta(days=1, minutes=1)
    forget(bench.ports)

    assert before
    assert not sealed(bench)


def test_the_code_of_a_card_with_something_on_it_is_kept(bench: Bench, world: World) -> None:
    sell_gift(bench, world)
    bench.clock.moment += timedelta(days=400)
    forget(bench.ports)

    assert sealed(bench)


def test_whom_an_unpaid_gift_was_for_is_forgotten_after_a_month(bench: Bench, world: World) -> None:
    place_gift(bench, world)
    a_gift(bench, world)
    bench.clock.moment += timedelta(days=31)
    forget(bench.ports)

    with bench.database.reads() as session:
        assert ["Lin"] == list(session.scalars(select(GiftContact.recipient)))


def test_an_interaction_that_a_gift_grew_from_is_kept(bench: Bench, world: World) -> None:
    given = a_gift(bench, world)
    with bench.database.begin() as session:
        act = Interaction(
            merchant_id=world.merchant.id, public_id="int_of_the_opening_1",
            placement_id=world.placement.id, visitor="lin", kind="gift_open",
            assurance="signed", surface="gift", is_direct=False,
            occurred_at=bench.clock.now(), recorded_at=bench.clock.now(),
        )  # fmt: skip
        session.add(act)
        session.flush()
        session.get_one(Gift, given.gift_id).opened_interaction_id = act.id
    bench.clock.moment += timedelta(days=800)
    forget(bench.ports)

    with bench.database.reads() as session:
        assert "int_of_the_opening_1" in session.scalars(select(Interaction.public_id)).all()

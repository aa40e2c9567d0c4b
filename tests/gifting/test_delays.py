"""Gifts while mail cannot be sent, or not to one of several friends: nobody is left wondering."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from gifting import delays
from gifting.models import GiftDelivery
from gifting.reporting.dossier import get_gift_dossier
from storefront.errors import TryAgain
from storefront.models import Alarm, Job
from storefront.services import jobs
from storefront.services.order_requests import PlacedOrder
from storefront.worker import run_due
from tests.factories import World
from tests.fakes import Bench
from tests.gifting.factories import BEN, CLEO, gifts_of, sell_gift
from tests.gifting.letters import with_letters

DOWN = TryAgain("mail_unavailable")


def work_until(bench: Bench, is_over: Callable[[], bool]) -> None:
    """Let a worker do what is due, again and again as it gets due, until something is over."""
    while not is_over():
        with bench.database.reads() as session:
            due = jobs.next_due(session)
        assert due is not None
        bench.clock.moment = max(due, bench.clock.now())
        run_due(bench.ports)


def hours_later(bench: Bench, hours: float) -> Callable[[], bool]:
    end = bench.clock.now() + timedelta(hours=hours)
    return lambda: bench.clock.now() >= end


def is_sent(bench: Bench, placed: PlacedOrder) -> bool:
    with bench.database.reads() as session:
        return all(gift.delivered_at for gift in gifts_of(session, placed))


def letters_to(bench: Bench, address: str) -> list[str]:
    return [mail.subject for mail in bench.mailbox.sent if mail.to == address]


def states(bench: Bench, placed: PlacedOrder) -> list[str]:
    told = bench.client().get(
        f"/orders/{placed.public_id}?t={placed.token}", headers={"Accept": "application/json"}
    )
    return [gift["state"] for gift in told.json["gifts"]]


@pytest.fixture
def sold(bench: Bench, world: World) -> PlacedOrder:
    """Sell a gift while mail cannot be sent."""
    with_letters(bench).mailbox.fault = DOWN
    return sell_gift(bench, world)


def test_a_gift_arrives_after_sixteen_hours_without_mail_and_more(
    bench: Bench, sold: PlacedOrder
) -> None:
    work_until(bench, hours_later(bench, 20))
    assert bench.mailbox.sent == []
    bench.mailbox.fault = None
    work_until(bench, lambda: is_sent(bench, sold))

    assert len(letters_to(bench, BEN.email)) == 1
    with bench.database.reads() as session:
        given_up = session.scalars(select(Job.name).where(Job.given_up_at.is_not(None))).all()
        rung = session.scalars(select(Alarm.kind)).all()
    assert "deliver_gift" not in given_up
    assert "gifts_late" in rung


def test_the_giver_reads_that_their_gift_is_late_and_then_hears_that_it_went(
    bench: Bench, sold: PlacedOrder
) -> None:
    run_due(bench.ports)
    at_first = states(bench, sold)
    work_until(bench, hours_later(bench, 2))
    meanwhile = states(bench, sold)
    bench.mailbox.fault = None
    work_until(
        bench, lambda: "Your gift for Ben is on its way now" in letters_to(bench, "ada@buyer.test")
    )

    assert (["sending"], ["delayed"], ["sent"]) == (at_first, meanwhile, states(bench, sold))


def test_a_gift_that_was_put_off_for_minutes_is_no_news(bench: Bench, sold: PlacedOrder) -> None:
    work_until(bench, hours_later(bench, 0.02))
    bench.mailbox.fault = None
    work_until(bench, lambda: is_sent(bench, sold))
    while run_due(bench.ports):
        pass

    assert not any("on its way now" in each for each in letters_to(bench, "ada@buyer.test"))


def test_a_gift_that_was_put_off_often_is_shown_so_once(
    bench: Bench, world: World, sold: PlacedOrder
) -> None:
    work_until(bench, hours_later(bench, 2))
    bench.mailbox.fault = None
    work_until(bench, lambda: is_sent(bench, sold))
    with bench.database.reads() as session:
        [gift] = gifts_of(session, sold)
        dossier = get_gift_dossier(
            session, world.merchant.id, gift.public_id, now=bench.clock.now()
        )

    kinds = [each.kind for each in dossier.history]
    assert ["ordered", "issue", "gift_later", "gift_sent"] == kinds


def test_after_a_week_without_mail_a_gift_is_given_up_as_any_job(
    bench: Bench, sold: PlacedOrder
) -> None:
    bench.clock.pass_time(seconds=1)
    with bench.database.begin() as session:
        [gift] = gifts_of(session, sold)
        session.add(
            GiftDelivery(
                merchant_id=gift.merchant_id, gift_id=gift.id, cause="gift", outcome="later",
                detail="1", occurred_at=bench.clock.now() - delays.LONGEST,
            )
        )  # fmt: skip

    def is_given_up() -> bool:
        with bench.database.reads() as session:
            job = session.scalars(select(Job).where(Job.name == "deliver_gift")).one()
            return job.given_up_at is not None

    work_until(bench, is_given_up)


def test_one_address_that_takes_no_mail_keeps_no_other_friend_waiting(
    bench: Bench, world: World
) -> None:
    with_letters(bench).mailbox.dead = {BEN.email}
    placed = sell_gift(bench, world, recipients=(BEN, CLEO))
    while run_due(bench.ports):
        pass

    with bench.database.reads() as session:
        [ben, cleo] = gifts_of(session, placed)
    assert (True, False) == (ben.undeliverable_at is not None, ben.delivered_at is not None)
    assert (False, True) == (cleo.undeliverable_at is not None, cleo.delivered_at is not None)
    assert ["undeliverable", "sent"] == states(bench, placed)
    assert len(letters_to(bench, CLEO.email)) == 1
    assert "Your gift for Ben has not arrived" in letters_to(bench, "ada@buyer.test")

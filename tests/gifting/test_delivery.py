"""Gifts on their way: sent once, again when somebody asks, elsewhere when the address was wrong;
what fails is tried again or told to the buyer."""

from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from typing import Any

import pytest
from sqlalchemy import select, update

from gifting import delivery, links
from gifting.jobs import JOBS
from gifting.models import Gift, GiftCard, GiftDelivery
from storefront.domain.window import start_of
from storefront.errors import Conflict, Invalid, NotFound, TryAgain
from storefront.models import Alarm, Job
from storefront.services import jobs
from storefront.worker import HANDLERS, run_due
from tests.factories import World, pay
from tests.fakes import Bench
from tests.gifting.factories import Given, a_gift, place_gift
from tests.gifting.letters import change_gift, with_letters


@pytest.fixture
def given(bench: Bench, world: World) -> Given:
    """Give an issued gift, with all mails about its order out of the way."""
    given = a_gift(with_letters(bench), world)
    run_due(bench.ports)
    bench.mailbox.sent.clear()
    return given


def gift_of(bench: Bench, given: Given) -> Gift:
    with bench.database.reads() as session:
        return session.get_one(Gift, given.gift_id)


def tries_of(bench: Bench, given: Given) -> list[tuple[str, str, str]]:
    with bench.database.reads() as session:
        rows = session.execute(
            select(GiftDelivery.cause, GiftDelivery.outcome, GiftDelivery.detail)
            .where(GiftDelivery.gift_id == given.gift_id)
            .order_by(GiftDelivery.id)
        )
        return [(cause, outcome, detail) for cause, outcome, detail in rows]


def promised(bench: Bench, name: str) -> list[Job]:
    with bench.database.reads() as session:
        return list(session.scalars(select(Job).where(Job.name == name).order_by(Job.id)))


def run(bench: Bench, name: str) -> None:
    """Run the newest job of a name, as a worker would."""
    payload: dict[str, Any] = promised(bench, name)[-1].payload
    JOBS[name](bench.ports, **payload)


def test_a_gift_is_sent_once_however_often_its_job_runs(bench: Bench, given: Given) -> None:
    delivery.deliver_gift(bench.ports, given.gift_id)
    delivery.deliver_gift(bench.ports, given.gift_id)

    assert len(bench.mailbox.sent) == 1
    assert gift_of(bench, given).delivered_at == bench.clock.now()
    assert tries_of(bench, given) == [("gift", "sent", "1")]


def test_a_worker_that_dies_after_sending_repeats_the_same_message(
    bench: Bench, given: Given
) -> None:
    delivery.deliver_gift(bench.ports, given.gift_id)
    change_gift(bench, given.gift_id, delivered_at=None)  # as if nothing had been noted
    delivery.deliver_gift(bench.ports, given.gift_id)

    first, second = bench.mailbox.sent
    assert first.message_id == second.message_id


def test_a_gift_comes_from_the_shop_and_answers_go_to_the_merchant(
    bench: Bench, given: Given
) -> None:
    change_gift(bench, given.gift_id, sender="Eve <eve@evil.test>")
    delivery.deliver_gift(bench.ports, given.gift_id)
    [mail] = bench.mailbox.sent

    assert mail.to == "lin@friend.test"
    assert parseaddr(mail.sender) == ("Gelato & Sons", "hello@shop.test")
    assert parseaddr(mail.reply_to) == ("Gelato & Sons", "ask@gelato.test")
    assert mail.unsubscribe_url == ""


def test_a_busy_mail_server_is_noted_and_asked_again(bench: Bench, given: Given) -> None:
    bench.mailbox.fault = TryAgain("mail_unavailable")
    with pytest.raises(TryAgain):
        delivery.deliver_gift(bench.ports, given.gift_id)
    bench.mailbox.fault = None
    delivery.deliver_gift(bench.ports, given.gift_id)

    assert len(bench.mailbox.sent) == 1
    assert tries_of(bench, given) == [("gift", "later", "1"), ("gift", "sent", "1")]


def test_a_refused_address_is_told_to_the_buyer(bench: Bench, given: Given) -> None:
    bench.mailbox.fault = Invalid("mail_refused", field="email")
    delivery.deliver_gift(bench.ports, given.gift_id)
    bench.mailbox.fault = None
    run(bench, "send_gift_undelivered")
    [mail] = bench.mailbox.sent

    gift = gift_of(bench, given)
    assert gift.undeliverable_at == bench.clock.now()
    assert gift.delivered_at is None
    assert mail.to == "ada@buyer.test"
    assert "Lin" in mail.subject
    assert f"/orders/{given.order}?t=" in mail.text
    assert given.code not in mail.text + mail.html + mail.subject


@pytest.mark.parametrize(
    "facts", [{"voided_at": datetime(2026, 3, 14, tzinfo=UTC)}, {"balance_minor": 0}]
)
def test_what_cannot_be_used_is_not_sent(bench: Bench, given: Given, facts: dict[str, Any]) -> None:
    with bench.database.begin() as session:
        before = session.get_one(GiftCard, given.card_id).balance_minor
        session.execute(update(GiftCard).where(GiftCard.id == given.card_id).values(**facts))
    delivery.deliver_gift(bench.ports, given.gift_id)

    assert bench.mailbox.sent == []
    assert gift_of(bench, given).delivered_at is None
    with bench.database.begin() as session:
        session.execute(
            update(GiftCard).where(GiftCard.id == given.card_id).values(balance_minor=before)
        )


def test_a_gift_whose_payment_is_disputed_waits(bench: Bench, given: Given) -> None:
    with bench.database.begin() as session:
        session.execute(
            update(GiftCard)
            .where(GiftCard.id == given.card_id)
            .values(blocked_at=bench.clock.now(), block_reason="dispute")
        )
    delivery.deliver_gift(bench.ports, given.gift_id)

    assert bench.mailbox.sent == []
    [job] = promised(bench, "deliver_gift")
    assert job.run_at == bench.clock.now() + delivery.LOOK_AGAIN


def test_a_resend_is_counted_and_carries_the_same_code(bench: Bench, given: Given) -> None:
    delivery.deliver_gift(bench.ports, given.gift_id)
    with bench.database.begin() as session:
        gift = session.get_one(Gift, given.gift_id)
        assert delivery.resend(session, gift, now=bench.clock.now()) == 1
    run(bench, "resend_gift")
    run(bench, "resend_gift")

    first, second = bench.mailbox.sent
    assert first.message_id != second.message_id
    assert given.code[:4] in first.text
    assert first.text == second.text
    assert gift_of(bench, given).resent == 1
    assert tries_of(bench, given)[-1] == ("resent", "sent", "1")


def test_a_gift_is_not_sent_without_end(bench: Bench, given: Given) -> None:
    change_gift(bench, given.gift_id, resent=delivery.MOST_RESENT)
    with bench.database.begin() as session, pytest.raises(Conflict) as refusal:
        delivery.resend(session, session.get_one(Gift, given.gift_id), now=bench.clock.now())

    assert refusal.value.code == "resent_too_often"
    assert promised(bench, "resend_gift") == []


def test_a_corrected_address_gets_the_gift_and_kills_the_old_link(
    bench: Bench, given: Given
) -> None:
    delivery.deliver_gift(bench.ports, given.gift_id)
    old = links.gift_token(bench.ports.sign, gift_of(bench, given))
    with bench.database.begin() as session:
        gift = session.get_one(Gift, given.gift_id)
        delivery.correct_address(
            session, gift, "lin@right.test", sign=bench.ports.sign, now=bench.clock.now()
        )
    run(bench, "deliver_gift")
    new = links.gift_token(bench.ports.sign, gift_of(bench, given))
    wrong, right = bench.mailbox.sent

    assert (wrong.to, right.to) == ("lin@friend.test", "lin@right.test")
    assert old in wrong.text
    assert new in right.text
    with bench.database.reads() as session:
        assert links.read_gift_token(session, bench.ports.sign, new).id == given.gift_id
        with pytest.raises(NotFound):
            links.read_gift_token(session, bench.ports.sign, old)
    assert tries_of(bench, given)[-1] == ("corrected", "sent", "2")


def test_the_job_for_the_old_address_sends_nothing_after_a_correction(
    bench: Bench, given: Given
) -> None:
    with bench.database.begin() as session:
        gift = session.get_one(Gift, given.gift_id)
        delivery.correct_address(
            session, gift, "lin@right.test", sign=bench.ports.sign, now=bench.clock.now()
        )
    delivery.deliver_gift(bench.ports, given.gift_id)

    assert bench.mailbox.sent == []


def test_an_opened_gift_keeps_its_address(bench: Bench, given: Given) -> None:
    change_gift(bench, given.gift_id, opened_at=bench.clock.now())
    gift = gift_of(bench, given)
    with bench.database.begin() as session, pytest.raises(Conflict) as refusal:
        delivery.correct_address(
            session, gift, "eve@evil.test", sign=bench.ports.sign, now=bench.clock.now()
        )

    assert refusal.value.code == "gift_opened"
    assert gift_of(bench, given).link_number == 1
    assert promised(bench, "deliver_gift") == []


def test_a_corrected_gift_that_is_not_due_stays_so(bench: Bench, given: Given) -> None:
    due = bench.clock.now() + timedelta(days=3)
    change_gift(bench, given.gift_id, deliver_at=due)
    with bench.database.begin() as session:
        gift = session.get_one(Gift, given.gift_id)
        delivery.correct_address(
            session, gift, "lin@right.test", sign=bench.ports.sign, now=bench.clock.now()
        )

    assert [job.run_at for job in promised(bench, "deliver_gift")] == [due]


def test_nine_in_tokyo_is_nine_in_tokyo_while_clocks_change_elsewhere(
    bench: Bench, given: Given
) -> None:
    # New York's clocks change on 8 March and London's on 29 March 2026; Tokyo's never do.
    bench.clock.moment = datetime(2026, 3, 7, 12, tzinfo=UTC)
    due = start_of("2026-03-30T09:00", "Asia/Tokyo").at
    with bench.database.begin() as session:
        jobs.add(
            session,
            "deliver_gift",
            {"gift_id": given.gift_id},
            merchant_id=gift_of(bench, given).merchant_id,
            now=bench.clock.now(),
            run_at=due,
        )
    assert due == datetime(2026, 3, 30, 0, 0, tzinfo=UTC)

    for moment, count in ((due - timedelta(seconds=1), 0), (due, 1)):
        bench.clock.moment = moment
        with bench.database.begin() as session:
            claimed = jobs.claim(session, now=moment)
        for job in claimed:
            if job.name in JOBS and job.name not in HANDLERS:
                JOBS[job.name](bench.ports, **job.payload)
        assert len([mail for mail in bench.mailbox.sent if mail.to == "lin@friend.test"]) == count


def test_nobody_who_is_erased_gets_a_mail(bench: Bench, given: Given) -> None:
    change_gift(bench, given.gift_id, email="")
    delivery.deliver_gift(bench.ports, given.gift_id)

    assert bench.mailbox.sent == []
    with bench.database.reads() as session:
        assert session.scalars(select(Alarm)).all() == []


@pytest.mark.parametrize(("way", "count"), [("email", 1), ("self", 1), ("link", 0)])
def test_a_mail_goes_when_it_is_paid_and_not_before(
    bench: Bench, world: World, way: str, count: int
) -> None:
    placed = place_gift(with_letters(bench), world, way=way)
    run_due(bench.ports)
    assert bench.mailbox.sent == []

    pay(bench.client(), bench, placed)
    while run_due(bench.ports):
        pass
    gifts = [mail for mail in bench.mailbox.sent if mail.pictures]

    assert len(gifts) == count
    assert {mail.to for mail in gifts} <= {"ben@friends.test", "ada@buyer.test"}

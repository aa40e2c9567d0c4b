"""Reminders of gifts: when they come, when they do not, and how they stop."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from gifting import delivery, reminders
from gifting.models import Gift, GiftCard
from storefront.models import Job
from tests.factories import World
from tests.fakes import Bench
from tests.gifting.factories import Given, a_gift
from tests.gifting.letters import change_gift, with_letters


@pytest.fixture
def given(bench: Bench, world: World) -> Given:
    """Give a gift that was delivered, whose last day is known."""
    given = a_gift(with_letters(bench), world, expires_on=date(2031, 3, 31))
    delivery.deliver_gift(bench.ports, given.gift_id)
    bench.mailbox.sent.clear()
    return given


def remind(bench: Bench, given: Given, reason: str) -> int:
    """Run a reminder; return how many mails there are now."""
    reminders.remind_gift(bench.ports, given.gift_id, reason=reason, link_number=1)
    return len(bench.mailbox.sent)


def set_card(bench: Bench, given: Given, **facts: Any) -> None:
    with bench.database.begin() as session:
        session.execute(update(GiftCard).where(GiftCard.id == given.card_id).values(**facts))


@pytest.mark.usefixtures("given")
def test_reminders_are_promised_when_a_gift_is_delivered(bench: Bench) -> None:
    with bench.database.reads() as session:
        rows = session.execute(
            select(Job.payload, Job.run_at).where(Job.name == "remind_gift").order_by(Job.run_at)
        ).all()

    assert [(row.payload["reason"], row.run_at) for row in rows] == [
        ("unopened", bench.clock.now() + timedelta(days=7)),
        # Nine in New York, thirty days before the last.
        ("expiry", datetime(2031, 3, 1, 14, tzinfo=UTC)),
    ]


@pytest.mark.parametrize("reason", ["unopened", "expiry"])
def test_a_reminder_comes_once(bench: Bench, given: Given, reason: str) -> None:
    assert [remind(bench, given, reason) for _ in range(2)] == [1, 1]


@pytest.mark.parametrize("reason", ["unopened", "expiry"])
def test_a_spent_gift_is_not_remembered(bench: Bench, given: Given, reason: str) -> None:
    set_card(bench, given, balance_minor=0)
    count = remind(bench, given, reason)
    set_card(bench, given, balance_minor=2000)

    assert count == 0


@pytest.mark.parametrize(
    ("reason", "facts"),
    [
        ("unopened", {"voided_at": datetime(2026, 3, 14, tzinfo=UTC)}),
        ("expiry", {"blocked_at": datetime(2026, 3, 14, tzinfo=UTC)}),
        ("expiry", {"expires_on": date(2026, 3, 13)}),
    ],
)
def test_what_cannot_be_used_is_not_remembered(
    bench: Bench, given: Given, reason: str, facts: dict[str, Any]
) -> None:
    set_card(bench, given, **facts)

    assert remind(bench, given, reason) == 0


def test_who_has_opened_a_gift_is_reminded_of_its_end_only(bench: Bench, given: Given) -> None:
    change_gift(bench, given.gift_id, opened_at=bench.clock.now())

    assert remind(bench, given, "unopened") == 0
    assert remind(bench, given, "expiry") == 1


def test_after_a_correction_the_old_address_is_not_reminded(bench: Bench, given: Given) -> None:
    change_gift(bench, given.gift_id, link_number=2)

    assert remind(bench, given, "unopened") == 0


def test_who_wants_none_gets_none_of_any_gift_here(
    bench: Bench, world: World, given: Given
) -> None:
    other = a_gift(bench, world)
    with bench.database.begin() as session:
        reminders.stop(session, session.get_one(Gift, other.gift_id), now=bench.clock.now())

    assert remind(bench, given, "unopened") == 0
    change_gift(bench, other.gift_id, email="somebody@else.test")
    assert remind(bench, given, "unopened") == 1

"""What rings is told to who can do something about it, gathered, and at most once an hour."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from jinja2 import FileSystemLoader

from storefront.adapters.jinja_letters import JinjaLetters
from storefront.app import _letter_filters
from storefront.errors import Invalid
from storefront.paths import TEMPLATES, TRANSLATIONS
from storefront.services import alarms, members
from storefront.web.console import words
from storefront.worker import run_due, sweep
from tests.factories import PASSWORD, World
from tests.fakes import Bench

INSTALLATION = 0
OPERATOR = "admin@shop.test"


def ring(bench: Bench, merchant_id: int, *kinds: str) -> None:
    with bench.database.begin() as session:
        for kind in kinds:
            alarms.raise_alarm(session, merchant_id, kind, now=bench.clock.now())


def deliver(bench: Bench) -> list[str]:
    """Let the worker sweep and mail, and return who has got mail since."""
    before = len(bench.mailbox.sent)
    sweep(bench.ports)
    while run_due(bench.ports):
        pass
    return [message.to for message in bench.mailbox.sent[before:]]


def with_operator(bench: Bench) -> None:
    settings = replace(bench.ports.settings, operator_email=OPERATOR)
    bench.ports = replace(bench.ports, settings=settings)


def test_owners_and_nobody_else_hear_of_their_merchants_alarms(bench: Bench, world: World) -> None:
    with bench.database.begin() as session:
        for role in ("manager", "clerk"):
            members.add_member(
                session,
                world.merchant.id,
                email=f"{role}@gelato.test",
                name="Mia",
                password=PASSWORD,
                role=role,
                now=bench.clock.now(),
            )
    ring(bench, world.merchant.id, "paid_twice", "refund_failed")

    assert [world.owner_email] == deliver(bench)


def test_mails_come_once_an_hour_however_often_it_rings(bench: Bench, world: World) -> None:
    told = []
    for minutes in (0, 1, 58, 1, 1):
        bench.clock.pass_time(minutes=minutes)
        ring(bench, world.merchant.id, "paid_twice" if minutes % 2 else "refund_failed")
        told.append(len(deliver(bench)))

    assert [1, 0, 0, 1, 0] == told


def test_what_does_not_ring_again_is_not_mailed_again(bench: Bench, world: World) -> None:
    ring(bench, world.merchant.id, "paid_twice")
    deliver(bench)
    bench.clock.pass_time(hours=2)

    assert [] == deliver(bench)


def test_the_operator_hears_of_the_installations_alarms(bench: Bench) -> None:
    with_operator(bench)
    ring(bench, INSTALLATION, "mode_mismatch")

    assert [OPERATOR] == deliver(bench)


def test_without_an_operator_nobody_is_mailed(bench: Bench) -> None:
    ring(bench, INSTALLATION, "mode_mismatch")

    assert [] == deliver(bench)


def test_a_mail_about_alarms_that_is_refused_is_not_mailed_about(
    bench: Bench, world: World
) -> None:
    bench.mailbox.fault = Invalid("mail_refused")
    ring(bench, world.merchant.id, "paid_twice")
    deliver(bench)
    bench.mailbox.fault = None
    bench.clock.pass_time(hours=2)

    assert [] == deliver(bench)
    with bench.database.reads() as session:
        kinds = {each.kind for each in alarms.list_alarms(session, world.merchant.id)}
    assert {"paid_twice", "gave_up_send_alarms"} == kinds


def test_an_owner_who_was_let_go_meanwhile_gets_nothing(bench: Bench, world: World) -> None:
    with bench.database.begin() as session:
        members.add_member(
            session,
            world.merchant.id,
            email="second@gelato.test",
            name="Sol",
            password=PASSWORD,
            role="owner",
            now=bench.clock.now(),
        )
    ring(bench, world.merchant.id, "paid_twice")
    sweep(bench.ports)
    with bench.database.begin() as session:
        found = members.find_by_email(session, world.owner_email)
        assert found
        members.leave(session, world.merchant.id, found.member_public_id, now=bench.clock.now())
    while run_due(bench.ports):
        pass

    assert ["second@gelato.test"] == [message.to for message in bench.mailbox.sent]


@pytest.mark.parametrize(
    ("merchant_id", "subject", "words"),
    [
        (None, "2 things wait for you at Gelato & Sons", "An order was paid twice."),
        (INSTALLATION, "2 things wait for you at shop.test", "test and live are mixed up"),
    ],
)
def test_the_letter_says_in_plain_words_what_has_rung(
    bench: Bench, world: World, merchant_id: int | None, subject: str, words: str
) -> None:
    with_operator(bench)
    letters = JinjaLetters(
        FileSystemLoader(TEMPLATES), translations=TRANSLATIONS, filters=_letter_filters
    )
    bench.ports = replace(bench.ports, letters=letters)
    whose = world.merchant.id if merchant_id is None else merchant_id
    ring(bench, whose, "paid_twice", "mode_mismatch")
    deliver(bench)

    [message] = bench.mailbox.sent
    assert subject == message.subject
    assert words in " ".join(message.text.split())
    assert words in " ".join(message.html.split())


def test_a_letter_is_written_beside_a_host_that_knows_none_of_our_words(
    bench: Bench, world: World
) -> None:
    """Commands run in the host's application, in which our pages' translations are not at home."""
    letters = JinjaLetters(
        FileSystemLoader(TEMPLATES), translations=TRANSLATIONS, filters=_letter_filters
    )
    bench.ports = replace(bench.ports, letters=letters)
    ring(bench, world.merchant.id, "paid_twice")
    with Flask("a host").app_context():
        deliver(bench)
    [letter] = bench.mailbox.sent

    assert str(words.of(words.ALARMS, "paid_twice")) in letter.text


def test_an_alarm_that_was_dealt_with_is_quiet_until_it_rings_again(
    bench: Bench, world: World
) -> None:
    def open_kinds() -> list[str]:
        with bench.database.reads() as session:
            return [each.kind for each in alarms.list_alarms(session, world.merchant.id)]

    ring(bench, world.merchant.id, "paid_twice")
    with bench.database.begin() as session:
        alarms.mark_seen(session, world.merchant.id, "paid_twice", now=bench.clock.now())
    after = open_kinds()
    bench.clock.moment += timedelta(seconds=1)
    ring(bench, world.merchant.id, "paid_twice")

    assert ([], ["paid_twice"]) == (after, open_kinds())

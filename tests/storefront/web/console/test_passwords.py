"""New passwords: by a link from the mailbox, or by who knows the old one. Sessions end with the
old one, and when their member leaves."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from jinja2 import FileSystemLoader

from storefront.adapters.jinja_letters import JinjaLetters
from storefront.paths import TEMPLATES, TRANSLATIONS
from storefront.services import members
from storefront.web.formats import letter_filters
from storefront.worker import run_due
from tests.contents import contents, new_rows, nothing_changes
from tests.factories import PASSWORD, World
from tests.fakes import BASE_URL, Bench
from tests.storefront.web.answers import Refusal, page_says, refusal
from tests.storefront.web.console.conftest import ORIGIN, sign_in

NEW = "a-better-horse-battery"
OVER = "This link is over"


@pytest.fixture
def bench(bench: Bench) -> Bench:
    """Give a shop that writes its letters with the real templates."""
    loader = FileSystemLoader(TEMPLATES)
    letters = JinjaLetters(loader, translations=TRANSLATIONS, filters=letter_filters)
    return replace(bench, ports=replace(bench.ports, letters=letters))


def ask(bench: Bench, email: str, *, address: str = "192.0.2.1") -> Any:
    """Ask for a link from a network address."""
    return bench.client().post(
        "/console/password-resets",
        data={"email": email},
        environ_overrides={"REMOTE_ADDR": address},
    )


def link_for(bench: Bench, world: World) -> str:
    """Ask for a link and read it in the mailbox."""
    ask(bench, world.owner_email)
    run_due(bench.ports)
    found = re.search(rf"{BASE_URL}(/console/password-resets/\S+)", bench.mailbox.sent[-1].text)
    assert found
    return found[1]


def can_sign_in(bench: Bench, email: str, password: str) -> bool:
    form = {"email": email, "password": password}
    return bool(bench.client().post("/console/sign-in", data=form).status_code == 303)


def test_a_link_from_the_mailbox_sets_a_new_password(bench: Bench, world: World) -> None:
    link = link_for(bench, world)
    client = bench.client()

    sheet = client.get(link)
    answer = client.post(link, data={"password": NEW})

    assert (200, 303) == (sheet.status_code, answer.status_code)
    assert "Your new password is set" in client.get(answer.location).text
    assert (True, False) == (
        can_sign_in(bench, world.owner_email, NEW),
        can_sign_in(bench, world.owner_email, PASSWORD),
    )


def test_the_mail_goes_to_the_member_in_both_forms(bench: Bench, world: World) -> None:
    link = link_for(bench, world)
    mail = bench.mailbox.sent[-1]

    assert (world.owner_email, "A new password for Gelato & Sons") == (mail.to, mail.subject)
    assert link in mail.html


def test_a_link_works_once(bench: Bench, world: World) -> None:
    link = link_for(bench, world)
    bench.client().post(link, data={"password": NEW})

    with nothing_changes(bench.database):
        again = bench.client().post(link, data={"password": "yet-another-horse"})

    assert 410 == again.status_code
    assert page_says(again, OVER)


def test_looking_at_the_link_uses_nothing_up(bench: Bench, world: World) -> None:
    """Mail programs open links before people do."""
    link = link_for(bench, world)

    with nothing_changes(bench.database):
        seen = {bench.client().get(link).status_code for _ in range(3)}

    assert {200} == seen
    assert 303 == bench.client().post(link, data={"password": NEW}).status_code


@pytest.mark.parametrize(("minutes", "expected"), [(59.9, 303), (60, 410)])
def test_a_link_is_good_for_an_hour(
    bench: Bench, world: World, minutes: float, expected: int
) -> None:
    link = link_for(bench, world)
    bench.clock.pass_time(minutes=minutes)

    assert expected == bench.client().post(link, data={"password": NEW}).status_code


def test_an_older_link_is_void_once_a_newer_one_was_used(bench: Bench, world: World) -> None:
    older, newer = link_for(bench, world), link_for(bench, world)
    bench.client().post(newer, data={"password": NEW})

    assert 410 == bench.client().get(older).status_code


def test_an_altered_link_opens_nothing(bench: Bench, world: World) -> None:
    link = link_for(bench, world)
    forged = [
        # The last letter holds four bits of the signature: A and B would be the same.
        link[:-1] + ("A" if link[-1] != "A" else "E"),
        link + "x",
        "/console/password-resets/x",
    ]

    with nothing_changes(bench.database):
        answers = {bench.client().post(each, data={"password": NEW}).status_code for each in forged}

    assert {410} == answers


@pytest.mark.parametrize("password", ["", "short", "x" * 129, "a-password-with-\0"])
def test_a_password_that_cannot_be_set_leaves_the_link_good(
    bench: Bench, world: World, password: str
) -> None:
    link = link_for(bench, world)

    with nothing_changes(bench.database):
        refused = bench.client().post(link, data={"password": password})

    assert 422 == refused.status_code
    assert page_says(refused, "A password has 12 to 128 characters.")
    assert 303 == bench.client().post(link, data={"password": NEW}).status_code


def test_the_answer_is_the_same_for_an_address_that_nobody_has(bench: Bench, world: World) -> None:
    known = ask(bench, world.owner_email)
    unknown = ask(bench, "nobody@gelato.test")

    assert (known.status_code, known.location) == (unknown.status_code, unknown.location)
    assert "If you have an account under this address" in bench.client().get(known.location).text


def test_the_same_is_written_for_an_address_that_nobody_has(bench: Bench, world: World) -> None:
    start = contents(bench.database)
    ask(bench, world.owner_email, address="192.0.2.1")
    known = contents(bench.database)
    ask(bench, "nobody@gelato.test", address="192.0.2.2")

    assert new_rows(start, known) == new_rows(known, contents(bench.database))


def test_nobody_gets_no_mail(bench: Bench, world: World) -> None:
    del world
    ask(bench, "nobody@gelato.test")
    run_due(bench.ports)

    assert [] == bench.mailbox.sent


def test_who_has_left_gets_no_mail(bench: Bench, world: World) -> None:
    ask(bench, world.owner_email)
    leave(bench, world, world.owner_email)
    run_due(bench.ports)

    assert [] == bench.mailbox.sent


def test_a_mailbox_is_not_flooded(bench: Bench, world: World) -> None:
    answers = [ask(bench, world.owner_email, address=f"192.0.2.{n}").status_code for n in range(6)]
    run_due(bench.ports)

    assert [303] * 6 == answers
    assert 3 == len(bench.mailbox.sent)


def test_who_asks_for_many_addresses_is_stopped(bench: Bench, world: World) -> None:
    del world
    answers = [ask(bench, f"n{n}@gelato.test") for n in range(21)]

    assert [303] * 20 + [429] == [each.status_code for each in answers]
    assert "3600" == answers[-1].headers["Retry-After"]


def test_what_is_no_address_is_named(bench: Bench, world: World) -> None:
    del world
    client = bench.client()
    told = {"Accept": "application/json"}

    with nothing_changes(bench.database):
        answer = client.post("/console/password-resets", data={"email": "x"}, headers=told)

    assert Refusal(422, "invalid_email", "email") == refusal(answer)


def test_a_reset_ends_every_session_and_says_so_by_mail(
    bench: Bench, world: World, owner: Any
) -> None:
    before = owner.get("/console/").status_code
    bench.client().post(link_for(bench, world), data={"password": NEW})
    run_due(bench.ports)

    assert (200, 302) == (before, owner.get("/console/").status_code)
    assert "Your password for Gelato & Sons was changed" == bench.mailbox.sent[-1].subject


def change(client: Any, old: str, new: str, **headers: str) -> Any:
    form = {"old": old, "password": new}
    return client.post("/console/account/password", data=form, headers={**ORIGIN, **headers})


def test_who_knows_the_old_password_sets_a_new_one(bench: Bench, world: World, owner: Any) -> None:
    other_device = sign_in(bench, world.owner_email)

    answer = change(owner, PASSWORD, NEW)

    assert 303 == answer.status_code
    assert "Your new password is set" in owner.get(answer.location).text
    assert 302 == other_device.get("/console/").status_code
    assert can_sign_in(bench, world.owner_email, NEW)
    run_due(bench.ports)
    assert [world.owner_email] == [mail.to for mail in bench.mailbox.sent]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("", NEW, Refusal(422, "password_wrong", "old")),
        ("x" * 129, NEW, Refusal(422, "password_wrong", "old")),
        (PASSWORD, "short", Refusal(422, "password_length", "password")),
        (PASSWORD, "x" * 129, Refusal(422, "password_length", "password")),
        ("", "", Refusal(422, "password_length", "password")),
    ],
)
def test_a_refused_change_changes_nothing(
    bench: Bench, owner: Any, old: str, new: str, told: Refusal
) -> None:
    with nothing_changes(bench.database):
        answer = change(owner, old, new, Accept="application/json")

    assert told == refusal(answer)
    assert 200 == owner.get("/console/").status_code


def test_guessing_the_old_password_is_limited(bench: Bench, world: World, owner: Any) -> None:
    answers = [change(owner, f"guess {n}", NEW).status_code for n in range(11)]

    assert [422] * 10 + [429] == answers
    assert not can_sign_in(bench, world.owner_email, NEW)
    assert 200 == owner.get("/console/").status_code


def leave(bench: Bench, world: World, email: str) -> None:
    """Let somebody leave; another owner is there, so that even the owner may."""
    with bench.database.begin() as session:
        members.join(
            session,
            world.merchant.id,
            email="second@gelato.test",
            name="Sam Second",
            password_hash="",
            role="owner",
            now=bench.clock.now(),
        )
        member = members.find_by_email(session, email)
        assert member
        members.leave(session, world.merchant.id, member.member_public_id, now=bench.clock.now())


def test_who_leaves_is_signed_out_at_once_and_cannot_come_back(
    bench: Bench, world: World, member_with: Callable[[str], Any]
) -> None:
    manager = member_with("manager")
    before = manager.get("/console/orders").status_code
    leave(bench, world, "manager-two@gelato.test")

    assert (200, 302) == (before, manager.get("/console/orders").status_code)
    assert not can_sign_in(bench, "manager-two@gelato.test", PASSWORD)


def test_a_link_asked_for_before_leaving_is_void(bench: Bench, world: World) -> None:
    link = link_for(bench, world)
    leave(bench, world, world.owner_email)

    assert 410 == bench.client().post(link, data={"password": NEW}).status_code

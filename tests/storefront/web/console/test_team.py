"""The team's page: invitations that lead in, roles that count at once, and the log of it all."""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from jinja2 import FileSystemLoader

from storefront.adapters.jinja_letters import JinjaLetters
from storefront.paths import TEMPLATES, TRANSLATIONS
from storefront.services import actions, members
from storefront.web.formats import letter_filters
from storefront.web.sentences import SENTENCES
from storefront.worker import run_due
from tests.contents import nothing_changes
from tests.factories import PASSWORD, World, world_on
from tests.fakes import BASE_URL, Bench
from tests.storefront.sales import sell
from tests.storefront.web.answers import Marks
from tests.storefront.web.console.conftest import ORIGIN
from tests.storefront.web.console.test_pages import words

MIA = "mia@gelato.test"


@pytest.fixture
def bench(bench: Bench) -> Bench:
    """Give a shop that writes its letters with the real templates."""
    letters = JinjaLetters(
        FileSystemLoader(TEMPLATES), translations=TRANSLATIONS, filters=letter_filters
    )
    return replace(bench, ports=replace(bench.ports, letters=letters))


def invite(bench: Bench, owner: Any, *, email: str = MIA, role: str = "manager") -> str:
    """Invite somebody on the page and return the link in their mail."""
    form = {"email": email, "role": role}
    assert 303 == owner.post("/console/invitations", data=form, headers=ORIGIN).status_code
    run_due(bench.ports)
    found = re.search(rf"{BASE_URL}(/console/joining/\S+)", bench.mailbox.sent[-1].text)
    assert found
    return found[1]


def test_an_invitation_leads_in(bench: Bench, owner: Any) -> None:
    link, mia = invite(bench, owner), bench.client()
    page = mia.get(link)
    joined = mia.post(link, data={"name": "Mia", "password": PASSWORD})

    assert "Gelato &amp; Sons" in page.text
    assert "/console/" == joined.headers["Location"]
    assert [200, 403] == [
        mia.get(path).status_code for path in ("/console/orders", "/console/members")
    ]


def test_all_that_is_wrong_is_named_above_to_who_is_invited(bench: Bench, owner: Any) -> None:
    link, mia = invite(bench, owner), bench.client()

    with nothing_changes(bench.database):
        answer = mia.post(link, data={"name": " ", "password": "short"})
    page = Marks(answer.text)

    assert 422 == answer.status_code
    assert (["name", "password"], ["name"]) == (page.ways, page.focus)
    assert "novalidate" in answer.text


def test_what_no_field_stands_for_is_said_above_too(bench: Bench, world: World, owner: Any) -> None:
    email = world_on(bench, slug="florist").owner_email
    link = invite(bench, owner, email=email)
    with bench.database.begin() as session:
        members.join(
            session,
            world.merchant.id,
            email=email,
            name="",
            password_hash=None,
            role="clerk",
            now=bench.clock.now(),
        )
    answer = bench.client().post(link)

    assert 409 == answer.status_code
    assert 'class="notice__faults" role="list"' in answer.text
    assert str(SENTENCES["already_member"]) in answer.text


def test_who_has_an_account_is_asked_to_sign_in_and_may_go_there(bench: Bench, owner: Any) -> None:
    florist = world_on(bench, slug="florist")
    link = invite(bench, owner, email=florist.owner_email, role="clerk")
    them = bench.client()
    joined = them.post(link, data={})
    form = {"email": florist.owner_email, "password": PASSWORD}
    them.post("/console/sign-in", data=form)
    before = them.get("/console/members").status_code
    with bench.database.reads() as session:
        person = members.find_by_email(session, florist.owner_email)
        assert person
        gelato = members.list_workplaces(session, person.member_id)[1]
    them.post(
        "/console/account/merchant", data={"merchant": gelato.merchant_public_id}, headers=ORIGIN
    )

    assert "/console/sign-in?new=shop" == joined.headers["Location"]
    assert (200, 403) == (before, them.get("/console/members").status_code)


def test_a_role_counts_from_the_next_click_on(
    bench: Bench, owner: Any, member_with: Callable[[str], Any]
) -> None:
    clerk = member_with("clerk")
    before = clerk.get("/console/placements").status_code
    with bench.database.reads() as session:
        found = members.find_by_email(session, "clerk-two@gelato.test")
    assert found
    path = f"/console/members/{found.member_public_id}/role"
    owner.post(path, data={"role": "manager"}, headers=ORIGIN)

    assert (403, 200) == (before, clerk.get("/console/placements").status_code)


def test_a_clerk_makes_nobody_anything_else(
    bench: Bench, member_with: Callable[[str], Any]
) -> None:
    """Bad input 41: one's own role is no exception."""
    clerk = member_with("clerk")
    with bench.database.reads() as session:
        found = members.find_by_email(session, "clerk-two@gelato.test")
    assert found

    with nothing_changes(bench.database):
        answers = [
            clerk.post(path, data={"role": "owner", "email": MIA}, headers=ORIGIN).status_code
            for path in (
                f"/console/members/{found.member_public_id}/role",
                "/console/invitations",
            )
        ]

    assert [403, 403] == answers


def test_nobody_is_given_a_role_at_another_merchant(bench: Bench, owner: Any) -> None:
    """Bad input 40: what belongs to another merchant is not there."""
    rival = world_on(bench, slug="florist")
    with bench.database.reads() as session:
        found = members.find_by_email(session, rival.owner_email)
    assert found

    with nothing_changes(bench.database):
        answer = owner.post(
            f"/console/members/{found.member_public_id}/role",
            data={"role": "clerk"},
            headers=ORIGIN,
        )

    assert 404 == answer.status_code


def test_a_wrong_address_is_told_at_its_field(bench: Bench, owner: Any) -> None:
    with nothing_changes(bench.database):
        answer = owner.post(
            "/console/invitations", data={"email": "mia", "role": "clerk"}, headers=ORIGIN
        )

    assert 422 == answer.status_code
    assert 'id="email-error"' in answer.text


def test_reports_only_sees_figures_and_no_buyer(member_with: Callable[[str], Any]) -> None:
    reader = member_with("reports")
    answers = {
        path: reader.get(path).status_code
        for path in ("/console/", "/console/shares", "/console/orders", "/console/settings")
    }

    assert {
        "/console/": 200,
        "/console/shares": 200,
        "/console/orders": 403,
        "/console/settings": 403,
    } == answers
    assert "/console/orders" not in reader.get("/console/").text


def csv_rows(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_the_log_tells_who_did_what(bench: Bench, owner: Any) -> None:
    link = invite(bench, owner)
    bench.client().post(link, data={"name": "=Mia()", "password": PASSWORD})

    rows = csv_rows(owner.get("/console/log.csv"))

    assert [
        ["done_at", "member", "action", "object_kind"],
        ["2026-03-14T09:26:53+00:00", "'=Mia()", "member_joined", "member"],
        ["2026-03-14T09:26:53+00:00", "Olive Owner", "member_invited", "invitation"],
    ] == [row[:4] for row in rows]
    assert ["role=manager", "role=manager"] == [row[5] for row in rows[1:]]


def test_the_whole_log_is_given_however_long_it_is(
    bench: Bench, world: World, owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storefront.services.reporting.actions.PORTION", 3)
    with bench.database.begin() as session:
        who = members.find_by_email(session, world.owner_email)
        assert who
        for number in range(7):
            moment = bench.clock.now().replace(day=10 + number // 5)
            actions.note(session, who, "member_left", of=("member", f"mem_{number}"), now=moment)

    rows = csv_rows(owner.get("/console/log.csv?action=member_left"))

    assert [f"mem_{number}" for number in (6, 5, 4, 3, 2, 1, 0)] == [row[4] for row in rows[1:]]


def test_the_log_is_narrowed_by_person_action_and_day(
    bench: Bench, world: World, owner: Any
) -> None:
    with bench.database.begin() as session:
        who = members.find_by_email(session, world.owner_email)
        assert who
        for day, action in enumerate(("member_invited", "member_left", "member_left")):
            moment = bench.clock.now().replace(day=10 + day)
            actions.note(session, who, action, of=("member", f"mem_{day}"), now=moment)

    found = {
        query: [row[4] for row in csv_rows(owner.get(f"/console/log.csv?{query}"))[1:]]
        for query in (
            "action=member_left",
            "since=2026-03-11&until=2026-03-11",
            f"member={who.member_public_id}",
            "member=mem_0000000000000000",
        )
    }

    assert {
        "action=member_left": ["mem_2", "mem_1"],
        "since=2026-03-11&until=2026-03-11": ["mem_1"],
        f"member={who.member_public_id}": ["mem_2", "mem_1", "mem_0"],
        "member=mem_0000000000000000": [],
    } == found
    assert "mem_2" in owner.get("/console/log?action=member_left").text


def test_a_day_that_is_none_is_refused(owner: Any) -> None:
    assert 422 == owner.get("/console/log?since=yesterday").status_code
    for query in ("since=0001-01-01", "until=9999-12-31"):
        assert 422 == owner.get(f"/console/log?{query}").status_code


def test_the_log_calls_things_by_their_names_and_tells_figures_in_words(
    bench: Bench, world: World, owner: Any
) -> None:
    now, sold = bench.clock.now(), sell(bench, world)
    noted: list[tuple[str, tuple[str, str], dict[str, Any]]] = [
        ("refunded", ("order", sold.public_id), {"amount_minor": 450, "currency": "USD"}),
        ("variant_edited", ("variant", world.variant.public_id),
         {"price_minor": 450, "was_minor": 400}),
        ("token_made", ("token", "tok_0000000000000000"), {"store": world.store.public_id}),
        ("shop_text_set", ("shop_text", "imprint"), {"letters": 0}),
        ("stock_changed", ("variant", "var_0000000000000000"), {"act": "count", "oddity": 7}),
    ]  # fmt: skip
    with bench.database.begin() as session:
        who = members.find_by_email(session, world.owner_email)
        assert who
        actions.note(session, who, "pin_set", of=("member", who.member_public_id), now=now)
        for action, thing, figures in noted:
            actions.note(session, who, action, of=thing, now=now, **figures)
    page = owner.get("/console/log")
    told = words(page)

    assert f'<a href="/console/orders/{sold.public_id}">#1001</a>' in page.text
    assert f'variants/{world.variant.public_id}">Pistachio cone, Regular</a>' in page.text
    for sentence in (
        "set the PIN of Olive Owner",
        "gave money back for #1001 $4.50",
        "$4.50 instead of $4.00",
        "made the token tok_0000000000000000 Main Street",
        "set the text Imprint 0 characters",
        "changed the stock of the variant var_0000000000000000 counted oddity 7",
    ):
        assert sentence in told

"""Work that was given up: who may look at it, and what they can do about it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from storefront.errors import Invalid
from storefront.models import Action, Job
from storefront.worker import run_due
from tests.contents import nothing_changes
from tests.factories import World, place
from tests.fakes import Bench
from tests.storefront.sales import sell
from tests.storefront.web.console.conftest import ORIGIN, sign_in

PAGE = "/console/given-up"


@pytest.fixture
def receipt(bench: Bench, world: World) -> Job:
    """Let a receipt be given up: its address takes no mail."""
    sell(bench, world)
    bench.mailbox.fault = Invalid("mail_refused", field="email")
    run_due(bench.ports)
    bench.mailbox.fault = None
    return the_receipt(bench)


def the_receipt(bench: Bench) -> Job:
    """Return the job of the one receipt there is."""
    with bench.database.reads() as session:
        return session.scalars(select(Job).where(Job.name == "send_receipt")).one()


def press(client: Any, what: str, *, page: str = PAGE) -> Any:
    """Press the first button of this kind on a page, as it stands there."""
    found = re.search(rf'action="([^"]+/{what})"', client.get(page).text)
    assert found
    return client.post(found[1], headers=ORIGIN)


def noted(bench: Bench) -> list[tuple[str, dict[str, Any]]]:
    """Return what the log says was done about jobs."""
    with bench.database.reads() as session:
        rows = session.execute(select(Action.action, Action.figures).order_by(Action.id))
        return [(action, figures) for action, figures in rows if action.startswith("job_")]


@pytest.mark.usefixtures("receipt")
@pytest.mark.parametrize("page", ["/console/", PAGE])
def test_what_was_given_up_is_shown_with_its_order_and_its_fault(owner: Any, page: str) -> None:
    shown = owner.get(page).text

    assert "Send the receipt" in shown
    assert "Order #1001" in shown
    assert "mail_refused" in shown


@pytest.mark.parametrize("page", ["/console/", PAGE])
def test_what_is_tried_again_is_done_and_noted(
    bench: Bench, owner: Any, receipt: Job, page: str
) -> None:
    answer = press(owner, "again", page=page)
    run_due(bench.ports)

    assert (303, PAGE) == (answer.status_code, answer.headers["Location"])
    assert receipt.given_up_at is not None
    assert (None, bench.clock.now()) == (the_receipt(bench).given_up_at, the_receipt(bench).done_at)
    assert [("job_tried_again", {"job": "send_receipt"})] == noted(bench)
    assert "let us try again what was given up" in owner.get("/console/log").text
    assert "Nothing waits" in owner.get(PAGE).text


def test_what_fails_again_is_given_up_again(bench: Bench, owner: Any, receipt: Job) -> None:
    bench.clock.pass_time(hours=1)
    press(owner, "again")
    bench.mailbox.fault = Invalid("mail_refused", field="email")
    run_due(bench.ports)

    assert (1, bench.clock.now()) == (the_receipt(bench).attempts, the_receipt(bench).given_up_at)
    assert receipt.given_up_at != the_receipt(bench).given_up_at


def test_what_is_set_aside_is_never_tried_and_no_longer_shown(
    bench: Bench, owner: Any, receipt: Job
) -> None:
    press(owner, "aside")
    bench.clock.pass_time(days=1)
    before = len(bench.mailbox.sent)
    run_due(bench.ports)

    assert before == len(bench.mailbox.sent)
    assert receipt.given_up_at == the_receipt(bench).given_up_at
    assert [("job_set_aside", {"job": "send_receipt"})] == noted(bench)
    assert all("Send the receipt" not in owner.get(page).text for page in ("/console/", PAGE))


def test_of_two_who_press_at_once_one_is_noted(bench: Bench, owner: Any, receipt: Job) -> None:
    shown = owner.get(PAGE).text
    again, aside = (
        re.findall(rf'action="([^"]+/{what})"', shown)[0] for what in ("again", "aside")
    )
    owner.post(again, headers=ORIGIN)

    with nothing_changes(bench.database):
        late = owner.post(aside, headers=ORIGIN)

    assert (303, receipt.id) == (late.status_code, the_receipt(bench).id)
    assert [("job_tried_again", {"job": "send_receipt"})] == noted(bench)


@pytest.mark.usefixtures("receipt")
def test_another_merchant_can_do_nothing_about_it(bench: Bench, owner: Any, rival: World) -> None:
    marks = re.findall(rf'action="({PAGE}/[^"]+)"', owner.get(PAGE).text)
    florist = sign_in(bench, rival.owner_email)

    with nothing_changes(bench.database):
        answers = [florist.post(mark, headers=ORIGIN).status_code for mark in marks]

    assert [404, 404] == answers
    assert "Nothing waits" in florist.get(PAGE).text


@pytest.mark.usefixtures("receipt")
@pytest.mark.parametrize("role", ["reports", "clerk"])
def test_who_does_not_run_the_shop_sees_none_of_it(
    member_with: Callable[[str], Any], role: str
) -> None:
    assert 403 == member_with(role).get(PAGE).status_code


def test_the_home_page_shows_some_and_leads_to_all(bench: Bench, world: World, owner: Any) -> None:
    for _ in range(4):
        place(bench, world)
    with bench.database.begin() as session:
        for job in session.scalars(select(Job)):
            job.given_up_at, job.last_fault = bench.clock.now(), "worker_died"

    home, page = owner.get("/console/").text, owner.get(PAGE).text

    assert (3, 4) == (home.count("/again"), page.count("/again"))
    assert "All 4 that were given up" in home

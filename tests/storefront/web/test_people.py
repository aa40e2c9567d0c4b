"""Who counts when a shared link is opened: people do, whatever app they are in; crawlers, previews,
scanners and browsers that fetch ahead do not."""

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from storefront.models import Interaction
from storefront.web.people import is_in_app_browser, is_person
from tests.contents import counts
from tests.storefront.web.conftest import Shop


def named_in(file: str) -> tuple[str, ...]:
    """Return the names of browsers in a list beside this file, one a line."""
    folder = Path(__file__).with_name("user_agents")
    return tuple((folder / file).read_text(encoding="utf-8").splitlines())


IN_APP = named_in("in_apps.txt")
OTHER_PEOPLE = named_in("other_people.txt")
MACHINES = ("", *named_in("machines.txt"))

AHEAD_OF_TIME = (
    {"Sec-Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch;prerender"},
    {"Sec-Purpose": "prefetch;anonymous-client-ip"},
    {"Purpose": "prefetch"},
    {"X-Purpose": "preview"},
    {"X-Purpose": "preview, prefetch"},
    {"X-Moz": "prefetch"},
)


def ask(agent: str, *, method: str = "GET", **headers: str) -> Request:
    """Return a request as a browser with this name sends it."""
    builder = EnvironBuilder("/s/x", method=method, headers={"User-Agent": agent, **headers})
    return Request(builder.get_environ())


def test_the_lists_are_as_long_as_promised() -> None:
    assert len(set(IN_APP)) >= 25
    assert len(set(MACHINES)) + len(AHEAD_OF_TIME) >= 40


@pytest.mark.parametrize("agent", [*IN_APP, *OTHER_PEOPLE])
def test_people_count_in_every_browser(agent: str) -> None:
    assert is_person(ask(agent))


@pytest.mark.parametrize("agent", IN_APP)
def test_browsers_inside_apps_are_known_as_such(agent: str) -> None:
    """They get the page instead of the post, because they block what frames need."""
    assert is_in_app_browser(agent)


@pytest.mark.parametrize("agent", OTHER_PEOPLE[-3:])
def test_browsers_of_their_own_are_not_taken_for_apps(agent: str) -> None:
    assert not is_in_app_browser(agent)


@pytest.mark.parametrize("agent", MACHINES)
def test_machines_never_count(agent: str) -> None:
    assert not is_person(ask(agent))


@pytest.mark.parametrize("headers", AHEAD_OF_TIME)
@pytest.mark.parametrize("agent", [IN_APP[0], OTHER_PEOPLE[0]])
def test_what_a_browser_fetches_ahead_never_counts(agent: str, headers: dict[str, str]) -> None:
    assert not is_person(ask(agent, **headers))


@pytest.mark.parametrize("agent", [IN_APP[0], OTHER_PEOPLE[0]])
def test_asking_for_the_head_never_counts(agent: str) -> None:
    assert not is_person(ask(agent, method="HEAD"))


@pytest.fixture(scope="module")
def link(shop: Shop) -> str:
    """Give a shared link."""
    body = {"placement": shop.world.placement.public_id, "kind": "share"}
    return str(shop.client.post("/interactions", json=body).json["share_url"])


def openings(shop: Shop) -> int:
    """Return how many openings are recorded."""
    with shop.bench.database.reads() as session:
        kind = Interaction.kind == "open"
        return session.scalar(select(func.count(Interaction.id)).where(kind)) or 0


@pytest.mark.parametrize("agent", [IN_APP[0], IN_APP[5], IN_APP[20], *OTHER_PEOPLE[:2]])
def test_a_person_who_opens_a_link_is_one_row_before_they_are_led_on(
    shop: Shop, link: str, agent: str
) -> None:
    """T1: the row is there, under an id that cannot be guessed, when the answer is."""
    before = counts(shop.bench.database)

    answer = shop.client.get(link, headers={"User-Agent": agent})

    after = counts(shop.bench.database)
    with shop.bench.database.reads() as session:
        row = session.scalars(
            select(Interaction).where(Interaction.kind == "open").order_by(Interaction.id.desc())
        ).first()
    assert 303 == answer.status_code
    assert {**before, "storefront_interactions": before["storefront_interactions"] + 1} == after
    assert row is not None
    assert ("open", "signed", "link") == (row.kind, row.assurance, row.surface)
    assert re.fullmatch(r"int_[0-9a-z]{16}", row.public_id)


@pytest.mark.parametrize(
    ("method", "headers"),
    [("GET", {"User-Agent": MACHINES[0]}), ("HEAD", {"User-Agent": OTHER_PEOPLE[0]}),
     ("GET", {"User-Agent": IN_APP[0], "Sec-Purpose": "prefetch"}), ("OPTIONS", {})],
)  # fmt: skip
def test_nobody_is_counted_for_a_look_ahead(
    shop: Shop, link: str, method: str, headers: dict[str, str]
) -> None:
    before = counts(shop.bench.database)

    answer = shop.client.open(link, method=method, headers=headers)

    assert 200 == answer.status_code
    assert before == counts(shop.bench.database)


def test_a_thousand_previews_leave_every_counter_as_it_was(shop: Shop, link: str) -> None:
    """W14: the first HTML has all that a preview needs, may be kept, and has no effect."""
    before = counts(shop.bench.database)
    times = 1000 if shop.bench.database.is_sqlite else 100  # the same code reads on both

    answers: list[Any] = [
        shop.client.get(link, headers={"User-Agent": MACHINES[number % len(MACHINES)]})
        for number in range(times)
    ]

    assert {200} == {answer.status_code for answer in answers}
    assert before == counts(shop.bench.database)
    assert "public" in answers[0].headers["Cache-Control"]
    for tag in ("og:title", "og:description", "og:image", "og:url", "twitter:card"):
        assert tag in answers[0].text
    assert 1 == len({answer.data for answer in answers})


def test_the_thousand_would_have_been_counted_if_they_were_people(shop: Shop, link: str) -> None:
    before = openings(shop)

    for _ in range(5):
        shop.client.get(link, headers={"User-Agent": OTHER_PEOPLE[0]})

    assert before + 5 == openings(shop)

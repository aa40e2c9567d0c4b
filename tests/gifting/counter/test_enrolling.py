"""The console's pages of the counter, and what the link makes of a telephone."""

import re
from typing import Any

import pytest

from tests.contents import nothing_changes
from tests.factories import World
from tests.fakes import BASE_URL, Bench
from tests.gifting.counter.factories import ORIGIN, PIN, a_clerk, a_counter
from tests.storefront.web.console.conftest import sign_in


@pytest.fixture
def owner(bench: Bench, world: World) -> Any:
    return sign_in(bench, world.owner_email)


def invite(owner: Any, world: World, name: str = "Till 1") -> Any:
    form = {"name": name, "store": world.store.public_id}
    return owner.post("/console/counter/devices", data=form, headers=ORIGIN)


def link_on(page: str) -> str:
    return re.findall(rf">{BASE_URL}(/counter/enrolment/[^<]+)<", page)[0]


def test_a_telephone_becomes_a_counter_by_the_link_in_the_console(
    bench: Bench, world: World, owner: Any
) -> None:
    waiting = owner.get(invite(owner, world).headers["Location"])
    telephone = bench.client()
    looked = telephone.get(link_on(waiting.text))
    before = telephone.get("/counter").status_code
    enrolled = telephone.post(link_on(waiting.text), headers=ORIGIN)

    assert 200 == looked.status_code
    assert "Make this device “Till 1”?" in looked.text
    assert (403, 303) == (before, enrolled.status_code)
    assert "Nobody has a PIN yet" in telephone.get("/counter").text
    assert "Till 1" in owner.get("/console/counter").text


def test_looking_at_the_link_uses_nothing_up(bench: Bench, world: World, owner: Any) -> None:
    link = link_on(owner.get(invite(owner, world).headers["Location"]).text)

    with nothing_changes(bench.database):
        seen = [bench.client().get(link).status_code for _ in range(2)]

    assert [200, 200] == seen


def test_a_second_telephone_finds_the_link_over(bench: Bench, world: World, owner: Any) -> None:
    link = link_on(owner.get(invite(owner, world).headers["Location"]).text)
    bench.client().post(link, headers=ORIGIN)
    late = bench.client()

    with nothing_changes(bench.database):
        answers = [late.get(link).status_code, late.post(link, headers=ORIGIN).status_code]

    assert [410, 410] == answers
    assert 403 == late.get("/counter").status_code


def test_the_cookie_of_a_device_is_read_by_no_script_and_sent_to_no_other_site(
    bench: Bench, world: World, owner: Any
) -> None:
    link = link_on(owner.get(invite(owner, world).headers["Location"]).text)

    cookie = bench.client().post(link, headers=ORIGIN).headers["Set-Cookie"]

    assert cookie.startswith("__Host-storefront-")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))


@pytest.mark.parametrize(("field", "value"), [("name", ""), ("store", "sto_0000000000000000")])
def test_a_device_without_name_or_store_is_refused_at_the_field(
    bench: Bench, world: World, owner: Any, field: str, value: str
) -> None:
    form = {"name": "Till 1", "store": world.store.public_id, field: value}

    with nothing_changes(bench.database):
        answer = owner.post("/console/counter/devices", data=form, headers=ORIGIN)

    assert 422 == answer.status_code
    assert f'aria-describedby="{field}' in answer.text


def test_a_revoked_device_is_turned_away_on_its_next_tap(
    bench: Bench, world: World, owner: Any
) -> None:
    counter = a_counter(bench, world)
    before = counter.get().status_code
    owner.post(f"/console/counter/devices/{counter.device}/revocation", headers=ORIGIN)

    assert (200, 403) == (before, counter.get().status_code)


def test_a_device_is_renamed(bench: Bench, world: World, owner: Any) -> None:
    counter = a_counter(bench, world)
    path = f"/console/counter/devices/{counter.device}"

    owner.post(path, data={"name": "Tablet at the door"}, headers=ORIGIN)

    assert "Tablet at the door" in counter.get().text


def test_a_manager_sets_a_clerks_pin_in_the_console(bench: Bench, world: World, owner: Any) -> None:
    counter = a_counter(bench, world, is_begun=False)
    path = f"/console/counter/members/{counter.clerk}/pin"

    set_ = owner.post(path, data={"pin": "930574"}, headers=ORIGIN)

    assert 303 == set_.status_code
    assert 422 == counter.begin(pin=PIN).status_code
    assert 303 == counter.begin(pin="930574").status_code


def test_the_console_tells_a_first_pin_from_another_and_from_none(
    bench: Bench, world: World, owner: Any
) -> None:
    path = f"/console/counter/members/{a_clerk(bench, world, pin=None)}/pin"
    forms = ({"pin": "930574"}, {"pin": "482615"}, {"remove": "1"})

    shown = [
        owner.post(path, data=form, headers=ORIGIN, follow_redirects=True).text for form in forms
    ]

    for text, news in zip(shown, ("is set", "is changed", "is gone"), strict=True):
        assert f"The PIN {news}." in text


@pytest.mark.parametrize("pin", ["000000", "12345", ""])
def test_a_weak_pin_is_refused_at_the_field(
    bench: Bench, world: World, owner: Any, pin: str
) -> None:
    clerk = a_clerk(bench, world)

    with nothing_changes(bench.database):
        answer = owner.post(
            f"/console/counter/members/{clerk}/pin", data={"pin": pin}, headers=ORIGIN
        )

    assert 422 == answer.status_code
    assert f'id="pin-{clerk}-error"' in answer.text


def test_members_choose_their_own_pin_under_their_account(bench: Bench, world: World) -> None:
    counter = a_counter(bench, world, is_begun=False)
    clerk = sign_in(bench, "cleo@gelato.test")
    led = "/console/counter/pin" in clerk.get("/console/account").text

    clerk.post("/console/counter/pin", data={"pin": "930574"}, headers=ORIGIN)

    assert led
    assert 303 == counter.begin(pin="930574").status_code


def test_a_clerk_opens_no_page_of_managers(bench: Bench, world: World) -> None:
    a_clerk(bench, world)
    clerk = sign_in(bench, "cleo@gelato.test")

    assert [403, 403] == [
        clerk.get(path).status_code for path in ("/console/counter", "/console/settings")
    ]

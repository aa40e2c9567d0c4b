"""Bad input 46: passwords are guessed at the sign-in sheet. The guesser is stopped, the owner is
not (R-D7), and neither a made-up header nor a restart helps (R-D8)."""

from typing import Any

import pytest
from sqlalchemy import select

from storefront.models import Alarm
from tests.contents import nothing_changes
from tests.factories import PASSWORD, World, add_person
from tests.fakes import Bench, make_bench
from tests.storefront.web.answers import Refusal, page_says, refusal

GUESSER, OWNER = "192.0.2.66", "198.51.100.7"
TOO_MANY = "Too many tries. Please wait a little."


def knock(client: Any, email: str, password: str, *, address: str = GUESSER, **headers: str) -> Any:
    """Try a password from a network address."""
    return client.post(
        "/console/sign-in",
        data={"email": email, "password": password},
        headers=headers,
        environ_overrides={"REMOTE_ADDR": address},
    )


def guess(client: Any, email: str, count: int, **values: Any) -> list[int]:
    """Return the answers to so many wrong passwords."""
    return [knock(client, email, f"guess {n}", **values).status_code for n in range(count)]


def alarms(bench: Bench) -> list[tuple[int, str]]:
    with bench.database.reads() as session:
        return [(row.merchant_id, row.kind) for row in session.scalars(select(Alarm))]


def test_the_eleventh_guess_is_refused_and_says_when_to_come_back(
    bench: Bench, world: World
) -> None:
    client = bench.client()
    answers = guess(client, world.owner_email, 10)
    bench.clock.pass_time(minutes=4)

    last = knock(client, world.owner_email, "guess 11")

    assert [422] * 10 == answers
    assert (429, "360") == (last.status_code, last.headers["Retry-After"])
    assert page_says(last, TOO_MANY)


def test_a_program_is_told_the_code(bench: Bench, world: World) -> None:
    client = bench.client()
    guess(client, world.owner_email, 10)

    answer = knock(client, world.owner_email, "guess", Accept="application/json")

    assert Refusal(429, "too_many_tries") == refusal(answer)


def test_beyond_the_limit_even_the_right_password_tells_a_guesser_nothing(
    bench: Bench, world: World
) -> None:
    client = bench.client()
    guess(client, world.owner_email, 10)

    with nothing_changes(bench.database):
        answer = knock(client, world.owner_email, PASSWORD)

    assert 429 == answer.status_code
    assert 302 == client.get("/console/").status_code


def test_a_guesser_cannot_lock_the_owner_out(bench: Bench, world: World) -> None:
    """R-D7: a thousand addresses may guess; from the owner's own the password works."""
    client = bench.client()
    for number in range(12):
        guess(client, world.owner_email, 1, address=f"192.0.2.{number}")
    guess(client, world.owner_email, 11, address=GUESSER)

    owner = bench.client()

    assert 303 == knock(owner, world.owner_email, PASSWORD, address=OWNER).status_code
    assert 200 == owner.get("/console/").status_code


def test_a_session_goes_on_whatever_others_fail_at(bench: Bench, world: World) -> None:
    owner = bench.client()
    knock(owner, world.owner_email, PASSWORD, address=GUESSER)

    guess(bench.client(), world.owner_email, 11, address=GUESSER)

    here = {"REMOTE_ADDR": GUESSER}
    assert 200 == owner.get("/console/", environ_overrides=here).status_code


def test_one_address_may_fail_twenty_times_an_hour_at_all_accounts_together(
    bench: Bench, world: World
) -> None:
    """Whether they are there or not. Most are: to say no to nobody takes a tenth of a second."""
    client, now = bench.client(), bench.clock.now()
    accounts = [f"n{n}@gelato.test" for n in range(21)]
    with bench.database.begin() as session:
        for email in accounts[1:-1]:
            add_person(session, world.merchant, email=email, name="Ned", role="clerk", now=now)
    answers = [knock(client, email, "guess").status_code for email in accounts]
    bench.clock.pass_time(minutes=59)
    later = knock(client, world.owner_email, PASSWORD).status_code
    bench.clock.pass_time(minutes=1)

    assert [422] * 20 + [429] == answers
    assert (429, 303) == (later, knock(client, world.owner_email, PASSWORD).status_code)


def test_a_right_password_counts_as_no_failure(bench: Bench, world: World) -> None:
    answers = {knock(bench.client(), world.owner_email, PASSWORD).status_code for _ in range(22)}

    assert {303} == answers


def test_a_restart_forgets_no_failure(
    bench: Bench, world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    guess(bench.client(), world.owner_email, 10)
    url = bench.database.writer.url.render_as_string(hide_password=False)
    again = make_bench(tmp_path_factory.mktemp("again"), url, bench.clock.now())

    answer = knock(again.client(), world.owner_email, PASSWORD)

    again.database.dispose()
    assert 429 == answer.status_code


def test_a_made_up_forwarded_address_does_not_help(bench: Bench, world: World) -> None:
    client = bench.client()
    answers = [
        knock(
            client, world.owner_email, "guess", **{"X-Forwarded-For": f"203.0.113.{n}"}
        ).status_code
        for n in range(11)
    ]

    assert [422] * 10 + [429] == answers


def test_behind_a_trusted_proxy_callers_are_told_apart(
    bench: Bench, world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The proxy adds what it saw at the end; what a stranger wrote before it counts for nothing."""
    url = bench.database.writer.url.render_as_string(hide_password=False)
    behind = make_bench(
        tmp_path_factory.mktemp("behind"), url, bench.clock.now(), trusted_proxies=1
    )
    client = behind.client()
    answers = [
        knock(
            client,
            world.owner_email,
            "guess",
            **{"X-Forwarded-For": f"203.0.113.{n}, {GUESSER}"},
        ).status_code
        for n in range(11)
    ]
    owner = knock(client, world.owner_email, PASSWORD, **{"X-Forwarded-For": OWNER}).status_code

    behind.database.dispose()
    assert [422] * 10 + [429] == answers
    assert 303 == owner


def test_one_home_network_of_ipv6_is_one_caller(bench: Bench, world: World) -> None:
    client = bench.client()
    answers = [
        knock(client, world.owner_email, "guess", address=f"2001:db8:1:1::{n + 1:x}").status_code
        for n in range(11)
    ]
    next_door = knock(client, world.owner_email, "guess", address="2001:db8:1:2::1").status_code

    assert [422] * 10 + [429] == answers
    assert 422 == next_door


def test_a_person_is_called_when_a_limit_is_reached(bench: Bench, world: World) -> None:
    guess(bench.client(), world.owner_email, 9)
    before = alarms(bench)
    guess(bench.client(), world.owner_email, 3)

    assert [] == before
    assert [(world.merchant.id, "sign_in_guessed")] == alarms(bench)


@pytest.mark.parametrize("password", ["", "x" * 129, "x" * 10_000, PASSWORD + "\0"])
def test_what_cannot_be_a_password_is_refused_and_not_counted(
    bench: Bench, world: World, password: str
) -> None:
    client = bench.client()

    with nothing_changes(bench.database):
        answers = {knock(client, world.owner_email, password).status_code for _ in range(25)}

    assert {422} == answers

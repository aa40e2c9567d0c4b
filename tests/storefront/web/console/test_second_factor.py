"""The second step: a code from the telephone beside the password. Set up, used once each,
limited, replaced by recovery codes, turned off again."""

import html
import re
from dataclasses import replace
from typing import Any

import pyotp
import pytest

from storefront.adapters.signer import SecretSigner
from storefront.worker import run_due
from tests.contents import contents, nothing_changes
from tests.factories import PASSWORD, World
from tests.fakes import BASE_URL, Bench
from tests.storefront.web.answers import Refusal, page_says, refusal
from tests.storefront.web.console.conftest import ORIGIN, sign_in

CODE_PAGE = "/console/sign-in/code"
FACTOR = "/console/account/second-factor"
WRONG = "This code is not good, or was used already."


class Telephone:
    """Shows the code of the bench's present moment."""

    def __init__(self, bench: Bench, secret: str) -> None:
        self.bench = bench
        self.totp = pyotp.TOTP(secret)

    def code(self) -> str:
        return self.totp.at(self.bench.clock.now())

    def wrong_code(self) -> str:
        """Return a code that no step around now has."""
        now = self.bench.clock.now()
        near = {self.totp.at(now, counter_offset=offset) for offset in range(-2, 3)}
        return next(each for each in ("000000", "111111", "222222") if each not in near)


def set_up(bench: Bench, owner: Any) -> tuple[Telephone, list[str]]:
    """Turn the second step on; return the telephone and the recovery codes. A minute passes, so
    that the telephone shows a fresh code."""
    owner.post(FACTOR, data={"old": PASSWORD}, headers=ORIGIN)
    page = owner.get(FACTOR).text
    found = re.search(r'account__secret" translate="no">([A-Z2-7]+)<', page)
    assert found
    telephone = Telephone(bench, found[1])
    done = owner.post(f"{FACTOR}/confirmation", data={"code": telephone.code()}, headers=ORIGIN)
    assert 200 == done.status_code
    bench.clock.pass_time(minutes=1)
    return telephone, re.findall(r"<li><code>([0-9a-z]{5}-[0-9a-z]{5})</code>", done.text)


def first_step(bench: Bench, world: World, onward: str = "") -> Any:
    """Return a client that has passed the password, and stands before the code."""
    client = bench.client()
    form = {"email": world.owner_email, "password": PASSWORD, "next": onward}
    answer = client.post("/console/sign-in", data=form)
    assert (303, True) == (answer.status_code, CODE_PAGE in answer.location)
    return client


def give(client: Any, code: str, *, address: str = "127.0.0.1", **values: str) -> Any:
    return client.post(
        CODE_PAGE,
        data={"code": code, **values},
        headers={**ORIGIN, "Accept": "text/html"},
        environ_overrides={"REMOTE_ADDR": address},
    )


def is_in(client: Any) -> bool:
    return bool(client.get("/console/").status_code == 200)


def test_the_password_alone_opens_nothing(bench: Bench, world: World, owner: Any) -> None:
    set_up(bench, owner)
    client = first_step(bench, world)

    assert not is_in(client)
    assert 200 == client.get(CODE_PAGE).status_code


def test_the_code_of_the_telephone_signs_in(bench: Bench, world: World, owner: Any) -> None:
    telephone, _ = set_up(bench, owner)
    client = first_step(bench, world)

    answer = give(client, f" {telephone.code()[:3]} {telephone.code()[3:]}")

    assert (303, True) == (answer.status_code, is_in(client))


@pytest.mark.parametrize(
    ("seconds", "expected"), [(-30, True), (30, True), (-90, False), (90, False)]
)
def test_a_telephone_may_be_half_a_minute_off(
    bench: Bench, world: World, owner: Any, seconds: int, *, expected: bool
) -> None:
    telephone, _ = set_up(bench, owner)
    bench.clock.pass_time(minutes=5)
    client = first_step(bench, world)
    code = telephone.totp.at(int(bench.clock.now().timestamp()) + seconds)
    give(client, code)

    assert expected == is_in(client)


def test_a_code_is_good_once(bench: Bench, world: World, owner: Any) -> None:
    telephone, _ = set_up(bench, owner)
    code = telephone.code()
    give(first_step(bench, world), code)
    client = first_step(bench, world)

    again = give(client, code)

    assert (422, False) == (again.status_code, is_in(client))
    assert page_says(again, WRONG)


def test_a_code_older_than_the_last_one_used_is_no_good(
    bench: Bench, world: World, owner: Any
) -> None:
    telephone, _ = set_up(bench, owner)
    older = telephone.code()
    bench.clock.pass_time(seconds=30)
    give(first_step(bench, world), telephone.code())

    assert 422 == give(first_step(bench, world), older).status_code


def test_the_code_that_turned_it_on_does_not_sign_in(
    bench: Bench, world: World, owner: Any
) -> None:
    telephone, _ = set_up(bench, owner)
    bench.clock.pass_time(minutes=-1)

    assert 422 == give(first_step(bench, world), telephone.code()).status_code


def test_a_recovery_code_signs_in_once(bench: Bench, world: World, owner: Any) -> None:
    _, codes = set_up(bench, owner)
    first, second = first_step(bench, world), first_step(bench, world)
    give(first, codes[0].upper().replace("-", " "))
    again = give(second, codes[0])

    assert (True, 422, False) == (is_in(first), again.status_code, is_in(second))
    assert "9 recovery codes are left" in html.unescape(first.get("/console/account").text)


def test_ten_codes_are_shown_and_only_their_digests_kept(
    bench: Bench, world: World, owner: Any
) -> None:
    del world
    telephone, codes = set_up(bench, owner)
    kept = repr(contents(bench.database))

    assert 10 == len(set(codes))
    assert not [code for code in codes if code in kept or code.replace("-", "") in kept]
    assert telephone.totp.secret not in kept


def test_wrong_codes_are_limited_like_passwords(bench: Bench, world: World, owner: Any) -> None:
    telephone, codes = set_up(bench, owner)
    client = first_step(bench, world)
    answers = [give(client, telephone.wrong_code()) for _ in range(11)]

    assert [422] * 10 + [429] == [each.status_code for each in answers]
    assert "600" == answers[-1].headers["Retry-After"]
    assert 429 == give(client, telephone.code()).status_code
    assert 429 == give(client, codes[0]).status_code
    assert not is_in(client)


def test_from_many_addresses_digits_are_limited_too_and_the_owner_has_a_way_in(
    bench: Bench, world: World, owner: Any
) -> None:
    """R-D7: who has the password and many addresses cannot lock the owner out."""
    telephone, codes = set_up(bench, owner)
    guesser = first_step(bench, world)
    answers = [
        give(guesser, telephone.wrong_code(), address=f"192.0.2.{n}").status_code for n in range(31)
    ]
    client = first_step(bench, world)

    assert [422] * 30 + [429] == answers
    assert 429 == give(client, telephone.code(), address="198.51.100.7").status_code
    assert 303 == give(client, codes[0], address="198.51.100.7").status_code
    assert is_in(client)
    assert is_in(owner)


@pytest.mark.parametrize(
    "code",
    ["", "12345", "1234567", "abcdef", "x" * 5000, "\u0661\u0662\u0663\u0664\u0665\u0666", "\0"],
)
def test_what_is_no_code_is_refused(bench: Bench, world: World, owner: Any, code: str) -> None:
    set_up(bench, owner)
    client = first_step(bench, world)

    assert (422, False) == (give(client, code).status_code, is_in(client))


@pytest.mark.parametrize(
    ("onward", "expected"),
    [("//evil.com", "/console/"), ("/console/orders?q=ada", "/console/orders?q=ada")],
)
def test_where_to_go_on_stays_ours_through_both_steps(
    bench: Bench, world: World, owner: Any, onward: str, expected: str
) -> None:
    telephone, _ = set_up(bench, owner)
    client = first_step(bench, world, onward)

    answer = give(client, telephone.code(), next=onward)

    assert expected == answer.location.removeprefix(BASE_URL)


def test_five_minutes_after_the_password_it_is_asked_for_again(
    bench: Bench, world: World, owner: Any
) -> None:
    telephone, _ = set_up(bench, owner)
    client = first_step(bench, world)
    bench.clock.pass_time(minutes=5)

    answer = give(client, telephone.code())

    assert (303, False) == (answer.status_code, is_in(client))
    assert answer.location.startswith("/console/sign-in?")


def test_nobody_gives_a_code_without_a_password(bench: Bench, world: World, owner: Any) -> None:
    del world
    telephone, codes = set_up(bench, owner)

    with nothing_changes(bench.database):
        answers = [give(bench.client(), code) for code in (telephone.code(), codes[0])]

    assert [303, 303] == [each.status_code for each in answers]


def test_setting_it_up_needs_the_password(bench: Bench, owner: Any) -> None:
    with nothing_changes(bench.database):
        answer = owner.post(
            FACTOR, data={"old": ""}, headers={**ORIGIN, "Accept": "application/json"}
        )

    assert Refusal(422, "password_wrong", "old") == refusal(answer)


def test_before_its_first_code_it_asks_nobody_for_anything(
    bench: Bench, world: World, owner: Any
) -> None:
    owner.post(FACTOR, data={"old": PASSWORD}, headers=ORIGIN)
    wrong = owner.post(f"{FACTOR}/confirmation", data={"code": "12"}, headers=ORIGIN)

    assert 422 == wrong.status_code
    assert is_in(sign_in(bench, world.owner_email))


def test_turning_it_off_needs_the_password(bench: Bench, world: World, owner: Any) -> None:
    set_up(bench, owner)
    refused = owner.post(f"{FACTOR}/removal", data={"old": "wrong"}, headers=ORIGIN)
    first_step(bench, world)
    done = owner.post(f"{FACTOR}/removal", data={"old": PASSWORD}, headers=ORIGIN)

    assert (422, 303) == (refused.status_code, done.status_code)
    assert is_in(sign_in(bench, world.owner_email))
    assert [] == contents(bench.database)["storefront_recovery_codes"]


def test_turning_it_on_and_off_is_told_by_mail(bench: Bench, world: World, owner: Any) -> None:
    set_up(bench, owner)
    owner.post(f"{FACTOR}/removal", data={"old": PASSWORD}, headers=ORIGIN)
    run_due(bench.ports)

    assert [world.owner_email] * 2 == [mail.to for mail in bench.mailbox.sent]


def test_it_cannot_be_replaced_while_it_is_on(bench: Bench, world: World, owner: Any) -> None:
    telephone, _ = set_up(bench, owner)

    with nothing_changes(bench.database):
        answer = owner.post(FACTOR, data={"old": PASSWORD}, headers=ORIGIN)

    assert 409 == answer.status_code
    assert 303 == give(first_step(bench, world), telephone.code()).status_code


def test_the_secret_is_useless_without_the_pepper(bench: Bench, world: World, owner: Any) -> None:
    telephone, _ = set_up(bench, owner)
    stranger = SecretSigner(bench.ports.settings.secret_key, "another-pepper-of-32-characters!")
    other = replace(bench, ports=replace(bench.ports, sign=stranger))

    assert 422 == give(first_step(other, world), telephone.code()).status_code


def test_the_picture_is_an_address_for_telephones(bench: Bench, owner: Any) -> None:
    owner.post(FACTOR, data={"old": PASSWORD}, headers=ORIGIN)
    answer = owner.get(FACTOR)

    assert re.search(r'<svg class="account__qr" viewBox="0 0 (\d+) \1"', answer.text)
    assert "no-store" == answer.headers["Cache-Control"]
    assert bench.ports.settings.secret_key not in answer.text

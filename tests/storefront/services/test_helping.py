"""Members who cannot sign in are helped from the machine: that works, is told, and rings."""

from datetime import datetime

import pyotp
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from storefront.cli import command_group
from storefront.models import Alarm, Job, RecoveryCode
from storefront.services import members, second_factor
from tests.contents import nothing_changes
from tests.factories import World
from tests.fakes import Bench

HELPED = ["operator_helped"]


def run(bench: Bench, *arguments: str) -> Result:
    group = command_group("storefront", bench.ports, bench.database)
    return CliRunner().invoke(group, arguments)


@pytest.fixture
def owner_id(bench: Bench, world: World, now: datetime) -> int:
    """Give the owner a second step, and return who they are."""
    sign = bench.ports.sign
    with bench.database.begin() as session:
        found = members.find_by_email(session, world.owner_email)
        assert found
        second_factor.start(session, found.member_id, sign=sign, now=now)
        setup = second_factor.find_setup(
            session, found.member_id, email=found.email, issuer="Gelato", sign=sign
        )
        assert setup
        code = pyotp.TOTP(setup.secret).at(now)
        second_factor.confirm(session, found.member_id, code, sign=sign, now=now)
    return found.member_id


def rung(bench: Bench) -> list[str]:
    with bench.database.reads() as session:
        return list(session.scalars(select(Alarm.kind)))


def told(bench: Bench) -> list[object]:
    with bench.database.reads() as session:
        return [job.payload["what"] for job in session.scalars(select(Job))]


def test_the_second_step_is_turned_off(bench: Bench, world: World, owner_id: int) -> None:
    result = run(bench, "second-step", "--off", world.owner_email)

    with bench.database.reads() as session:
        is_on = second_factor.is_on(session, owner_id)
    assert (0, "The second step is off.\n", False) == (result.exit_code, result.output, is_on)
    assert (HELPED, ["second_factor_off"]) == (rung(bench), told(bench))


def test_new_recovery_codes_work_and_old_ones_do_not(
    bench: Bench, world: World, owner_id: int
) -> None:
    with bench.database.reads() as session:
        old = set(session.scalars(select(RecoveryCode.digest)))
    result = run(bench, "second-step", "--new-codes", world.owner_email)
    codes = result.output.split()

    with bench.database.begin() as session:
        is_good = second_factor.use_code(
            session, owner_id, codes[0], sign=bench.ports.sign, now=bench.clock.now()
        )
        kept = set(session.scalars(select(RecoveryCode.digest)))
    assert (0, 10, True) == (result.exit_code, len(codes), is_good)
    assert set() == old & kept
    assert (HELPED, ["recovery_codes"]) == (rung(bench), told(bench))


def test_a_link_lets_the_member_choose_a_password(bench: Bench, world: World) -> None:
    result = run(bench, "password-link", world.owner_email.upper())
    path = result.output.strip().removeprefix(bench.ports.settings.base_url)
    client = bench.client()
    page = client.get(path)
    client.post(
        path, data={"password": "a-new-and-long-one"}, headers={"Origin": "https://shop.test"}
    )

    with bench.database.reads() as session:
        found = members.find_by_password(session, world.owner_email, "a-new-and-long-one")
    assert (0, 200, HELPED) == (result.exit_code, page.status_code, rung(bench))
    assert found


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("password-link", "nobody@gelato.test"), "email: not found"),
        (("second-step", "--off", "nobody@gelato.test"), "email: not found"),
        (("second-step", "--new-codes", "owner@gelato.test"), "second factor off"),
        (("second-step", "owner@gelato.test"), "Say --off or --new-codes."),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_changes(
    bench: Bench, arguments: tuple[str, ...], words: str
) -> None:
    with nothing_changes(bench.database):
        result = run(bench, *arguments)

    assert result.exit_code != 0
    assert words in result.output


def test_turning_off_what_is_not_on_tells_nobody(bench: Bench, world: World) -> None:
    with nothing_changes(bench.database):
        result = run(bench, "second-step", "--off", world.owner_email)

    assert 0 == result.exit_code

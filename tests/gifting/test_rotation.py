"""Keys of codes change: old ones can be read until all is encrypted anew, and then they may go."""

from dataclasses import replace

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from gifting import codes
from gifting.models import GiftCard
from gifting.rotation import examine_keys, rotate_command, rotate_keys
from storefront.ports import Ports
from tests.factories import World
from tests.fakes import Bench, make_settings, make_signer
from tests.gifting.factories import Given, a_gift

SECOND = "2:the-second-key-0123456789-abcdefghijklmnop"
THIRD = "3:the-third-key-0123456789-abcdefghijklmnopqr"


def with_keys(bench: Bench, *keys: str) -> Ports:
    """Return the ports of the same shop, started with other keys."""
    old = bench.ports.settings
    settings = make_settings(old.instance_dir, old.database_url, code_keys=",".join(keys))
    return replace(bench.ports, settings=settings, sign=make_signer(settings))


def code_on(ports: Ports, given: Given) -> str | None:
    """Return what the shop reads of a card's code."""
    with ports.reads() as session:
        sealed = session.scalars(
            select(GiftCard.code_sealed).where(GiftCard.id == given.card_id)
        ).one()
    return codes.unseal(ports.sign, sealed)


def told(ports: Ports) -> list[tuple[str, str]]:
    return [(finding.state, finding.sentence) for finding in examine_keys(ports)]


@pytest.fixture
def given(bench: Bench, world: World) -> Given:
    return a_gift(bench, world)


def test_an_old_key_can_be_read_until_it_is_removed(bench: Bench, given: Given) -> None:
    second = with_keys(bench, SECOND)

    assert given.code == code_on(second, given)
    assert (1, 0) == rotate_keys(second)
    assert given.code == code_on(second, given)
    assert (1, 0) == rotate_keys(with_keys(bench, SECOND, THIRD))
    assert given.code == code_on(with_keys(bench, THIRD), given)
    assert None is code_on(second, given)


def test_a_second_run_finds_nothing_to_do(bench: Bench, given: Given) -> None:
    second = with_keys(bench, SECOND)
    rotate_keys(second)

    assert (0, 0) == rotate_keys(second)
    assert given.code == code_on(second, given)


def test_a_blank_code_stays_blank(bench: Bench, given: Given) -> None:
    with bench.database.begin() as session:
        session.execute(update(GiftCard).values(code_sealed=""))

    assert (0, 0) == rotate_keys(with_keys(bench, SECOND))
    assert None is code_on(bench.ports, given)


def test_more_than_a_portion_is_encrypted_anew(bench: Bench, world: World) -> None:
    gifts = [a_gift(bench, world) for _ in range(3)]
    second = with_keys(bench, SECOND)

    assert (3, 0) == rotate_keys(second, portion=2)
    assert [each.code for each in gifts] == [code_on(second, each) for each in gifts]


def test_the_command_says_what_it_did(bench: Bench, given: Given) -> None:
    ran = CliRunner().invoke(rotate_command(with_keys(bench, SECOND)))

    assert (0, "1 codes are now under key 2.\n") == (ran.exit_code, ran.output)
    assert given.code == code_on(with_keys(bench, SECOND), given)


def test_the_command_fails_while_a_key_is_missing(bench: Bench, given: Given) -> None:
    rotate_keys(with_keys(bench, SECOND))
    ran = CliRunner().invoke(rotate_command(with_keys(bench, THIRD)))

    assert 1 == ran.exit_code
    assert "1 are under a key that is not there" in ran.output
    assert given.code == code_on(with_keys(bench, SECOND), given)


def test_the_doctor_tells_which_keys_are_in_use(bench: Bench, world: World) -> None:
    a_gift(bench, world)
    second = with_keys(bench, SECOND)

    assert [("well", "Gifts' codes are encrypted under key 1.")] == told(bench.ports)
    assert "risky" == told(second)[0][0]
    rotate_keys(second)
    assert [("well", "Gifts' codes are encrypted under key 2.")] == told(second)
    assert "wrong" == told(with_keys(bench, THIRD))[0][0]

"""The links of gifts: bearer secrets that say nothing and that another number makes worthless."""

import pytest

from gifting import links
from gifting.models import Gift
from storefront.adapters.signer import SecretSigner
from storefront.db.ids import ALPHABET

SIGN = SecretSigner("k3y-for-tests-0123456789-abcdefghijklmn", "p3pper-for-tests-0123456789-abc")
NAME = "0123456789abcdef"


def a_link(**changes: object) -> str:
    gift = Gift(**{"public_id": f"gft_{NAME}", "link_number": 1, **changes})
    return links.gift_token(SIGN, gift)


def test_a_link_has_128_bits_that_the_database_does_not_hold() -> None:
    secret = a_link().removeprefix(NAME)

    assert int(secret, 16).bit_length() <= 128 == 4 * len(secret)


def test_a_link_is_plain_enough_for_any_mail_program() -> None:
    assert set(a_link()) <= set(ALPHABET)


@pytest.mark.parametrize("changes", [{"link_number": 2}, {"public_id": "gft_0123456789abcdeg"}])
def test_another_number_or_gift_is_another_secret(changes: dict[str, object]) -> None:
    assert a_link()[-32:] != a_link(**changes)[-32:]


def test_another_pepper_is_another_secret() -> None:
    other = SecretSigner(
        "k3y-for-tests-0123456789-abcdefghijklmn", "another-pepper-0123456789-abcdef"
    )
    gift = Gift(public_id=f"gft_{NAME}", link_number=1)

    assert links.gift_token(SIGN, gift) != links.gift_token(other, gift)


def test_what_stops_reminders_opens_nothing() -> None:
    gift = Gift(public_id=f"gft_{NAME}", link_number=1)

    assert links.reminders_token(SIGN, gift)[-32:] != links.gift_token(SIGN, gift)[-32:]


def test_a_map_is_asked_for_the_address_alone() -> None:
    assert links.map_url("1 Main St, Köln") == (
        "https://www.openstreetmap.org/search?query=1%20Main%20St%2C%20K%C3%B6ln"
    )

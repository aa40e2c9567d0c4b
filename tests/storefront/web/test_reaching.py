"""Links that strangers' words make lead to whom they name, and do nothing else."""

import pytest

from storefront.web.reaching import mail_link, phone_link


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("ann@friends.test", "mailto:ann@friends.test"),
        ("ann+gifts@friends.test", "mailto:ann%2Bgifts@friends.test"),
        ("ann?bcc=eve@friends.test", "mailto:ann%3Fbcc%3Deve@friends.test"),
        ("ann&body=x@friends.test", "mailto:ann%26body%3Dx@friends.test"),
    ],
)
def test_a_mail_goes_to_one_address_alone(address: str, link: str) -> None:
    assert link == mail_link(address)


@pytest.mark.parametrize(
    ("number", "link"),
    [
        ("+1 (401) 555-0134", "tel:+14015550134"),
        ("401.555.0134", "tel:4015550134"),
        ("//evil.test/1", ""),
        ("javascript:1", ""),
        ("call me", ""),
        ("\N{ARABIC-INDIC DIGIT ONE}234", ""),
        ("+", ""),
    ],
)
def test_only_a_number_is_dialled(number: str, link: str) -> None:
    assert link == phone_link(number)

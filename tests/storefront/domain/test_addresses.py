"""Addresses of pictures elsewhere: https, with a name, and nothing that a policy could misread."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.domain.addresses import (
    check_mailbox,
    masked,
    picture_origin,
    read_picture_address,
)
from storefront.errors import Invalid

GOOD = {
    " https://cdn.example.com/a b.jpg?v=1 ": "https://cdn.example.com/a%20b.jpg?v=1",
    "HTTPS://CDN.example.com/é.jpg": "https://CDN.example.com/%C3%A9.jpg",
    "https://cdn.example.com:8443/x": "https://cdn.example.com:8443/x",
}
BAD = {
    "http://cdn.example.com/a.jpg": "picture_not_https",
    "//cdn.example.com/a.jpg": "picture_not_https",
    "javascript:alert(1)": "picture_not_https",
    "data:image/png;base64,AA": "picture_not_https",
    "https://": "picture_address",
    "https://user:secret@cdn.example.com/a.jpg": "picture_address",
    "https://localhost/a.jpg": "picture_address",
    "https://127.0.0.1/a.jpg": "picture_address",
    "https://[::1]/a.jpg": "picture_address",
    "https://cdn.example.com:x/a.jpg": "picture_address",
    "https://*.example.com/a.jpg": "picture_address",
    "https://cdn.example.com;script-src": "picture_address",
    "https://cdn.example.com/" + "a" * 500: "picture_address",
}


@pytest.mark.parametrize("typed", GOOD)
def test_an_address_is_written_as_pages_can_show_it(typed: str) -> None:
    assert GOOD[typed] == read_picture_address(typed)


@pytest.mark.parametrize("typed", BAD)
def test_other_addresses_are_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_picture_address(typed)

    assert BAD[typed] == refusal.value.code


def test_an_origin_has_neither_path_nor_capitals() -> None:
    assert "https://cdn.example.com:8443" == picture_origin("https://CDN.Example.com:8443/a;b c")


@given(st.text())
def test_no_origin_can_add_to_a_policy(text: str) -> None:
    origin = picture_origin(f"https://{text}")

    assert origin is None or not set(origin) & set(" ;,'\"*\n")


@pytest.mark.parametrize(
    "address", ["ask@gelato.test", "o'neill+a@mail.gelato.test", "a@xn--mller-kva.de"]
)
def test_a_mailbox_that_people_read_takes_answers(address: str) -> None:
    check_mailbox(address, field="contact_email")


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("", "invalid_email"),
        ("ask", "invalid_email"),
        ("ask@gelato", "invalid_email"),
        ("ask@m\u00fcller.de", "invalid_email"),
        ("j\u00f6rg@gelato.test", "invalid_email"),
        ("ask@gelato.test\r\nBcc: eve@evil.test", "invalid_email"),
        ("ask@gelato.test, eve@evil.test", "invalid_email"),
        ("Ask <ask@gelato.test>", "invalid_email"),
        ("noreply@gelato.test", "no_reply_address"),
        ("Do-Not-Reply@gelato.test", "no_reply_address"),
    ],
)
def test_a_mailbox_that_answers_cannot_reach_is_refused(address: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_mailbox(address, field="contact_email")

    assert (code, "contact_email") == (refusal.value.code, refusal.value.field)


@pytest.mark.parametrize(
    ("mailbox", "shown"),
    [
        ("ada@buyer.test", "a•••@buyer.test"),
        ("a@buyer.test", "•••@buyer.test"),
        ("nobody", "n•••"),
        ("", "•••"),
    ],
)
def test_a_masked_mailbox_is_known_again_by_its_owner_alone(mailbox: str, shown: str) -> None:
    assert shown == masked(mailbox)

"""Addresses of pictures elsewhere: https, with a name, and nothing that a policy could misread."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.domain.addresses import picture_origin, read_picture_address
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

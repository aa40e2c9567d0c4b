"""Who asks, as limits on guessing see it."""

import pytest

from storefront.web.callers import network_of


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:1::5", "2001:db8:1:1::/64"),
        ("2001:db8:1:1:ffff::9", "2001:db8:1:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_an_address_is_known_by_its_network(address: str, expected: str) -> None:
    assert expected == network_of(address)

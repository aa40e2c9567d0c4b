"""Where a request comes from on the network, for limits on guessing. X-Forwarded-For counts only
where STOREFRONT_TRUSTED_PROXIES says so: then `app.py` has put it into the request's address."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network, ip_address

from flask import request

HOME_BITS = 64
"""What one IPv6 customer is given: all its addresses are one caller."""


def caller() -> str:
    """Return the network address that asks; whoever has none is one caller with all such."""
    return network_of(request.remote_addr or "")


def network_of(address: str) -> str:
    """Return an address as limits know it: IPv4 as it is, IPv6 by its home network."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(IPv6Network((found, HOME_BITS), strict=False))

"""Where somebody came from, as a page or a browser tells: the name of a host, never an address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from storefront.settings import Settings


def foreign_host(address: object, settings: Settings) -> str | None:
    """Return the host name of a page that led here; our own pages, payment pages and sign-in
    pages lead nowhere and never count."""
    host = _host_name(address)
    if host is None:
        return None
    ours = (settings.base_url, *(f"//{each}" for each in settings.trusted_hosts))
    if host in map(_host_name, ours) or f".{host}".endswith(NEVER_A_SOURCE):
        return None
    return host


def _host_name(address: object) -> str | None:
    """Return the host of an address; None for anything that is no address of the web."""
    try:
        host = urlsplit(address).hostname if isinstance(address, str) else None
    except ValueError:  # brackets that are never closed
        return None
    return host if host and re.fullmatch(r"[a-z0-9._-]{1,253}", host) else None


NEVER_A_SOURCE = (
    ".stripe.com",
    ".stripe.network",
    ".paypal.com",
    ".klarna.com",
    ".accounts.google.com",
    ".appleid.apple.com",
    ".login.microsoftonline.com",
    ".login.live.com",
)
"""Hosts that a buyer passes through; they did not send them."""

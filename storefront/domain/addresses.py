"""Addresses that people type: of pictures elsewhere, which may stand in a page and in its
Content-Security-Policy, of pages on the web, and of the mailbox that answers go to."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from storefront.errors import Invalid

LONGEST = 500
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,62}")
_KEPT = "!$&'()*+;=:@/?%-._~#[]"
"""Everything that an address may hold but commas: lists of addresses, in feeds and in `srcset`,
are told apart by those."""

_MAILBOX = re.compile(r"[!-?A-~]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.IGNORECASE)
_NO_REPLY = re.compile(r"not?[-_.]?reply@", re.IGNORECASE)


def check_mailbox(address: str, *, field: str) -> None:
    """Raise `Invalid` invalid_email for what cannot stand behind a name in a mail's header, and
    no_reply_address for a mailbox that nobody reads. A domain in other letters comes as xn--."""
    if not _MAILBOX.fullmatch(address):
        raise Invalid("invalid_email", field=field)
    if _NO_REPLY.search(address):
        raise Invalid("no_reply_address", field=field)


def masked(address: str) -> str:
    """Return a mailbox as its owner knows it again, and nobody else learns it: n•••@example.com."""
    local, at, domain = address.partition("@")
    return f"{local[:1] if len(local) > 1 else ''}•••{at}{domain}"


def read_picture_address(typed: str) -> str:
    """Return an https address as it can be shown; raise `Invalid` picture_not_https or
    picture_address. Names and numbers of machines at home are no addresses of pictures."""
    address = quote(typed.strip(), safe=_KEPT)
    if not address.lower().startswith("https://"):
        raise Invalid("picture_not_https", field="address")
    if len(address) > LONGEST or picture_origin(address) is None:
        raise Invalid("picture_address", field="address")
    return f"https://{address[8:]}"


def read_web_address(typed: str, *, field: str = "url") -> str:
    """Return the address of a page on the web; raise `Invalid` invalid_address_of_page."""
    try:
        parts = urlsplit(typed)
    except ValueError:  # brackets that are never closed
        raise Invalid("invalid_address_of_page", field=field) from None
    is_web = parts.scheme in {"http", "https"} and bool(parts.hostname)
    if not is_web or parts.username or re.search(r"\s", typed):
        raise Invalid("invalid_address_of_page", field=field)
    return typed


def picture_origin(address: str) -> str | None:
    """Return the origin of an https address, None of anything that a policy could misread."""
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return None
    if parts.scheme != "https" or "@" in parts.netloc or not _HOST.fullmatch(host):
        return None
    return f"https://{host}:{port}" if port else f"https://{host}"

"""Lines that somebody tries to smuggle into a mail by its address. The address is refused where it
is read; here a person is called, at the merchant whose page it was, else who runs the shop."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from flask import g, has_request_context

from storefront.services import alarms, merchants
from storefront.web.context import ports

if TYPE_CHECKING:
    from flask import Flask, Response

log = logging.getLogger("storefront.web")

LINE_ENDS = re.compile(r"[\r\n\0\x0b\x0c\x85\u2028\u2029]")


def look_at(address: object) -> None:
    """Remember that an address holds more than one line; those around it come from pasting."""
    if isinstance(address, str) and LINE_ENDS.search(address.strip()) and has_request_context():
        g.storefront_injection = True


def init_injections(app: Flask) -> None:
    """Ring at the end of a request in which such an address was read."""
    app.after_request(_ring)


def _ring(response: Response) -> Response:
    if g.pop("storefront_injection", False):
        _raise_alarm()
    return response


def _raise_alarm() -> None:
    log.warning("header injection", extra={"merchant": g.get("storefront_merchant", "")})
    with ports().sessions.begin() as session:
        merchant_id = merchants.find_merchant_id(session, g.get("storefront_merchant", ""))
        owner = alarms.INSTALLATION if merchant_id is None else merchant_id
        alarms.raise_alarm(session, owner, "header_injection", now=ports().clock.now())

"""Links by which people reach each other. What strangers have typed says whom, and nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from flask import Flask

_DIALLED = re.compile(r"\+?[\d\s()./-]*\d[\d\s()./-]*")


def mail_link(address: str) -> str:
    """Return the link that begins a mail to an address. Without the quoting `a?bcc=b` before its @
    would send a copy to somebody else."""
    return f"mailto:{quote(address, safe='@')}"


def phone_link(number: str) -> str:
    """Return the link that dials a number, "" where it is words: people type what they like."""
    if not number.isascii() or not _DIALLED.fullmatch(number.strip()):
        return ""
    return f"tel:{re.sub(r'[^+0-9]', '', number)}"


def init_reaching(app: Flask) -> None:
    """Give templates both as filters."""
    app.jinja_env.filters.update(mail_link=mail_link, phone_link=phone_link)

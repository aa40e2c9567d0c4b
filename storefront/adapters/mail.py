"""What both mailers share: a Message as the bytes that travel. EmailMessage takes every header
apart to write it down again, a third of a letter's time; here only what is not plain goes so."""

from __future__ import annotations

import base64
import binascii
import secrets
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from email.policy import EmailPolicy
    from typing import Any

    from storefront.ports import MailPicture, Message

LINE = "\r\n"
LONGEST_PLAIN = 76
UNBROKEN = frozenset({"Message-ID", "List-Unsubscribe"})
"""Programs read these. Folding encodes a long word, and no program undoes that here."""

MOSTLY = 6
"""Where more than one in so many bytes would be written as three, base64 is shorter."""


def is_plain(message: Message) -> bool:
    """Return whether both addresses are ASCII; others need a server that knows SMTPUTF8."""
    return f"{sender_address(message)}{message.to}".isascii()


def sender_address(message: Message) -> str:
    """Return the address that a message is sent from, without the name."""
    return parseaddr(message.sender)[1]


def mime(message: Message, sent_at: datetime) -> bytes:
    """Return the message with a text part and its HTML alternative, pictures beside the latter.

    Raises `ValueError` for a header of more than one line.
    """
    policy = SMTP if is_plain(message) else SMTPUTF8
    head = [_header(name, value, policy) for name, value in _headers(message, sent_at)]
    html = _text("html", message.html)
    if message.pictures:
        html = _many("related", [html, *map(_picture, message.pictures)])
    body = _many("alternative", [_text("plain", message.text), html])
    return "".join([*head, body]).encode()


def _headers(message: Message, sent_at: datetime) -> Iterator[tuple[str, str]]:
    yield "From", message.sender
    yield "To", message.to
    yield "Reply-To", message.reply_to
    yield "Subject", message.subject
    yield "Date", format_datetime(sent_at)
    yield "Message-ID", message.message_id
    yield "Auto-Submitted", "auto-generated"
    if message.unsubscribe_url:
        yield "List-Unsubscribe", f"<{message.unsubscribe_url}>"
        yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"
    yield "MIME-Version", "1.0"


def _header(name: str, value: str, policy: EmailPolicy[Any]) -> str:
    line = f"{name}: {value}"
    is_short = len(line) <= LONGEST_PLAIN or name in UNBROKEN
    if is_short and value.isascii() and value.isprintable():
        return line + LINE
    return str(policy.fold(*policy.header_store_parse(name, value)))


def _text(kind: str, content: str) -> str:
    """Return a part of text, in the shorter of the two ways to write it."""
    told = content.replace("\r\n", "\n").replace("\r", "\n").encode()
    if MOSTLY * (len(told) - len(told.decode("ascii", "ignore"))) > len(told):
        way, written = "base64", _base64(told.replace(b"\n", b"\r\n"))
    else:
        # It breaks lines as the text does, and with a bare LF where the text has one line only.
        way, written = "quoted-printable", binascii.b2a_qp(told).decode().replace("\n", LINE)
    return (
        f'Content-Type: text/{kind}; charset="utf-8"{LINE}'
        f"Content-Transfer-Encoding: {way}{LINE}{LINE}{written}"
    )


def _picture(picture: MailPicture) -> str:
    return (
        f"Content-Type: image/png{LINE}"
        f"Content-Transfer-Encoding: base64{LINE}"
        f'Content-Disposition: inline; filename="{picture.name}.png"{LINE}'
        f"Content-ID: <{picture.name}>{LINE}{LINE}{_base64(picture.content)}"
    )


def _base64(content: bytes) -> str:
    return base64.encodebytes(content).decode().replace("\n", LINE)


def _many(kind: str, parts: Sequence[str]) -> str:
    """Return parts as one. `=_` is written in neither of the two ways, so it begins no line."""
    border = f"=_{secrets.token_hex(12)}"
    return (
        f'Content-Type: multipart/{kind}; boundary="{border}"{LINE}{LINE}'
        + "".join(f"--{border}{LINE}{part}{LINE}" for part in parts)
        + f"--{border}--{LINE}"
    )
